package io.holdfast.proxy.upstream;

import io.netty.buffer.ByteBuf;

/**
 * A request on its way upstream, until its reply comes or the link is lost. Exactly one of {@link #onReply} and {@link
 * #onLost} is called, once. Owned by the link's event loop.
 */
public abstract class InFlight {
    /** When it was written, or what goes out with it, by the clock of its loop, nanoseconds. */
    long sentNanos;
    /** Its place among all requests of all links: what was lost is settled in this order. */
    long order;
    /** False while it waits for its link to be ready. */
    boolean sent;

    /** It went as part of {@code carrier}, and takes that one's place in the order of all requests. */
    public final void carriedBy(InFlight carrier) {
        order = carrier.order;
    }

    /**
     * The reply has come.
     *
     * @param frame the exact reply; the receiver releases it
     * @param type the reply's first byte, attributes aside
     */
    public abstract void onReply(ByteBuf frame, byte type);

    /**
     * The link is gone and no reply will come.
     *
     * @param maybeSent false when not one byte was written, so the upstream cannot have seen it
     */
    public abstract void onLost(boolean maybeSent);

    /** Whether it may take longer than the time-out without meaning that the upstream is gone. */
    public boolean mayWait() {
        return false;
    }

    /** Whether somebody waits for the reply: otherwise that it does not come says no more than that the connection has ended. */
    public boolean isAwaited() {
        return true;
    }
}
