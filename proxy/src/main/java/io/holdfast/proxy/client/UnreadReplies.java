package io.holdfast.proxy.client;

import io.holdfast.engine.config.BufferLimits;
import java.util.concurrent.TimeUnit;

/**
 * Says when too much waits for a client that does not read. One reply of any size may be on its way: the bounds are for what waits
 * beside it, and for one that is not read on. Lives on the engine loop.
 */
final class UnreadReplies {
    private static final long NEVER = -1;

    /** The largest reply since nothing waited, bytes. */
    private long largest;

    private long overSinceMs = NEVER;
    /** How much waited when the soft bound's time began. */
    private long overBytes;

    /** A reply of so many bytes has been handed out. */
    void handedOut(int bytes) {
        largest = Math.max(largest, bytes);
    }

    /** Nothing waits. */
    void allRead() {
        largest = 0;
        overSinceMs = NEVER;
    }

    /** @param bytes that wait now, more than none */
    boolean areTooMany(long bytes, BufferLimits.Limit limit, long nowMs) {
        long beside = bytes - largest;
        if (limit.softBytes() == 0 || bytes <= limit.softBytes()) {
            overSinceMs = NEVER;
        } else if (overSinceMs == NEVER || (beside <= limit.softBytes() && bytes < overBytes)) {
            overSinceMs = nowMs; // or again: it reads the large one
            overBytes = bytes;
        }
        boolean overSoft = overSinceMs != NEVER && nowMs - overSinceMs > TimeUnit.SECONDS.toMillis(limit.softSeconds());
        return overSoft || (limit.hardBytes() > 0 && beside > limit.hardBytes());
    }
}
