package io.holdfast.resp;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/**
 * The only place that knows how RESP2 and RESP3 spell a value. Every method appends to {@code out}; a collection's
 * header is followed by its items, which the caller writes. Immutable; any thread.
 *
 * <pre>
 *              RESP2          RESP3                    RESP2               RESP3
 *  nullBulk    $-1            _            set         *n                  ~n
 *  nullArray   *-1            _            map         *2n                 %n
 *  real        $3 1.5         ,1.5         push        *n                  &gt;n
 *  bool        :1             #t           verbatim    $4 text             =8 txt:text
 *  bigNumber   $2 12          (12          attributes  -                   |n
 * </pre>
 */
public final class RespWriter {
    private static final RespWriter RESP2 = new RespWriter(false);
    private static final RespWriter RESP3 = new RespWriter(true);

    private static final byte[] NULL_BULK = ascii("$-1\r\n");
    private static final byte[] NULL_ARRAY = ascii("*-1\r\n");
    private static final byte[] NULL = ascii("_\r\n");

    private final boolean resp3;

    private RespWriter(boolean resp3) {
        this.resp3 = resp3;
    }

    /** The writer that speaks {@code version}. */
    public static RespWriter of(RespVersion version) {
        return version == RespVersion.RESP3 ? RESP3 : RESP2;
    }

    /** {@code +text}; a CR or LF in it becomes a blank, as in Redis. */
    public void simple(ByteBuf out, Bytes text) {
        textLine(out, '+', text);
    }

    /** {@code -text}; a CR or LF in it becomes a blank, as in Redis: messages repeat what clients sent. */
    public void failure(ByteBuf out, Bytes text) {
        textLine(out, '-', text);
    }

    public void integer(ByteBuf out, long value) {
        line(out, ':', value);
    }

    public void bulk(ByteBuf out, Bytes value) {
        bulkString(out, value);
    }

    public void nullBulk(ByteBuf out) {
        out.writeBytes(resp3 ? NULL : NULL_BULK);
    }

    public void nullArray(ByteBuf out) {
        out.writeBytes(resp3 ? NULL : NULL_ARRAY);
    }

    public void array(ByteBuf out, int items) {
        line(out, '*', items);
    }

    public void set(ByteBuf out, int items) {
        line(out, resp3 ? '~' : '*', items);
    }

    /** The header of a map; {@code pairs} keys, each followed by its value, come next. */
    public void map(ByteBuf out, int pairs) {
        line(out, resp3 ? '%' : '*', resp3 ? pairs : 2L * pairs);
    }

    /** The header of what RESP3 says about the reply that follows; false in RESP2, which has no room for that. */
    public boolean attributes(ByteBuf out, int pairs) {
        if (resp3) {
            line(out, '|', pairs);
        }
        return resp3;
    }

    public void push(ByteBuf out, int items) {
        line(out, resp3 ? '>' : '*', items);
    }

    /** A floating-point number in the spelling of {@code text}. */
    public void real(ByteBuf out, Bytes text) {
        if (resp3) {
            textLine(out, ',', text);
        } else {
            bulkString(out, text);
        }
    }

    public void bool(ByteBuf out, boolean value) {
        if (resp3) {
            out.writeInt('#' << 24 | (value ? 't' : 'f') << 16 | LengthLine.CRLF);
        } else {
            line(out, ':', value ? 1 : 0);
        }
    }

    public void bigNumber(ByteBuf out, Bytes digits) {
        if (resp3) {
            textLine(out, '(', digits);
        } else {
            bulkString(out, digits);
        }
    }

    /** A text and its format in three letters, such as {@code txt}. */
    public void verbatim(ByteBuf out, String format, Bytes text) {
        if (!resp3) {
            bulkString(out, text);
            return;
        }
        if (format.length() != 3) {
            throw new IllegalArgumentException("a verbatim string's format has three letters: " + format);
        }
        line(out, '=', text.length() + 4L);
        out.writeCharSequence(format, StandardCharsets.ISO_8859_1);
        out.writeByte(':').writeBytes(text.array()).writeShort(LengthLine.CRLF);
    }

    /** {@code $3 foo}, alike in both versions and in requests. */
    static void bulkString(ByteBuf out, Bytes value) {
        line(out, '$', value.length());
        out.writeBytes(value.array()).writeShort(LengthLine.CRLF);
    }

    /** A type byte, a decimal number and CR LF, digit by digit into the buffer. */
    static void line(ByteBuf out, char type, long number) {
        if (number >= 0 && number <= 9) { // most lengths, and the integers 0 and 1
            out.writeInt(type << 24 | ('0' + (int) number) << 16 | LengthLine.CRLF);
            return;
        }
        int length = lineLength(number);
        out.ensureWritable(length);
        int start = out.writerIndex();
        out.setByte(start, type);
        if (number < 0) {
            out.setByte(start + 1, '-');
        }
        int at = start + length - 2;
        out.setShort(at, LengthLine.CRLF);
        long rest = number < 0 ? number : -number; // negative, for there is one more of them
        while (rest != 0) {
            out.setByte(--at, '0' - (int) (rest % 10));
            rest /= 10;
        }
        out.writerIndex(start + length);
    }

    /** How many bytes {@link #line} writes for {@code number}. */
    static int lineLength(long number) {
        int length = number < 0 ? 5 : 4;
        for (long rest = number < 0 ? number : -number; rest <= -10; rest /= 10) {
            length++;
        }
        return length;
    }

    private static void textLine(ByteBuf out, char type, Bytes text) {
        out.ensureWritable(text.length() + 3).writeByte(type);
        for (byte b : text.array()) {
            if (b == '\r' || b == '\n') {
                blanked(out, text);
                return;
            }
        }
        out.writeBytes(text.array()).writeShort(LengthLine.CRLF);
    }

    private static void blanked(ByteBuf out, Bytes text) {
        for (byte b : text.array()) {
            out.writeByte(b == '\r' || b == '\n' ? ' ' : b);
        }
        out.writeShort(LengthLine.CRLF);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
