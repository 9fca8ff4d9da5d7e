package io.holdfast.proxy.upstream;

import io.holdfast.resp.Bytes;
import io.holdfast.sync.mirror.FetchPort;
import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.function.Supplier;

/**
 * A link of some user's as the mirror sees it: keys are fetched by Holdfast's own user, who may read them, once everything
 * that was sent on the link before is answered. What is sent on the link after that may be carried out before the fetch or
 * behind it, so it goes by another of these ({@link #isUsed}): the mirror takes that for another link, and the key for in
 * doubt. Used on the engine loop.
 */
final class FetchAside implements FetchPort {
    /** Every user may send it, and it changes nothing. */
    private static final Bytes HELLO = Bytes.of("HELLO");

    private final UpstreamLink link;
    private final Supplier<? extends FetchPort> asHoldfast;
    private boolean used;

    FetchAside(UpstreamLink link, Supplier<? extends FetchPort> asHoldfast) {
        this.link = link;
        this.asHoldfast = asHoldfast;
    }

    /** Whether something was fetched by it. */
    boolean isUsed() {
        return used;
    }

    @Override
    public boolean isClosed() {
        return link.isClosed();
    }

    @Override
    public void fetch(List<Bytes[]> commands, Replies replies) {
        used = true;
        link.send(new Bytes[] {HELLO}, new InFlight() {
            @Override
            public void onReply(ByteBuf frame, byte type) {
                frame.release();
                asHoldfast.get().fetch(commands, replies);
            }

            @Override
            public void onLost(boolean maybeSent) {
                replies.lost();
            }
        });
    }
}
