package io.holdfast.proxy.upstream;

import io.netty.util.concurrent.Ticker;

/**
 * Whether a link's replies keep coming. While they do, none of them is late: what is waited for stands behind others, and how
 * fast they come is the network's affair. Lives on one event loop.
 */
final class ReplyProgress {
    /** So much counts, be it of one reply or of many: less than that may come for a long time and be the answer to nothing. */
    static final int PART_BYTES = 16 * 1024;

    /** Since the last part. */
    private int bytes;
    /** When the last part was whole. */
    private long partNanos;

    private boolean flows;

    void received(int more, Ticker ticker) {
        bytes += more;
        if (bytes >= PART_BYTES) {
            bytes = 0;
            partNanos = ticker.nanoTime();
            flows = true;
        }
    }

    /** No reply is waited for. */
    void end() {
        bytes = 0;
        flows = false;
    }

    /** How long nothing has come that could have been the reply to what was sent at {@code sentNanos}, or before it. */
    long waitedNanos(long sentNanos, long nowNanos) {
        long sinceSentNanos = nowNanos - sentNanos;
        return flows ? Math.min(sinceSentNanos, nowNanos - partNanos) : sinceSentNanos;
    }
}
