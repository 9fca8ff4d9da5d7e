package io.holdfast.resp;

import io.netty.buffer.ByteBuf;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Builds the {@link Reply} that the bytes of one whole frame spell, RESP2 or RESP3. Attributes are skipped, streamed
 * values joined, a nil of any spelling is a {@link Reply.Null}. Immutable; any thread.
 */
public final class ReplyParser {
    /** Room for so many items is made when they are announced; for more as they arrive. */
    private static final int ITEMS_TRUSTED = 64;

    private static final int STREAMED = -2;
    private static final int NULL = -1;
    private static final Bytes MINUS_ONE = Bytes.of(-1);

    private final RespLimits limits;

    public ReplyParser(RespLimits limits) {
        this.limits = limits;
    }

    /**
     * The reply that begins at {@code in}'s reader index, which moves past it.
     *
     * @throws RespProtocolException when the bytes are no whole reply, or one beyond the limits; the reader index is
     *     then anywhere
     */
    public Reply parse(ByteBuf in) throws RespProtocolException {
        return value(in, 0);
    }

    private Reply value(ByteBuf in, int depth) throws RespProtocolException {
        while (true) {
            byte type = type(in);
            if (type != '|') {
                return value(type, in, depth);
            }
            items(in, 2, depth, length(in));
        }
    }

    private Reply value(byte type, ByteBuf in, int depth) throws RespProtocolException {
        return switch (type) {
            case '+' -> new Reply.Simple(line(in));
            case '-' -> new Reply.Failure(line(in));
            case ':' -> Reply.of(number(line(in)));
            case '(' -> new Reply.BigNumber(line(in));
            case ',' -> real(line(in));
            case '#' -> bool(line(in));
            case '_' -> nothing(line(in));
            case '$' -> bulk(in);
            case '!' -> new Reply.Failure(body(in, length(in)));
            case '=' -> verbatim(body(in, length(in)));
            case '*' -> array(in, depth);
            case '~' -> new Reply.SetOf(items(in, 1, depth, openLength(in)));
            case '%' -> new Reply.MapOf(items(in, 2, depth, openLength(in)));
            case '>' -> new Reply.Push(items(in, 1, depth, length(in)));
            default -> throw new RespProtocolException(String.format("unexpected reply type 0x%02x", type));
        };
    }

    private Reply bulk(ByteBuf in) throws RespProtocolException {
        int length = openLength(in);
        if (length == NULL) {
            return Reply.Null.BULK;
        }
        return new Reply.Bulk(length == STREAMED ? chunks(in) : body(in, length));
    }

    private Reply array(ByteBuf in, int depth) throws RespProtocolException {
        int length = openLength(in);
        return length == NULL ? Reply.Null.ARRAY : new Reply.Array(items(in, 1, depth, length));
    }

    private static Reply real(Bytes text) throws RespProtocolException {
        return switch (text.latin1()) {
            case "inf" -> new Reply.Real(Double.POSITIVE_INFINITY, text);
            case "-inf" -> new Reply.Real(Double.NEGATIVE_INFINITY, text);
            case "nan", "-nan" -> new Reply.Real(Double.NaN, text);
            default -> {
                try {
                    yield new Reply.Real(Double.parseDouble(text.latin1()), text);
                } catch (NumberFormatException e) {
                    throw new RespProtocolException("invalid double");
                }
            }
        };
    }

    private static Reply bool(Bytes text) throws RespProtocolException {
        return switch (text.latin1()) {
            case "t" -> new Reply.Bool(true);
            case "f" -> new Reply.Bool(false);
            default -> throw new RespProtocolException("invalid boolean");
        };
    }

    private static Reply nothing(Bytes text) throws RespProtocolException {
        if (!text.isEmpty()) {
            throw new RespProtocolException("invalid null");
        }
        return Reply.Null.BULK;
    }

    private static Reply verbatim(Bytes formatAndText) throws RespProtocolException {
        if (formatAndText.length() < 4 || formatAndText.at(3) != ':') {
            throw new RespProtocolException("invalid verbatim string");
        }
        var format = formatAndText.slice(0, 3).latin1();
        return new Reply.Verbatim(format, formatAndText.slice(4, formatAndText.length()));
    }

    private Bytes chunks(ByteBuf in) throws RespProtocolException {
        var joined = new ByteArrayOutputStream();
        while (true) {
            if (type(in) != ';') {
                throw new RespProtocolException("invalid chunk");
            }
            int length = length(in);
            if (length == 0) {
                return Bytes.wrap(joined.toByteArray());
            }
            joined.writeBytes(body(in, length).array());
        }
    }

    /** {@code count} values, or {@code count} pairs when {@code each} is 2, or those before a {@code "."}. */
    private List<Reply> items(ByteBuf in, int each, int depth, int count) throws RespProtocolException {
        if (count == NULL) {
            throw new RespProtocolException("invalid multibulk length");
        }
        if (count != 0 && depth == limits.replyDepthMax()) {
            throw new RespProtocolException("reply nested deeper than " + limits.replyDepthMax());
        }
        long expected = count == STREAMED ? Long.MAX_VALUE : (long) count * each;
        var items = new ArrayList<Reply>(count == STREAMED ? ITEMS_TRUSTED : (int) Math.min(expected, ITEMS_TRUSTED));
        while (items.size() < expected) {
            if (count == STREAMED && in.isReadable() && in.getByte(in.readerIndex()) == '.') {
                in.skipBytes(1);
                if (!line(in).isEmpty() || items.size() % each != 0) {
                    throw new RespProtocolException("invalid end of a streamed reply");
                }
                break;
            }
            items.add(value(in, depth + 1));
        }
        return Collections.unmodifiableList(items);
    }

    private Bytes body(ByteBuf in, int length) throws RespProtocolException {
        if (length < 0 || length > limits.bulkBytesMax()) {
            throw new RespProtocolException("invalid bulk length");
        }
        if (in.readableBytes() < length + 2L) {
            throw truncated();
        }
        var body = new byte[length];
        in.readBytes(body);
        if (in.readShort() != LengthLine.CRLF) {
            throw new RespProtocolException("no line end where the reply should have one");
        }
        return Bytes.wrap(body);
    }

    /** The length that follows a type byte, or {@link #NULL}, or {@link #STREAMED}. */
    private static int openLength(ByteBuf in) throws RespProtocolException {
        var text = line(in);
        if (text.length() == 1 && text.at(0) == '?') {
            return STREAMED;
        }
        return text.equals(MINUS_ONE) ? NULL : length(text);
    }

    private static int length(ByteBuf in) throws RespProtocolException {
        return length(line(in));
    }

    private static int length(Bytes text) throws RespProtocolException {
        long length = number(text);
        if (length < 0 || length > Integer.MAX_VALUE) {
            throw new RespProtocolException("invalid length");
        }
        return (int) length;
    }

    private static long number(Bytes text) throws RespProtocolException {
        try {
            return Long.parseLong(text.latin1());
        } catch (NumberFormatException e) {
            throw new RespProtocolException("invalid number");
        }
    }

    private static byte type(ByteBuf in) throws RespProtocolException {
        if (!in.isReadable()) {
            throw truncated();
        }
        return in.readByte();
    }

    private static Bytes line(ByteBuf in) throws RespProtocolException {
        int length = in.bytesBefore((byte) '\r');
        if (length < 0 || in.readableBytes() < length + 2) {
            throw truncated();
        }
        var line = new byte[length];
        in.readBytes(line);
        if (in.readShort() != LengthLine.CRLF) {
            throw new RespProtocolException("no line end where the reply should have one");
        }
        return Bytes.wrap(line);
    }

    private static RespProtocolException truncated() {
        return new RespProtocolException("reply cut short");
    }
}
