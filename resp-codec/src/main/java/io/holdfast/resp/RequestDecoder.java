package io.holdfast.resp;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds where a client's requests begin and end, without copying them and without reading a byte of an argument. One
 * decoder a connection, used by the thread that reads it.
 *
 * <p>A request may arrive in any pieces. What is incomplete stays in the caller's buffer and is not parsed again when
 * more has come: the decoder remembers how far it got, counted from the start of the request, so the caller may
 * meanwhile move the unread bytes to another place or buffer. It must not overwrite what it has read, though, while a
 * frame made of it lives. After an exception the decoder is spent: the connection must be closed.
 *
 * <pre>
 *      readerIndex         line                      writerIndex
 *          │                │                             │
 *          *3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nhel        ┊
 *          ├──── at ────────┤                             ┊    a length line is awaited: line ahead
 *          ├──── at ──────────────────────────┤- bulk + 2 ┊    an argument is awaited: bulk ≥ 0
 * </pre>
 */
public final class RequestDecoder {
    private static final int NO_BULK = -1;
    private static final long INCOMPLETE = Long.MAX_VALUE;
    private static final int EXPECTED_BYTES_MAX = 64 * 1024;

    /** Room for so many arguments is made when they are announced; for more as they arrive. */
    private static final int ARGUMENTS_TRUSTED = 16;

    // Redis: what may be announced before AUTH
    private static final int UNAUTHENTICATED_ARGUMENTS_MAX = 10;
    private static final int UNAUTHENTICATED_BULK_BYTES_MAX = 16 * 1024;

    private static final int[] NOWHERE = {};

    private final RespLimits limits;
    private boolean authenticationRequired;

    private int at; // everything before is understood; relative to the start of the request
    private int searched; // so many bytes from there hold no line end
    private int announced; // arguments of the request; 0 before its first line is whole
    private int found; // arguments that have arrived whole
    private int bulk = NO_BULK; // length of the argument that is arriving
    private int missing; // bytes still to come for it
    private boolean wellFormed = true; // each CR so far was followed by LF, each argument by both
    private int[] places = NOWHERE;

    public RequestDecoder(RespLimits limits) {
        this.limits = limits;
    }

    /**
     * While {@code required}, a request of more than 10 arguments or with one of more than 16 kB is refused, as Redis
     * does before AUTH so that strangers cannot make it buffer much. Counts from the next length line.
     */
    public void requireAuthentication(boolean required) {
        authenticationRequired = required;
    }

    /**
     * The next request in {@code in}, whose reader index moves past it; or null when more bytes are needed, with the
     * reader index at the start of the incomplete request. Requests that ask for nothing ({@code *0}, an empty line)
     * are skipped. The caller owns the frame. An inline request, and one whose line ends Redis tolerates although they
     * are wrong, is spelled anew; any other frame is a part of {@code in}, retained.
     *
     * @throws ForeignProtocolException when the peer speaks something else
     * @throws RespProtocolException when the bytes are no request, or one beyond the limits
     */
    public @Nullable RequestFrame decode(ByteBuf in) throws RespProtocolException {
        while (in.isReadable()) {
            if (announced == 0) {
                if (in.getByte(in.readerIndex()) != '*') {
                    if (in.readableBytes() > 1) {
                        ForeignProtocolException.checkFirst(
                                in.getByte(in.readerIndex()), in.getByte(in.readerIndex() + 1));
                    }
                    int length = inlineLength(in);
                    if (length < 0) {
                        return null;
                    }
                    var arguments = inline(in, length);
                    if (arguments.isEmpty()) {
                        continue;
                    }
                    return RequestFrame.encode(in.alloc(), false, arguments);
                }
                long count = length(in, "too big mbulk count string");
                if (count == INCOMPLETE) {
                    return null;
                }
                if (count <= 0 && count != LengthLine.NOT_A_NUMBER) {
                    in.skipBytes(at); // "*0" asks for nothing and gets no reply
                    reset();
                    continue;
                }
                announce(count);
            }
            return multibulk(in);
        }
        return null;
    }

    /**
     * A hint for growing the caller's buffer: how many bytes the request that {@link #decode} found incomplete surely
     * needs, 0 when that is not known, at most 64 KiB since the number is only the peer's word.
     */
    public int expectedBytes() {
        return Math.min(missing, EXPECTED_BYTES_MAX);
    }

    /** How many bytes of an incomplete request are understood: lengths, and arguments that have come whole. */
    public int understoodBytes() {
        return at;
    }

    /** The arguments among {@link #understoodBytes}, bytes. */
    public long argumentBytes() {
        long bytes = 0;
        for (int i = 0; i < found; i++) {
            bytes += places[2 * i + 1];
        }
        return bytes;
    }

    private void announce(long count) throws RespProtocolException {
        if (count == LengthLine.NOT_A_NUMBER || count > limits.argumentsMax()) {
            throw new RespProtocolException("invalid multibulk length");
        }
        if (authenticationRequired && count > UNAUTHENTICATED_ARGUMENTS_MAX) {
            throw new RespProtocolException("unauthenticated multibulk length");
        }
        announced = (int) count;
        places = new int[2 * Math.min(announced, ARGUMENTS_TRUSTED)];
    }

    private @Nullable RequestFrame multibulk(ByteBuf in) throws RespProtocolException {
        int start = in.readerIndex();
        int end = in.writerIndex();
        while (found < announced) {
            if (bulk == NO_BULK) {
                int line = start + at;
                long length = length(in, "too big bulk count string");
                if (length == INCOMPLETE) {
                    return null;
                }
                announceBulk(in.getByte(line), length);
            }
            if (end - start - at < bulk + 2) {
                missing = bulk + 2 - (end - start - at);
                return null;
            }
            place(at, bulk);
            at += bulk;
            wellFormed &= in.getShort(start + at) == LengthLine.CRLF;
            at += 2;
            bulk = NO_BULK;
        }
        return frame(in);
    }

    private void announceBulk(byte type, long length) throws RespProtocolException {
        if (type != '$') {
            char shown = type == '\r' || type == '\n' ? ' ' : (char) (type & 0xff);
            throw new RespProtocolException("expected '$', got '" + shown + "'");
        }
        if (length < 0 || length > limits.bulkBytesMax()) {
            throw new RespProtocolException("invalid bulk length");
        }
        if (authenticationRequired && length > UNAUTHENTICATED_BULK_BYTES_MAX) {
            throw new RespProtocolException("unauthenticated bulk length");
        }
        if (at + length + 2 > limits.queryBufferBytesMax()) {
            // Redis closes without a word here; a client is better served by one
            throw new RespProtocolException("request exceeds the query buffer limit");
        }
        bulk = (int) length;
    }

    private void place(int offset, int length) {
        int index = 2 * found++;
        if (index == places.length) {
            places = Arrays.copyOf(places, (int) Math.min(2L * places.length, 2L * announced));
        }
        places[index] = offset;
        places[index + 1] = length;
    }

    private RequestFrame frame(ByteBuf in) {
        var frame = new RequestFrame(in.retain(), in.readerIndex(), at, places, found);
        in.skipBytes(at);
        boolean forwardable = wellFormed;
        reset();
        return forwardable ? frame : respelled(frame, in);
    }

    /** A stricter upstream than Redis would close the link that this client shares with others. */
    private static RequestFrame respelled(RequestFrame frame, ByteBuf in) {
        try {
            return RequestFrame.encode(in.alloc(), false, Arrays.asList(frame.arguments()));
        } finally {
            frame.release();
        }
    }

    private void reset() {
        at = 0;
        searched = 0;
        announced = 0;
        found = 0;
        bulk = NO_BULK;
        missing = 0;
        wellFormed = true;
        places = NOWHERE;
    }

    /** The number on the length line that begins at {@code at}, which moves past it; or {@link #INCOMPLETE}. */
    private long length(ByteBuf in, String tooBig) throws RespProtocolException {
        missing = 0;
        int line = in.readerIndex() + at;
        int available = in.writerIndex() - line;
        if (available >= 4) {
            int word = in.getInt(line); // most lengths have one digit, or two: "$3\r\n", "$16\r" "\n"
            int first = (word >> 16 & 0xff) - '0';
            if ((word & 0xffff) == LengthLine.CRLF && first >= 0 && first <= 9) {
                at += 4;
                searched = 0;
                return first;
            }
            int second = (word >> 8 & 0xff) - '0';
            if ((word & 0xff) == '\r' && first >= 1 && first <= 9 && second >= 0 && second <= 9 && available >= 5) {
                wellFormed &= in.getByte(line + 4) == '\n';
                at += 5;
                searched = 0;
                return first * 10L + second;
            }
        }
        return longerLength(in, line, available, tooBig);
    }

    private long longerLength(ByteBuf in, int line, int available, String tooBig) throws RespProtocolException {
        int end = find(in, line, available, (byte) '\r', tooBig);
        if (end < 0 || end + 1 == line + available) {
            return INCOMPLETE;
        }
        wellFormed &= in.getByte(end + 1) == '\n';
        at += end + 2 - line;
        searched = 0;
        return LengthLine.parse(in, line + 1, end);
    }

    /** The length of the inline request, its LF included; -1 when that has not come. */
    private int inlineLength(ByteBuf in) throws RespProtocolException {
        int start = in.readerIndex();
        int end = find(in, start, in.readableBytes(), (byte) '\n', "too big inline request");
        return end < 0 ? -1 : end + 1 - start;
    }

    /** The index of the first {@code ending} in a line; -1 when it has not come, and then it is searched on from there. */
    private int find(ByteBuf in, int line, int available, byte ending, String tooBig) throws RespProtocolException {
        int within = Math.min(available, limits.inlineBytesMax() + 1);
        int end = in.indexOf(line + searched, line + within, ending);
        if (end >= 0) {
            searched = end - line;
            return end;
        }
        searched = within;
        if (available > limits.inlineBytesMax()) {
            throw new RespProtocolException(tooBig);
        }
        return -1;
    }

    private List<Bytes> inline(ByteBuf in, int length) throws RespProtocolException {
        int ending = length > 1 && in.getByte(in.readerIndex() + length - 2) == '\r' ? 2 : 1;
        var line = new byte[length - ending];
        in.readBytes(line).skipBytes(ending);
        reset();
        ForeignProtocolException.checkLine(line);
        return InlineRequest.split(line);
    }
}
