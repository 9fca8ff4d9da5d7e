package io.holdfast.proxy.client;

import io.holdfast.resp.RequestFrame;
import io.netty.channel.Channel;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * What keeps a client's next request back. Lives on the engine loop.
 *
 * <pre>
 *   closed while                                          open again when
 *   a request is held                                     the router releases it; or all before it are answered
 *   one waits in the local engine                         that answers it, or gives it back
 *   one that was lost upstream is not settled yet         the client takes its reply
 *   one may change the client's connection when answered   it is answered
 *   as many have no reply as the window allows            half of them have one
 *   the replies of this turn are many                     they have gone out
 *   the client's socket, or the link upstream, is full    it is not
 * </pre>
 */
final class RequestGate {
    private final Channel channel;
    private final ReplyQueue replies;
    private final ClientUpstream upstream;
    private final PipelineWindow window = new PipelineWindow();
    /** In order; what each is to do with its request, of which there is no hope any more. */
    private final ArrayDeque<Runnable> unsettled = new ArrayDeque<>(1);

    private @Nullable RequestFrame held;
    private boolean heldUntilIdle;
    private @Nullable Slot waiting;
    private @Nullable Slot last;
    private boolean windowIsFull;
    private boolean turnIsFull;

    RequestGate(Channel channel, ReplyQueue replies, ClientUpstream upstream) {
        this.channel = channel;
        this.replies = replies;
        this.upstream = upstream;
    }

    boolean isOpen() {
        return held == null
                && last == null
                && unsettled.isEmpty()
                && replies.pending() < window.requests()
                && takesReplies()
                && upstream.hasRoom();
    }

    /** Whether a reply that is there may be added to those of this turn. */
    boolean takesReplies() {
        return waiting == null && !replies.isFull() && channel.isWritable();
    }

    /** No more is taken now: notes which replies, and which turn's end, are to be waited for. */
    void stop() {
        windowIsFull = replies.pending() >= window.requests();
        turnIsFull = replies.isFull();
    }

    /** An answer of so many bytes has come from the upstream. */
    void replied(int bytes) {
        window.replied(bytes);
    }

    /** Whether it was the window that closed it, and has room again: a while later, so that many are taken at once. */
    boolean windowOpens() {
        return windowIsFull && replies.pending() <= window.requests() / 2;
    }

    /** The replies of this turn have gone out: whether they closed it. */
    boolean turnOpens() {
        boolean opens = turnIsFull;
        turnIsFull = false;
        return opens;
    }

    // ---- the request that is held

    void hold(RequestFrame frame, boolean untilIdle) {
        held = frame;
        heldUntilIdle = untilIdle;
    }

    /** It stays the gate's; null when none is held. */
    @Nullable RequestFrame held() {
        return held;
    }

    /** The request that was held, which is the caller's from now on; null when none was. */
    @Nullable RequestFrame takeHeld() {
        RequestFrame frame = held;
        held = null;
        return frame;
    }

    /** It waits, besides, for the requests before it. */
    void holdUntilIdle() {
        heldUntilIdle = true;
    }

    /** Whether the request that is held waited for those before it, and all of them are answered. */
    boolean heldIsNext() {
        return held != null && heldUntilIdle && replies.pending() == 0;
    }

    // ---- the request behind which no other is taken

    void closeBehind(Slot slot) {
        last = slot;
    }

    /** This one is answered: whether others waited for that. */
    boolean answered(Slot slot) {
        boolean opens = last == slot;
        if (opens) {
            last = null;
        }
        return opens;
    }

    // ---- the request that waits in the local engine

    void await(Slot slot) {
        waiting = slot;
    }

    boolean isWaiting() {
        return waiting != null;
    }

    /** Its place, once it is answered or made again elsewhere; null when none waited. */
    @Nullable Slot takeWaiting() {
        Slot slot = waiting;
        waiting = null;
        return slot;
    }

    // ---- requests that were lost upstream

    boolean hasUnsettled() {
        return !unsettled.isEmpty();
    }

    /** To be settled when the client takes its reply, or at the turn's end. */
    void settleLater(Runnable settlement) {
        unsettled.add(settlement);
        turnIsFull = true;
    }

    /** The next to be settled, which the caller does; null when there is none. */
    @Nullable Runnable nextUnsettled() {
        return unsettled.poll();
    }
}
