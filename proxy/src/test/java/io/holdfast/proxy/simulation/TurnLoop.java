package io.holdfast.proxy.simulation;

import io.netty.channel.ManualIoEventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.local.LocalIoHandler;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/** An event loop of which each turn is an act of the schedule. */
public final class TurnLoop extends ManualIoEventLoop implements Actor {
    private final Schedule schedule;
    private final ArrayDeque<Runnable> turnEnds = new ArrayDeque<>();
    private final List<EmbeddedChannel> sockets = new ArrayList<>();
    private long idleSinceNanos = -1;

    TurnLoop(Schedule schedule) {
        super(null, Thread.currentThread(), LocalIoHandler.newFactory(), schedule.ticker());
        this.schedule = schedule;
    }

    /** Runs {@code task} once, when the present turn is over, or the next one. */
    public void atTurnEnd(Runnable task) {
        turnEnds.add(task);
    }

    /** What {@code socket} puts off is done in this loop's turns. */
    void carry(EmbeddedChannel socket) {
        sockets.add(socket);
        socket.closeFuture().addListener(closed -> atTurnEnd(() -> sockets.remove(socket)));
    }

    /** Others cannot tell whether it was given something to do: it looks, once a moment. */
    @Override
    public boolean isReady() {
        return schedule.nanos() != idleSinceNanos;
    }

    @Override
    public void act() {
        int done = runNow();
        for (EmbeddedChannel socket : List.copyOf(sockets)) {
            if (socket.hasPendingTasks()) {
                socket.runPendingTasks();
                done++;
            }
        }
        while (!turnEnds.isEmpty()) {
            turnEnds.poll().run();
            done++;
        }
        idleSinceNanos = done == 0 ? schedule.nanos() : -1;
    }

    @Override
    public long wakesAtNanos() {
        long deadline = nextScheduledTaskDeadlineNanos();
        return deadline < 0 ? Long.MAX_VALUE : deadline;
    }
}
