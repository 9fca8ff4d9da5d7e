package io.holdfast.engine.command;

import io.holdfast.resp.Bytes;
import org.jspecify.annotations.Nullable;

/** What is kept and shown of the commands that ran: to monitors, in the slow log, as latencies. Owned by the engine loop. */
public final class CommandRecords {
    private static final int NANOS_A_MICRO = 1_000;

    private final Monitors monitors = new Monitors();
    private final SlowLog slowLog = new SlowLog();
    private final Latencies latencies = new Latencies();

    public Monitors monitors() {
        return monitors;
    }

    public SlowLog slowLog() {
        return slowLog;
    }

    public Latencies latencies() {
        return latencies;
    }

    /** A command begins: monitors see one that runs others before those. */
    void begins(Session session, CommandSpec spec, Bytes[] args, long nowMs) {
        if (spec.is(Flag.SKIP_MONITOR)) {
            monitors.show(session, spec, args, nowMs);
        }
    }

    /**
     * A command, or a part of a transaction or script, has run here.
     *
     * @param sender the client that sent it, or the script that calls it
     * @param failed whether its reply is an error
     */
    void ran(Session session, Session sender, CommandSpec spec, Bytes[] args, long nowMs, long nanos, boolean failed) {
        if (!spec.is(Flag.SKIP_MONITOR)) {
            monitors.show(session, spec, args, nowMs);
        }
        Blocked waits = sender.blocked();
        if (waits == null) {
            count(sender, spec, args, nowMs, nanos, failed);
        } else if (waits.isHeld()) { // it has run: only its error is held back
            count(sender, spec, args, nowMs, nanos, true);
        }
    }

    /** A client that waited in a command has been given its reply, which took so long to make. */
    public void served(Session session, CommandSpec spec, Bytes[] args, long nowMs, long nanos, boolean failed) {
        count(session, spec, args, nowMs, nanos, failed);
    }

    private void count(Session sender, CommandSpec spec, Bytes[] args, long nowMs, long nanos, boolean failed) {
        latencies.add(spec, nowMs, nanos, failed);
        long micros = nanos / NANOS_A_MICRO;
        if (slowLog.takes(micros) && !spec.is(Flag.SKIP_SLOWLOG)) {
            slowLog.add(sender, spec.shown(args), nowMs, micros);
        }
    }

    /** A command was refused before it ran; null when there is none of that name. */
    public void refused(@Nullable CommandSpec spec) {
        if (spec != null) {
            latencies.refused(spec);
        }
    }
}
