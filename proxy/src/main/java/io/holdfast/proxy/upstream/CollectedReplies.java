package io.holdfast.proxy.upstream;

import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.resp.ReplyParser;
import io.holdfast.resp.RespLimits;
import io.holdfast.resp.RespProtocolException;
import io.holdfast.sync.mirror.FetchPort;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;

/** The replies to several requests that belong together, until all are there or one is lost. Lives on the link's loop. */
final class CollectedReplies {
    private final List<Reply> collected;
    private final int wanted;
    private final FetchPort.Replies listener;
    private boolean lost;

    CollectedReplies(int wanted, FetchPort.Replies listener) {
        this.collected = new ArrayList<>(wanted);
        this.wanted = wanted;
        this.listener = listener;
    }

    /** The place of the next of the requests. */
    InFlight part() {
        return new Part();
    }

    private static Reply parse(ByteBuf frame) {
        try {
            return new ReplyParser(RespLimits.DEFAULT).parse(frame);
        } catch (RespProtocolException e) {
            return new Reply.Failure(Bytes.of("ERR unreadable reply: " + e.getMessage()));
        } finally {
            frame.release();
        }
    }

    private final class Part extends InFlight {
        @Override
        public void onReply(ByteBuf frame, byte type) {
            collected.add(parse(frame));
            if (collected.size() == wanted) {
                listener.arrived(collected);
            }
        }

        @Override
        public void onLost(boolean maybeSent) {
            if (!lost) {
                lost = true;
                listener.lost();
            }
        }
    }
}
