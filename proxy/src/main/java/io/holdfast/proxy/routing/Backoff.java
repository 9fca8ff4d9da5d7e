package io.holdfast.proxy.routing;

import io.holdfast.proxy.upstream.ReturnPace;
import io.holdfast.proxy.upstream.ReturnPace.Strategy;
import java.util.SplittableRandom;

/** How long to wait before the next attempt: from one pause to the next longer, up to a bound. Lives on the engine loop. */
final class Backoff {
    private static final int MIN_MS = ReturnPace.PAUSE_MS_MIN;

    private final SplittableRandom random;
    private Strategy strategy = Strategy.EXPONENTIAL;
    private int maxMs = MIN_MS;
    private int lastMs = MIN_MS;

    Backoff(SplittableRandom random) {
        this.random = random;
    }

    /** From now on pauses grow like this, up to {@code longestMs}. */
    void grow(Strategy how, int longestMs) {
        strategy = how;
        maxMs = longestMs;
        lastMs = Math.min(lastMs, longestMs);
    }

    /** An attempt has succeeded: the next pause is a short one. */
    void reset() {
        lastMs = MIN_MS;
    }

    /** An attempt has failed: how long to wait before the next. */
    int nextMs() {
        lastMs = switch (strategy) {
            // Decorrelated jitter: neither in step with other nodes, nor ever more often than the minimum.
            case EXPONENTIAL -> MIN_MS + random.nextInt(Math.max(1, (int) Math.min(maxMs, lastMs * 3L) - MIN_MS));
            case LINEAR -> Math.min(maxMs, lastMs + MIN_MS);
            case FIXED -> maxMs;
        };
        return lastMs;
    }
}
