package io.holdfast.engine.command;

import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/** CLIENT PAUSE: for some time, no client's command runs, or none that writes. Owned by the engine loop. */
public final class Pause {
    private final Timers timers;
    private Runnable onEnd = () -> {};
    private IntSupplier waiting = () -> 0;
    private boolean all;
    private long endNanos;
    private Timers.@Nullable Alarm alarm;

    public Pause(Timers timers) {
        this.timers = timers;
    }

    /** Who lets the waiting commands go on, and counts their clients; given once. */
    public void onEnd(Runnable task, IntSupplier clients) {
        onEnd = task;
        waiting = clients;
    }

    /** How many clients have a command that waits. */
    public int waiting() {
        return waiting.getAsInt();
    }

    /** Begins, or goes on for at least {@code ms} from now; a pause of all commands does not become one of writes. */
    public void begin(long ms, boolean ofAll) {
        long until = timers.nanoTime() + TimeUnit.MILLISECONDS.toNanos(ms);
        boolean going = alarm != null;
        if (ms == 0 && !going) {
            return;
        }
        all = ofAll || (going && all);
        if (going && endNanos - until >= 0) {
            return;
        }
        cancel();
        endNanos = until;
        alarm = timers.after(ms, this::end);
    }

    public void end() {
        if (alarm != null) {
            cancel();
            all = false;
            onEnd.run();
        }
    }

    private void cancel() {
        if (alarm != null) {
            alarm.cancel();
            alarm = null;
        }
    }

    /**
     * Whether the command that the client sends now has to wait.
     *
     * @param spec null when it is not known
     */
    public boolean holds(Session session, @Nullable CommandSpec spec) {
        if (alarm == null) {
            return false;
        }
        return all || (spec != null && (mayWrite(spec) || (spec.isEndOfTransaction() && queuedWrite(session))));
    }

    private static boolean queuedWrite(Session session) {
        return session.queued().stream().anyMatch(queued -> queued.spec() != null && mayWrite(queued.spec()));
    }

    private static boolean mayWrite(CommandSpec spec) {
        return spec.is(Flag.WRITE) || spec.is(Flag.MAY_REPLICATE);
    }
}
