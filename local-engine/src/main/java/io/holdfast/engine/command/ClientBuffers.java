package io.holdfast.engine.command;

/**
 * What lies in the buffers of one connection at a moment, as CLIENT LIST shows it; bytes where nothing else is said. May be
 * handed to any thread.
 *
 * @param query received, and not yet an argument of a request
 * @param queryFree room for more of it
 * @param arguments of the request that is under way, as far as they have come
 * @param replyRoom the buffer that the next replies are written to
 * @param replyPeak the most that this buffer held lately
 * @param reply replies in it
 * @param waitingReplies how many pieces wait to be sent behind or before it
 * @param waiting what those come to
 * @param isRead whether the connection is read from
 * @param isFull whether it takes no more at the moment, so that what waits goes when it does
 */
public record ClientBuffers(
        long query,
        long queryFree,
        long arguments,
        long replyRoom,
        long replyPeak,
        long reply,
        int waitingReplies,
        long waiting,
        boolean isRead,
        boolean isFull) {
    /** Of what has no connection. */
    public static final ClientBuffers NONE = new ClientBuffers(0, 0, 0, 0, 0, 0, 0, 0, true, false);

    /** What a connection and what belongs to it come to with nothing in its buffers, about. */
    private static final long CONNECTION_BYTES = 2400;

    /** What the client has sent and what there is room for. */
    public long input() {
        return query + queryFree;
    }

    /** What it has not taken yet. */
    public long output() {
        return reply + waiting;
    }

    /** All of it together, with what the client has queued and subscribed to. */
    public static long total(Session client) {
        ClientBuffers buffers = client.output().buffers();
        return CONNECTION_BYTES
                + buffers.input()
                + buffers.arguments
                + client.queuedBytes()
                + client.subscriber().bytes()
                + buffers.replyRoom
                + buffers.waiting;
    }
}
