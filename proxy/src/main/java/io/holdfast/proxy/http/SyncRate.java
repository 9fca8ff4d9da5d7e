package io.holdfast.proxy.http;

import java.util.ArrayDeque;

/** How much a counter has risen within the last minute. For one thread. */
final class SyncRate {
    static final int SAMPLE_SECONDS = 5;
    private static final int SAMPLES = 60 / SAMPLE_SECONDS;

    private final ArrayDeque<Long> samples = new ArrayDeque<>();

    SyncRate(long atFirst) {
        samples.add(atFirst);
    }

    /** To be called each {@link #SAMPLE_SECONDS}. */
    void sample(long counter) {
        samples.add(counter);
        if (samples.size() > SAMPLES) {
            samples.remove();
        }
    }

    long perMinute(long counter) {
        return Math.max(0, counter - samples.element());
    }
}
