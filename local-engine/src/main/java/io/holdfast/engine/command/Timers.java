package io.holdfast.engine.command;

/**
 * The engine's stopwatch and alarm clock. Monotonic, unlike the clock that expiries go by: setting the time makes nobody
 * wait longer. Used on the engine loop, on which alarms run too.
 */
public interface Timers {
    /** Nanoseconds since some moment in the past. */
    long nanoTime();

    /** Runs {@code task} once, not before {@code delayMs} have passed. */
    Alarm after(long delayMs, Runnable task);

    /** A task that will run. */
    @FunctionalInterface
    interface Alarm {
        /** It will not run any more; of no effect when it has. */
        void cancel();
    }
}
