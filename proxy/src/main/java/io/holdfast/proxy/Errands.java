package io.holdfast.proxy;

import io.netty.util.internal.PlatformDependent;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What other loops have for the engine loop, done there in order: also, which the loop's own tasks are not, in the middle
 * of a script. Safe on every thread.
 */
final class Errands implements Executor {
    /** Done at one go, before the loop looks at its sockets again. */
    private static final int AT_A_GO_MAX = 1024;

    private final Executor loop;
    private final Queue<Runnable> waiting = PlatformDependent.newMpscQueue(); // HandedIntake bounds what it holds
    private final AtomicBoolean announced = new AtomicBoolean();

    Errands(Executor loop) {
        this.loop = loop;
    }

    @Override
    public void execute(Runnable errand) {
        waiting.add(errand);
        announce();
    }

    private void announce() {
        if (announced.compareAndSet(false, true)) {
            loop.execute(this::begin);
        }
    }

    private void begin() {
        announced.set(false); // first: what comes from now on announces itself
        try {
            doSome();
        } finally {
            if (!waiting.isEmpty()) { // also where one failed, which the loop logs
                announce();
            }
        }
    }

    /** Does what waits, up to a bound. On the engine loop. */
    void doSome() {
        for (int i = 0; i < AT_A_GO_MAX; i++) {
            Runnable errand = waiting.poll();
            if (errand == null) {
                return;
            }
            errand.run();
        }
    }
}
