package io.holdfast.proxy.upstream;

import java.util.List;

/** Who hears of a link's fate. Called on the link's loop. */
interface LinkOwner {
    /** The link died by itself; {@code lost} are its requests in order. */
    void linkLost(UpstreamLink link, String reason, List<InFlight> lost);

    /**
     * A link was not let in: one that nobody needs yet (see {@link UpstreamLink#dispensable}), or one that the upstream may have no
     * room for. Of {@code lost}, those that were not sent waited for it; the others are the handshake's.
     */
    default void linkNotOpened(UpstreamLink link, String reason, List<InFlight> lost) {
        linkLost(link, reason, lost);
    }

    /** The upstream closed the link while it was in use; else as {@link #linkLost}. */
    default void linkCutOff(UpstreamLink link, String reason, List<InFlight> lost) {
        linkLost(link, reason, lost);
    }

    /** The upstream does not know the link's user, or not any more; none of {@code lost} was sent. */
    default void linkRefused(UpstreamLink link, String error, List<InFlight> lost) {
        linkLost(link, error, lost);
    }

    /** Replies of a link may have gone to the wrong requests for a while; its loss is told of right behind this. */
    default void linkOutOfStep() {}

    /** A request came when the link was closed already: it will get no reply, and was not sent. */
    void sentToClosed(InFlight request);

    /** Bytes were written to the link's buffer: {@link UpstreamLink#flush} is wanted before the turn ends. */
    void flushLater(UpstreamLink link);

    /** The next place in the order of all requests. */
    long nextOrder();

    /** The link's send buffer went above or fell below its high-water mark. */
    void writabilityChanged(UpstreamLink link);
}
