package io.holdfast.sync.replay;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** Says how long to wait so that no more entries a second go upstream than are allowed. Lives on the replay thread. */
final class Throttle {
    private final LongSupplier stopwatch;
    /** When the next entry may go. */
    private long freeAtNanos;
    /** When {@link #waitNanos} was asked last: what the batch behind it took counts towards the pause behind that. */
    private long askedAtNanos;

    /** @param stopwatch nanoseconds; never goes back */
    Throttle(LongSupplier stopwatch) {
        this.stopwatch = stopwatch;
        freeAtNanos = stopwatch.getAsLong();
        askedAtNanos = freeAtNanos;
    }

    /** So many entries went. */
    void sent(int entries, int perSecondMax) {
        // What was not used is not saved up: a cap that is exceeded after a pause would be none.
        long from = freeAtNanos - askedAtNanos > 0 ? freeAtNanos : askedAtNanos;
        freeAtNanos = perSecondMax == 0 ? askedAtNanos : from + entries * TimeUnit.SECONDS.toNanos(1) / perSecondMax;
    }

    /** Nanoseconds until the next batch may go; 0: now. */
    long waitNanos(int perSecondMax) {
        askedAtNanos = stopwatch.getAsLong();
        return perSecondMax == 0 ? 0 : Math.max(0, freeAtNanos - askedAtNanos);
    }
}
