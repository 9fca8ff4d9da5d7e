package io.holdfast.engine;

import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.exec.CommandExecutor;
import io.holdfast.engine.keyspace.Changes;
import io.holdfast.engine.keyspace.KeyRecord;
import io.holdfast.engine.keyspace.Keyspace;
import io.holdfast.engine.keyspace.Keyspaces;
import io.holdfast.engine.value.Value;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.resp.RequestFrame;
import io.holdfast.resp.RespVersion;
import org.jspecify.annotations.Nullable;

/**
 * The keyspaces as the mirror writes them while the upstream is in charge: nothing of it is journaled, and each key that is
 * written gets the stamp by which the mirror knows how far it may be believed. Lives on the engine loop.
 */
public final class WarmCopy {
    private final Keyspaces keyspaces;
    private final CommandExecutor executor;

    WarmCopy(Keyspaces keyspaces, CommandExecutor executor) {
        this.keyspaces = keyspaces;
        this.executor = executor;
    }

    /** Runs what the upstream has done; see {@link CommandExecutor#mirror}. */
    public Reply run(int stamp, int db, RespVersion resp, CommandSpec spec, Bytes[] args) {
        return executor.mirror(stamp, db, resp, spec, args);
    }

    /** Replaces what is at {@code key} by what was fetched; null when the upstream does not have it. */
    public @Nullable KeyRecord replace(int stamp, int db, Bytes key, @Nullable Value value, long expiresAtMs) {
        Keyspace keyspace = keyspaces.get(db);
        Changes changes = begin(stamp);
        try {
            if (value == null) {
                keyspace.remove(key, executor.nowMs());
                return null;
            }
            KeyRecord record = keyspace.put(key, value);
            if (expiresAtMs != KeyRecord.NEVER) {
                keyspace.expireAt(record, expiresAtMs);
            }
            return record;
        } finally {
            changes.mirroringEnds();
        }
    }

    /** The key of {@code record} holds this string now, whatever it held, and does not expire. */
    public void set(int stamp, KeyRecord record, Bytes content) {
        Changes changes = begin(stamp);
        try {
            keyspaces.get(record.db()).overwrite(record, content);
        } finally {
            changes.mirroringEnds();
        }
    }

    /** As {@link #set(int, KeyRecord, Bytes)} with an argument of a request, which is copied straight from there. */
    public void set(int stamp, KeyRecord record, RequestFrame request, int argument) {
        Changes changes = begin(stamp);
        try {
            keyspaces.get(record.db()).overwrite(record, request, argument);
        } finally {
            changes.mirroringEnds();
        }
    }

    /** The string at the key of {@code record} is this now, and expires when it did. */
    public void setKeepingEnd(int stamp, KeyRecord record, Bytes content) {
        Changes changes = begin(stamp);
        try {
            keyspaces.get(record.db()).replaceValue(record, content);
        } finally {
            changes.mirroringEnds();
        }
    }

    private Changes begin(int stamp) {
        Changes changes = keyspaces.changes();
        changes.mirroringBegins(stamp);
        return changes;
    }
}
