package io.holdfast.engine.command;

import io.holdfast.engine.keyspace.BlockedClients;
import io.holdfast.resp.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * A command that waits, and whose it is.
 *
 * @param db where its keys are
 * @param sinceNanos when it began to wait, by {@link Timers#nanoTime}
 * @param alarm goes off when its time is over; null when it waits for as long as it takes
 */
@SuppressWarnings("ArrayRecordComponent") // never compared; arguments are an array everywhere
public record Blocked(
        Session session,
        CommandSpec spec,
        Bytes[] args,
        int db,
        Wait waitsFor,
        long sinceNanos,
        Timers.@Nullable Alarm alarm)
        implements BlockedClients.Waiter {
    @Override
    public boolean wakesWhenGone() {
        return waitsFor.alsoWhenGone();
    }

    /** Whether it only has its reply held back. */
    public boolean isHeld() {
        return waitsFor.keys().isEmpty();
    }

    /** The same, that began to wait at another time and has another alarm. */
    public Blocked since(long nanos, Timers.Alarm rings) {
        return new Blocked(session, spec, args, db, waitsFor, nanos, rings);
    }

    /** Each waits for itself. */
    @Override
    public boolean equals(@Nullable Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }
}
