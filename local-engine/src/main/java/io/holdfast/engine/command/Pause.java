package io.holdfast.engine.command;

import io.holdfast.resp.Bytes;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/** CLIENT PAUSE: for some time, no client's command runs, or none that writes. Owned by the engine loop. */
public final class Pause {
    private final Timers timers;
    private final Scripting scripting;
    private Runnable onEnd = () -> {};
    private IntSupplier waiting = () -> 0;
    private boolean all;
    private long endNanos;
    private Timers.@Nullable Alarm alarm;

    public Pause(Timers timers, Scripting scripting) {
        this.timers = timers;
        this.scripting = scripting;
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

    /** Whether {@link #holds} has to be asked at all. */
    public boolean isOn() {
        return alarm != null;
    }

    /**
     * Whether the command that the client sends now has to wait.
     *
     * @param spec null when it is not known
     */
    public boolean holds(Session session, @Nullable CommandSpec spec, Bytes[] args) {
        if (!isOn()) {
            return false;
        }
        return all || (spec != null && (mayWrite(spec, args) || (spec.isEndOfTransaction() && queuedWrite(session))));
    }

    private boolean queuedWrite(Session session) {
        for (Session.Queued queued : session.queued()) {
            CommandSpec spec = queued.spec();
            if (spec != null && mayWrite(spec, queued.args())) {
                return true;
            }
        }
        return false;
    }

    /** Whether a command may write; code that says whether it does is taken at its word. */
    private boolean mayWrite(CommandSpec spec, Bytes[] args) {
        return switch (spec.intent(scripting, args)) {
            case READS -> false;
            case WRITES -> true;
            case UNSAID -> spec.is(Flag.WRITE) || spec.is(Flag.MAY_REPLICATE);
        };
    }
}
