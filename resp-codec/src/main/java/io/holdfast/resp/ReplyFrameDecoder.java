package io.holdfast.resp;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Finds where an upstream's replies end, RESP2 or RESP3, however nested, without building them: a bulk is skipped by
 * its length. One decoder a connection, used by the thread that reads it.
 *
 * <p>A reply may arrive in any pieces. What is incomplete stays in the caller's buffer and is not parsed again when
 * more has come: the decoder remembers how far it got, counted from the start of the reply, so the caller may meanwhile
 * move the unread bytes to another place or buffer. It must not overwrite what it has read, though, while a frame made
 * of it lives. After an exception the decoder is spent: the connection must be closed.
 *
 * <pre>
 *  |1 k v *2 :1 %?  a b  .      awaited[]   depth 0   the reply itself (an attribute adds one: it is no reply)
 *                                                 1   items left of the array
 *                                                 2   UNTIL_DOT: the map ends with "."
 * </pre>
 */
public final class ReplyFrameDecoder {
    private static final long UNTIL_DOT = -1; // a streamed aggregate: *? %? ~?
    private static final long CHUNKS = -2; // a streamed string: $?
    private static final int NO_BODY = -1;
    private static final int EXPECTED_BYTES_MAX = 64 * 1024;
    /**
     * Longest line that is text: a status, an error, a big number. A script may return one of any length, but none announces
     * its length, so that one without an end would take all memory.
     */
    static final int TEXT_BYTES_MAX = 16 * 1024 * 1024;

    private final RespLimits limits;

    private int at; // everything before is understood; relative to the start of the reply
    private int searched; // so many bytes from there hold no CR
    private int body = NO_BODY; // length of the bulk that is arriving
    private int missing; // bytes still to come for it
    private long[] awaited = new long[8];
    private int depth;
    private byte type;

    public ReplyFrameDecoder(RespLimits limits) {
        this.limits = limits;
        awaited[0] = 1;
    }

    /**
     * The next reply in {@code in}, its attributes included, as a retained slice that the caller owns, with the reader
     * index moved past it; or null when more bytes are needed, with the reader index at the start of the incomplete
     * reply.
     *
     * @throws RespProtocolException when the bytes are no reply, or one beyond the limits
     */
    public @Nullable ByteBuf decode(ByteBuf in) throws RespProtocolException {
        int start = in.readerIndex();
        int end = in.writerIndex();
        while (awaited[0] > 0) {
            int line = start + at;
            if (body != NO_BODY) {
                if (end - line < body + 2) {
                    missing = body + 2 - (end - line);
                    return null;
                }
                requireLineEnd(in, line + body);
                at += body + 2;
                body = NO_BODY;
                missing = 0;
                arrived();
                continue;
            }
            if (shortBulk(in, line, end)) {
                continue;
            }
            int cr = carriageReturn(in, line, end);
            if (cr < 0) {
                return null;
            }
            requireLineEnd(in, cr);
            at += cr + 2 - line;
            searched = 0;
            value(in, line, cr);
        }
        var frame = in.readRetainedSlice(at);
        at = 0;
        awaited[0] = 1;
        return frame;
    }

    /**
     * The first byte of the reply that {@link #decode} returned last, or would have, after its attributes: {@code '-'}
     * for an error, {@code '>'} for a push.
     */
    public byte type() {
        return type;
    }

    /**
     * A hint for growing the caller's buffer: how many bytes the reply that {@link #decode} found incomplete surely
     * needs, 0 when that is not known, at most 64 KiB since the number is only the peer's word.
     */
    public int expectedBytes() {
        return Math.min(missing, EXPECTED_BYTES_MAX);
    }

    /** How many bytes the bulk that {@link #decode} found incomplete lacks, the peer says; 0 when that is not known. */
    public int missingBytes() {
        return missing;
    }

    /**
     * Takes the header of a bulk of less than a hundred bytes, which most replies and nearly all elements are, and its body
     * when that has come: a line that need not be searched for its end. False when something else stands there.
     */
    private boolean shortBulk(ByteBuf in, int line, int end) throws RespProtocolException {
        if (searched != 0 || end - line < 5 || awaited[depth] == CHUNKS) {
            return false;
        }
        int word = in.getInt(line);
        int first = (word >> 16 & 0xff) - '0';
        if (word >>> 24 != '$' || first < 0 || first > 9) {
            return false;
        }
        int length;
        int header;
        if ((word & 0xffff) == LengthLine.CRLF) {
            length = first;
            header = 4;
        } else {
            int second = (word >> 8 & 0xff) - '0';
            if ((word & 0xff) != '\r' || second < 0 || second > 9 || first == 0 || in.getByte(line + 4) != '\n') {
                return false;
            }
            length = 10 * first + second;
            header = 5;
        }
        if (length > limits.bulkBytesMax()) {
            return false; // the longer way says so
        }
        if (depth == 0) {
            type = '$';
        }
        at += header;
        int bodyEnd = line + header + length;
        if (end < bodyEnd + 2) {
            body = length; // the rest is still to come
            return true;
        }
        requireLineEnd(in, bodyEnd);
        at += length + 2;
        arrived();
        return true;
    }

    /** A line is whole: a value, the header of one, or the end of a streamed one. */
    private void value(ByteBuf in, int line, int cr) throws RespProtocolException {
        byte first = in.getByte(line);
        if (depth == 0 && first != '|') {
            type = first;
        }
        if ((awaited[depth] == CHUNKS) != (first == ';')) {
            throw unexpected(first);
        }
        switch (first) {
            case '+', '-', '_', '#', ',', '(' -> arrived(); // a script's big number may be any text
            case ':' -> {
                requireNumber(in, line + 1, cr);
                arrived();
            }
            case '$' -> {
                if (isStreamed(in, line, cr)) {
                    enter(CHUNKS);
                } else {
                    bulk(LengthLine.parse(in, line + 1, cr), true);
                }
            }
            case '!', '=' -> bulk(LengthLine.parse(in, line + 1, cr), false);
            case ';' -> chunk(LengthLine.parse(in, line + 1, cr));
            case '*', '~', '%' -> {
                if (isStreamed(in, line, cr)) {
                    enter(UNTIL_DOT);
                } else {
                    aggregate(first, LengthLine.parse(in, line + 1, cr));
                }
            }
            case '>', '|' -> aggregate(first, LengthLine.parse(in, line + 1, cr));
            case '.' -> {
                if (awaited[depth] != UNTIL_DOT || cr != line + 1) {
                    throw unexpected(first);
                }
                leave();
            }
            default -> throw unexpected(first);
        }
    }

    private void bulk(long length, boolean nullable) throws RespProtocolException {
        if (length == -1 && nullable) {
            arrived();
            return;
        }
        if (length < 0 || length > limits.bulkBytesMax() || at + length + 2 > Integer.MAX_VALUE) {
            throw new RespProtocolException("invalid bulk length");
        }
        body = (int) length;
    }

    private void chunk(long length) throws RespProtocolException {
        if (length == 0) {
            leave(); // ";0" has no body
        } else {
            bulk(length, false);
        }
    }

    private void aggregate(byte first, long count) throws RespProtocolException {
        if (count == -1 && first == '*') {
            arrived();
            return;
        }
        if (count < 0 || count > Integer.MAX_VALUE) {
            throw new RespProtocolException("invalid multibulk length");
        }
        if (first == '|' && awaited[depth] > 0) {
            awaited[depth]++; // what it belongs to is still to come
        }
        long items = first == '%' || first == '|' ? 2 * count : count;
        if (items == 0) {
            arrived();
        } else {
            enter(items);
        }
    }

    private void enter(long items) throws RespProtocolException {
        if (depth == limits.replyDepthMax()) {
            throw new RespProtocolException("reply nested deeper than " + limits.replyDepthMax());
        }
        if (++depth == awaited.length) {
            awaited = Arrays.copyOf(awaited, 2 * depth);
        }
        awaited[depth] = items;
    }

    private void leave() {
        depth--;
        arrived();
    }

    /** A value is whole, and with it perhaps those around it. */
    private void arrived() {
        while (awaited[depth] > 0 && --awaited[depth] == 0 && depth > 0) {
            depth--;
        }
    }

    /** The index of the CR that ends the line; -1 when it has not come, and then it is searched on from there. */
    private int carriageReturn(ByteBuf in, int line, int end) throws RespProtocolException {
        if (line == end) {
            return -1;
        }
        int max = isText(in.getByte(line)) ? Math.min(limits.bulkBytesMax(), TEXT_BYTES_MAX) : limits.inlineBytesMax();
        int within = (int) Math.min(end - line, max + 1L);
        int cr = in.indexOf(line + searched, line + within, (byte) '\r');
        if (cr < 0) {
            searched = within;
            if (end - line > max) {
                throw new RespProtocolException("too big reply line");
            }
            return -1;
        }
        searched = cr - line;
        return cr + 1 == end ? -1 : cr;
    }

    private static boolean isText(byte first) {
        return first == '+' || first == '-' || first == '(';
    }

    private static boolean isStreamed(ByteBuf in, int line, int cr) {
        return cr == line + 2 && in.getByte(line + 1) == '?';
    }

    /** Stricter than Redis is with requests: a reply out of step must never reach the wrong client. */
    private static void requireLineEnd(ByteBuf in, int index) throws RespProtocolException {
        if (in.getShort(index) != LengthLine.CRLF) {
            throw new RespProtocolException("no line end where the reply should have one");
        }
    }

    /** Otherwise what stands there may be the end of one reply and the beginning of another. */
    private static void requireNumber(ByteBuf in, int from, int end) throws RespProtocolException {
        byte sign = in.getByte(from);
        int digit = sign == '-' || sign == '+' ? from + 1 : from;
        boolean isNumber = digit < end;
        for (; isNumber && digit < end; digit++) {
            byte found = in.getByte(digit);
            isNumber = found >= '0' && found <= '9';
        }
        if (!isNumber) {
            throw new RespProtocolException("no number where the reply should have one");
        }
    }

    private static RespProtocolException unexpected(byte first) {
        return new RespProtocolException(String.format("unexpected reply type 0x%02x", first));
    }
}
