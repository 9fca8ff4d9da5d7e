package io.holdfast.proxy.simulation;

import io.holdfast.resp.Reply;
import io.holdfast.resp.ReplyFrameDecoder;
import io.holdfast.resp.ReplyParser;
import io.holdfast.resp.RespLimits;
import io.holdfast.resp.RespProtocolException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayDeque;

/** Bytes in, replies out. */
final class ReplyStream {
    private final ReplyFrameDecoder frames = new ReplyFrameDecoder(RespLimits.DEFAULT);
    private final ReplyParser parser = new ReplyParser(RespLimits.DEFAULT);
    private final ArrayDeque<Reply> replies = new ArrayDeque<>();
    private ByteBuf rest = Unpooled.EMPTY_BUFFER;

    void add(byte[] bytes) {
        rest = Unpooled.wrappedBuffer(rest, Unpooled.wrappedBuffer(bytes));
        try {
            for (ByteBuf frame = frames.decode(rest); frame != null; frame = frames.decode(rest)) {
                replies.add(parser.parse(frame));
            }
        } catch (RespProtocolException e) {
            throw new AssertionError("what was answered is not RESP", e);
        }
        rest = Unpooled.copiedBuffer(rest); // so that what is read goes
    }

    ArrayDeque<Reply> replies() {
        return replies;
    }
}
