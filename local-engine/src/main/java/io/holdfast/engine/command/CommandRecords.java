package io.holdfast.engine.command;

import io.holdfast.resp.Bytes;

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

    /** A command, or a part of a transaction, has run here. */
    void ran(Session session, CommandSpec spec, Bytes[] args, long nowMs, long nanos) {
        monitors.show(session, spec, args, nowMs);
        latencies.add(spec, nowMs, nanos);
        long micros = nanos / NANOS_A_MICRO;
        if (slowLog.takes(micros) && !spec.is(Flag.SKIP_SLOWLOG) && !session.isBlocked()) {
            slowLog.add(session, spec.shown(args), nowMs, micros);
        }
    }
}
