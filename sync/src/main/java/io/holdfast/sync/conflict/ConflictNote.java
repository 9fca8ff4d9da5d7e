package io.holdfast.sync.conflict;

import io.holdfast.engine.exec.Journal;
import io.holdfast.engine.keyspace.Watches.Watched;
import io.holdfast.resp.Bytes;
import io.holdfast.sync.journal.Conflict;
import io.holdfast.sync.journal.Conflict.Winner;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Puts a {@link Conflict} together. What nothing is said of is not known, or not there. */
final class ConflictNote {
    private final Journal.Entry entry;
    private final int effectIndex;
    private final Watched key;
    private final ConflictPolicy policy;
    private final Winner winner;
    private @Nullable Bytes part;
    private @Nullable Bytes base;
    private List<Bytes> local = List.of();
    private List<Bytes> upstream = List.of();
    private long touchedMs;
    private @Nullable String upstreamNode;

    ConflictNote(Journal.Entry entry, int effectIndex, Watched key, ConflictPolicy policy, Winner winner) {
        this.entry = entry;
        this.effectIndex = effectIndex;
        this.key = key;
        this.policy = policy;
        this.winner = winner;
    }

    /** Which field or member; of the whole key otherwise. */
    ConflictNote part(@Nullable Bytes of) {
        part = of;
        return this;
    }

    /** What it was when the outage began. */
    ConflictNote base(@Nullable Bytes was) {
        base = was;
        return this;
    }

    /** What writes what was written here. */
    ConflictNote local(List<Bytes> command) {
        local = command;
        return this;
    }

    /** What would bring back what was upstream. */
    ConflictNote upstream(List<Bytes> command) {
        upstream = command;
        return this;
    }

    /** When it was written upstream, or since when nobody has touched it, Unix milliseconds. */
    ConflictNote touched(long ms) {
        touchedMs = ms;
        return this;
    }

    /** By another node of Holdfast. */
    ConflictNote by(@Nullable String node) {
        upstreamNode = node;
        return this;
    }

    /** @param decidedMs now, Unix milliseconds */
    Conflict conflict(long decidedMs) {
        return new Conflict(
                entry.sequence(),
                effectIndex,
                decidedMs,
                entry.timeMs(),
                touchedMs,
                key.db(),
                key.key(),
                part,
                policy.toString(),
                winner,
                base,
                local,
                upstream,
                upstreamNode,
                entry.client().isEmpty() ? null : entry.client().utf8());
    }
}
