package io.holdfast.proxy;

import io.holdfast.engine.command.Timers;
import io.netty.util.concurrent.EventExecutor;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** The engine's timers, on the engine loop. */
record LoopTimers(EventExecutor loop) implements Timers {
    @Override
    public long nanoTime() {
        return loop.ticker().nanoTime();
    }

    @Override
    public Alarm after(long delayMs, Runnable task) {
        ScheduledFuture<?> scheduled = loop.schedule(task, delayMs, TimeUnit.MILLISECONDS);
        return () -> scheduled.cancel(false);
    }
}
