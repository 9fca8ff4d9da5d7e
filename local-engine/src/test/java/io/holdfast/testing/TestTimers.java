package io.holdfast.testing;

import io.holdfast.engine.command.Timers;
import java.time.Duration;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;

/** Timers whose time passes when a test says so. For one test thread. */
public final class TestTimers implements Timers {
    private record Due(long atNanos, long order, Runnable task) {}

    private final PriorityQueue<Due> due =
            new PriorityQueue<>(Comparator.comparingLong(Due::atNanos).thenComparingLong(Due::order));
    private long nowNanos;
    private long lastOrder;

    @Override
    public long nanoTime() {
        return nowNanos;
    }

    @Override
    public Alarm after(long delayMs, Runnable task) {
        long atNanos = nowNanos + Math.min(TimeUnit.MILLISECONDS.toNanos(delayMs), Long.MAX_VALUE - nowNanos);
        var alarm = new Due(atNanos, ++lastOrder, task);
        due.add(alarm);
        return () -> due.remove(alarm);
    }

    /** Lets this much time pass, and every alarm go off that falls into it, in the order of their times. */
    public void advance(Duration by) {
        long until = nowNanos + by.toNanos();
        while (!due.isEmpty() && due.peek().atNanos() <= until) {
            Due next = due.remove();
            nowNanos = next.atNanos();
            next.task().run();
        }
        nowNanos = until;
    }

    /** Alarms that have not gone off. */
    public int pending() {
        return due.size();
    }
}
