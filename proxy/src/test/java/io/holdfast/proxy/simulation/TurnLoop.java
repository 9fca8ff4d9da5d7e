package io.holdfast.proxy.simulation;

import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ManualIoEventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.local.LocalIoHandler;
import io.netty.util.concurrent.ThreadAwareExecutor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An event loop of which each turn is an act of the schedule. */
public final class TurnLoop extends ManualIoEventLoop implements Actor {
    private final Schedule schedule;
    private final ArrayDeque<Runnable> turnEnds = new ArrayDeque<>();
    private final List<EmbeddedChannel> sockets = new ArrayList<>();
    private final Channels channels;
    private long idleSinceNanos = -1;

    TurnLoop(Schedule schedule) {
        this(schedule, new Channels());
    }

    private TurnLoop(Schedule schedule, Channels channels) {
        super(null, Thread.currentThread(), channels, schedule.ticker());
        this.schedule = schedule;
        this.channels = channels;
    }

    /** Closes its sockets, so that buffers go back which hold what clients sent. */
    void disconnect() {
        List.copyOf(sockets).forEach(EmbeddedChannel::close);
    }

    /**
     * Closes its channels; it must not run any more. Each end of a local channel has an address that the whole JVM knows: one
     * that is left open holds everything that belongs to this loop.
     */
    void abandon() {
        channels.handler().prepareToDestroy();
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

    /** The loop keeps its handler to itself. */
    private static final class Channels implements IoHandlerFactory {
        private @Nullable IoHandler handler;

        @Override
        public IoHandler newHandler(ThreadAwareExecutor executor) {
            handler = LocalIoHandler.newFactory().newHandler(executor);
            return handler;
        }

        IoHandler handler() {
            if (handler == null) {
                throw new IllegalStateException("the loop has not asked for a handler");
            }
            return handler;
        }
    }
}
