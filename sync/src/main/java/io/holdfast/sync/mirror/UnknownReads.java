package io.holdfast.sync.mirror;

import io.holdfast.engine.LocalEngine;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.command.UnknownKeys;
import io.holdfast.engine.keyspace.Watches.Watched;
import io.holdfast.resp.Bytes;

/** Counts, or refuses, what is read in an outage of keys that are not here and may be upstream. Owned by the engine loop. */
final class UnknownReads implements UnknownKeys {
    private final LocalEngine engine;
    private final Knowledge knowledge;
    private boolean refused;
    private long count;

    UnknownReads(LocalEngine engine, Knowledge knowledge) {
        this.engine = engine;
        this.knowledge = knowledge;
    }

    /** Whether they are answered with an error, not as if nobody had the key. */
    void refuse(boolean wanted) {
        refused = wanted;
    }

    long count() {
        return count;
    }

    @Override
    public void read(int db, Bytes key, long nowMs) {
        boolean here = engine.keyspaces().get(db).find(key, nowMs) != null;
        if (!here && !knowledge.isAbsent(new Watched(db, key))) {
            count++;
            if (refused) {
                throw RedisError.unknownKey(key);
            }
        }
    }
}
