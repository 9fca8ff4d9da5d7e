package io.holdfast.proxy.routing;

import io.holdfast.resp.RequestFrame;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.nio.charset.StandardCharsets;

/** Puts Holdfast's own section behind an upstream's INFO, where all of it was asked for. Stateless. */
final class WholeInfo {
    private static final String[] WHOLE = {"all", "everything", "default"};

    private WholeInfo() {}

    /** INFO, INFO all, INFO everything, INFO default; in company of other sections too. */
    static boolean isAskedBy(RequestFrame frame) {
        boolean whole = frame.size() == 1;
        for (int i = 1; i < frame.size() && !whole; i++) {
            for (String word : WHOLE) {
                whole |= frame.is(i, word);
            }
        }
        return whole;
    }

    /**
     * The reply with {@code section} at its end.
     *
     * @param reply {@code $<n>} or {@code =<n>}; released, unless it is something else, which is given back as it is
     */
    static ByteBuf with(String section, ByteBuf reply) {
        byte type = reply.getByte(reply.readerIndex());
        int lineEnd = ByteBufUtil.indexOf(reply, reply.readerIndex(), reply.writerIndex(), (byte) '\n');
        if ((type != '$' && type != '=') || lineEnd < 0 || reply.getByte(reply.readerIndex() + 1) == '-') {
            return reply;
        }
        byte[] ours = ("\r\n" + section).getBytes(StandardCharsets.UTF_8);
        int bodyBytes = reply.writerIndex() - 2 - (lineEnd + 1);
        ByteBuf both = reply.alloc().buffer(bodyBytes + ours.length + 32);
        both.writeByte(type);
        both.writeCharSequence(Integer.toString(bodyBytes + ours.length), StandardCharsets.US_ASCII);
        both.writeCharSequence("\r\n", StandardCharsets.US_ASCII);
        both.writeBytes(reply, lineEnd + 1, bodyBytes);
        both.writeBytes(ours);
        both.writeCharSequence("\r\n", StandardCharsets.US_ASCII);
        reply.release();
        return both;
    }
}
