package io.holdfast.proxy.simulation;

import io.netty.util.concurrent.MockTicker;
import io.netty.util.concurrent.Ticker;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Decides who does something next, by chance from a seed, and what time it is: an act takes some microseconds, and when nobody
 * has anything to do the clock jumps to the next moment that somebody waits for. All actors run on the one thread that asks.
 */
final class Schedule {
    private static final long START_MS = 1_800_000_000_000L;
    private static final int ACT_NANOS_MAX = 60_000;

    private final SplittableRandom random;
    private final MockTicker ticker = Ticker.newMockTicker();
    private final List<Actor> actors = new ArrayList<>();
    private final List<Actor> ready = new ArrayList<>();
    private final Trace trace = new Trace();
    private Runnable afterEachAct = () -> {};

    Schedule(long seed) {
        random = new SplittableRandom(seed);
    }

    SplittableRandom random() {
        return random;
    }

    /** True once in {@code n} times. */
    boolean oneIn(int n) {
        return random.nextInt(n) == 0;
    }

    Ticker ticker() {
        return ticker;
    }

    Trace trace() {
        return trace;
    }

    void note(String event) {
        trace.add(nanos(), event);
    }

    long nanos() {
        return ticker.nanoTime();
    }

    long unixMs() {
        return START_MS + TimeUnit.NANOSECONDS.toMillis(nanos());
    }

    void add(Actor actor) {
        actors.add(actor);
    }

    void remove(Actor actor) {
        actors.remove(actor);
    }

    /** Is run behind each act. */
    void afterEachAct(Runnable task) {
        afterEachAct = task;
    }

    /** Lets things happen until {@code condition}; false when it is {@code deadlineNanos} before that. */
    boolean runUntil(BooleanSupplier condition, long deadlineNanos) {
        while (!condition.getAsBoolean()) {
            if (nanos() >= deadlineNanos) {
                return false;
            }
            step(deadlineNanos);
        }
        return true;
    }

    private void step(long deadlineNanos) {
        ready.clear();
        long next = deadlineNanos;
        for (int i = 0; i < actors.size(); i++) {
            Actor actor = actors.get(i);
            if (actor.isReady()) {
                ready.add(actor);
            } else {
                next = Math.min(next, actor.wakesAtNanos());
            }
        }
        if (ready.isEmpty()) {
            ticker.advance(Math.max(1, next - nanos()), TimeUnit.NANOSECONDS);
            return;
        }
        Actor chosen = ready.get(random.nextInt(ready.size()));
        ticker.advance(1 + random.nextInt(ACT_NANOS_MAX), TimeUnit.NANOSECONDS);
        chosen.act();
        afterEachAct.run();
    }
}
