package io.holdfast.proxy;

import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Looks again for a moment before the loop sleeps, as long as that is worth it: the reply of a redis-server on the same
 * machine, and the next request of a client that has just had one, are often there before the loop could have gone to sleep
 * and been woken. A loop that nothing comes to soon sleeps at once, and so does one that others want the core of (decision
 * 0017). For one loop.
 */
final class BusyPoll {
    static final long LOOK_NANOS = TimeUnit.MICROSECONDS.toNanos(50);
    /** A yield that took so long gave the core to a thread that has work for a whole turn of the scheduler. */
    static final long CROWDED_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    /** Where cores are short, looking is tried so rarely that what a yield costs there does not show. */
    static final long CROWDED_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);

    static final int CREDIT_MAX = 32;
    /** A loop goes on looking while it finds something four times in five. */
    static final int MISS = 4;
    /** For finding something after having given up. */
    private static final int NEW_CREDIT = 2 * MISS;
    /** A loop that has given up tries once in so many sleeps. */
    static final int SLEEPS_BETWEEN_TRIES = 64;

    private final LongSupplier nanoTime;
    private final Runnable yield;
    private int credit = CREDIT_MAX;
    private int sleeps;
    private boolean crowded;
    private long crowdedSince;

    BusyPoll() {
        this(System::nanoTime, Thread::yield);
    }

    BusyPoll(LongSupplier nanoTime, Runnable yield) {
        this.nanoTime = nanoTime;
        this.yield = yield;
    }

    /** Runs {@code io} once, waiting where {@code context} lets it; with {@code atOnce} it never waits. */
    int run(IoHandler io, IoHandlerContext context, IoHandlerContext atOnce) {
        if (!context.canBlock() || !isWorthIt()) {
            return io.run(context);
        }
        long start = nanoTime.getAsLong();
        if (crowded && start - crowdedSince < CROWDED_PAUSE_NANOS) {
            return io.run(context);
        }
        crowded = false;
        long now = start;
        while (now - start < LOOK_NANOS) {
            int handled = io.run(atOnce);
            if (handled > 0) {
                credit = credit <= 0 ? NEW_CREDIT : Math.min(CREDIT_MAX, credit + 1);
                return handled;
            }
            if (!context.canBlock()) {
                return 0; // another thread has an errand, or a timer is due
            }
            long before = nanoTime.getAsLong();
            yield.run();
            now = nanoTime.getAsLong();
            if (now - before >= CROWDED_NANOS) {
                crowded = true;
                crowdedSince = now;
                return io.run(context);
            }
        }
        credit -= MISS;
        return io.run(context);
    }

    private boolean isWorthIt() {
        if (credit > 0) {
            return true;
        }
        sleeps = (sleeps + 1) % SLEEPS_BETWEEN_TRIES;
        return sleeps == 0;
    }
}
