package io.holdfast.proxy.routing;

import java.util.concurrent.TimeUnit;

/**
 * How many good probes in a row it takes to return to the upstream: twice as many with each outage that follows soon on a
 * return. Lives on the engine loop.
 */
final class FlapDamping {
    /** Good probes that it takes at first, and at most. */
    private static final int GOOD_PROBES_MIN = 3;

    private static final int GOOD_PROBES_MAX = 48;
    /** An outage this soon after the last return is flapping. */
    private static final long FLAPPING_NANOS = TimeUnit.SECONDS.toNanos(10);

    private int good;
    private int wanted = GOOD_PROBES_MIN;
    private boolean everOnline;
    private long onlineSinceNanos;

    /** A probe found the upstream well. */
    void good() {
        good++;
    }

    /** A probe, or somebody else, found it not to be. */
    void bad() {
        good = 0;
    }

    boolean isEnough() {
        return good >= wanted;
    }

    void online(long nowNanos) {
        everOnline = true;
        onlineSinceNanos = nowNanos;
    }

    /** The upstream was in charge, and is not any more. */
    void outage(long nowNanos) {
        boolean flapping = everOnline && nowNanos - onlineSinceNanos < FLAPPING_NANOS;
        wanted = flapping ? Math.min(GOOD_PROBES_MAX, wanted * 2) : GOOD_PROBES_MIN;
    }
}
