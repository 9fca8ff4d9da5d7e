package io.holdfast.proxy.simulation;

import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** An executor of which each task is an act of the schedule; one after the other, also where a task lets others act. */
final class SimulatedThread extends AbstractExecutorService implements Actor {
    private final BooleanSupplier mayBegin;
    private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
    private boolean busy;
    private boolean ended;

    /** @param mayBegin whether it may begin a task just now */
    SimulatedThread(BooleanSupplier mayBegin) {
        this.mayBegin = mayBegin;
    }

    @Override
    public boolean isReady() {
        return !busy && mayBegin.getAsBoolean() && !tasks.isEmpty();
    }

    @Override
    public void act() {
        busy = true;
        try {
            tasks.remove().run();
        } finally {
            busy = false;
        }
    }

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
    }

    @Override
    public void shutdown() {
        ended = true;
    }

    @Override
    public List<Runnable> shutdownNow() {
        ended = true;
        List<Runnable> left = List.copyOf(tasks);
        tasks.clear();
        return left;
    }

    @Override
    public boolean isShutdown() {
        return ended;
    }

    @Override
    public boolean isTerminated() {
        return ended && !busy && tasks.isEmpty();
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
        return isTerminated();
    }
}
