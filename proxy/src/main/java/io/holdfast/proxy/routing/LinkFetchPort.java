package io.holdfast.proxy.routing;

import io.holdfast.proxy.upstream.InFlight;
import io.holdfast.proxy.upstream.UpstreamLink;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.resp.ReplyParser;
import io.holdfast.resp.RespLimits;
import io.holdfast.resp.RespProtocolException;
import io.holdfast.sync.mirror.FetchPort;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * An upstream link as the mirror sees it; equal to another for the same link. Lives on the engine loop.
 */
record LinkFetchPort(UpstreamLink link) implements FetchPort {
    static LinkFetchPort of(UpstreamLink link) {
        return new LinkFetchPort(link);
    }

    @Override
    public void fetch(List<Bytes[]> commands, Consumer<List<Reply>> replies) {
        List<Reply> collected = new ArrayList<>(commands.size());
        for (Bytes[] command : commands) {
            link.send(command, new Part(collected, commands.size(), replies));
        }
    }

    private static final class Part extends InFlight {
        private final List<Reply> collected;
        private final int wanted;
        private final Consumer<List<Reply>> replies;

        Part(List<Reply> collected, int wanted, Consumer<List<Reply>> replies) {
            this.collected = collected;
            this.wanted = wanted;
            this.replies = replies;
        }

        @Override
        public void onReply(ByteBuf frame, byte type) {
            try {
                collected.add(new ReplyParser(RespLimits.DEFAULT).parse(frame));
            } catch (RespProtocolException e) {
                collected.add(new Reply.Failure(Bytes.of("ERR unreadable reply: " + e.getMessage())));
            } finally {
                frame.release();
            }
            if (collected.size() == wanted) {
                replies.accept(collected);
            }
        }

        @Override
        public void onLost(boolean maybeSent) {
            // The mirror forgets all fetches when it is told that the upstream is gone.
        }
    }
}
