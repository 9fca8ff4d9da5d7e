package io.holdfast.proxy;

import io.holdfast.engine.command.Timers;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** The engine's timers, on the engine loop. */
record LoopTimers(ScheduledExecutorService loop) implements Timers {
    @Override
    public long nanoTime() {
        return System.nanoTime();
    }

    @Override
    public Alarm after(long delayMs, Runnable task) {
        ScheduledFuture<?> scheduled = loop.schedule(task, delayMs, TimeUnit.MILLISECONDS);
        return () -> scheduled.cancel(false);
    }
}
