package io.holdfast.resp;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Changes an array reply where it lies, without building what is in it. Stateless; any thread. */
public final class ReplyArray {
    private static final int HEADER_BYTES_MAX = 16;

    private ReplyArray() {}

    /** Whether {@code reply} is an array that is there: no error, no nil, nothing streamed. */
    public static boolean isWhole(ByteBuf reply) {
        int at = reply.readerIndex();
        return reply.getByte(at) == '*' && reply.getByte(at + 1) >= '0' && reply.getByte(at + 1) <= '9';
    }

    /** How many elements it has, as its header says. Only of an array that {@link #isWhole}. */
    public static long size(ByteBuf array) {
        int at = array.readerIndex();
        return LengthLine.parse(array, at + 1, lineEnd(array, at));
    }

    /**
     * The reply without the bulk {@code element}, however often it is in the array of bulks that begins at {@code arrayAt}.
     *
     * @param reply released where another is given back
     * @param arrayAt an index of {@code reply}, whose end is the array's
     * @return {@code reply} itself where the array has no such element
     */
    public static ByteBuf without(ByteBuf reply, int arrayAt, Bytes element) {
        int lineEnd = lineEnd(reply, arrayAt);
        long count = LengthLine.parse(reply, arrayAt + 1, lineEnd);
        int at = lineEnd + 2;
        for (long i = 0; i < count; i++) {
            int bodyAt = lineEnd(reply, at) + 2;
            int next = afterBulk(reply, at);
            if (next - bodyAt == element.length() + 2 && holds(reply, bodyAt, element)) {
                int arrayOffset = arrayAt - reply.readerIndex();
                return without(spliced(reply, arrayAt, lineEnd + 2, count - 1, at, next), arrayOffset, element);
            }
            at = next;
        }
        return reply;
    }

    private static ByteBuf spliced(ByteBuf reply, int arrayAt, int elementsAt, long count, int gapFrom, int gapTo) {
        ByteBuf rest = reply.alloc().buffer(reply.readableBytes() + HEADER_BYTES_MAX);
        rest.writeBytes(reply, reply.readerIndex(), arrayAt - reply.readerIndex());
        writeHeader(rest, count);
        rest.writeBytes(reply, elementsAt, gapFrom - elementsAt);
        rest.writeBytes(reply, gapTo, reply.writerIndex() - gapTo);
        reply.release();
        return rest;
    }

    /** Where what follows the bulk at {@code at} begins; a nil has no body. */
    public static int afterBulk(ByteBuf reply, int at) {
        int lineEnd = lineEnd(reply, at);
        long length = LengthLine.parse(reply, at + 1, lineEnd);
        return length < 0 ? lineEnd + 2 : Math.toIntExact(lineEnd + 2 + length + 2);
    }

    private static int lineEnd(ByteBuf reply, int from) {
        return reply.indexOf(from, reply.writerIndex(), (byte) '\r');
    }

    private static boolean holds(ByteBuf reply, int at, Bytes element) {
        for (int i = 0; i < element.length(); i++) {
            if (reply.getByte(at + i) != element.at(i)) {
                return false;
            }
        }
        return true;
    }

    /**
     * The elements of an array, in order, as retained slices that the caller owns.
     *
     * @param array whole, as {@link ReplyFrameDecoder} gives it
     */
    public static List<ByteBuf> elements(ByteBuf array) {
        var decoder = new ReplyFrameDecoder(RespLimits.DEFAULT);
        int lineEnd = lineEnd(array, array.readerIndex());
        ByteBuf rest = array.slice(lineEnd + 2, array.writerIndex() - lineEnd - 2);
        List<ByteBuf> elements = new ArrayList<>();
        try {
            while (rest.isReadable()) {
                ByteBuf element = decoder.decode(rest);
                if (element == null) {
                    throw new IllegalStateException("an element of a whole array is not whole");
                }
                elements.add(element);
            }
        } catch (RespProtocolException e) {
            throw new IllegalStateException("the elements of a whole array are no replies", e);
        }
        return elements;
    }

    /** Writes the header of an array. */
    public static void writeHeader(ByteBuf out, long count) {
        out.writeByte('*');
        out.writeCharSequence(Long.toString(count), StandardCharsets.US_ASCII);
        out.writeShort(LengthLine.CRLF);
    }
}
