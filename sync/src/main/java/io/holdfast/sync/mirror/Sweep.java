package io.holdfast.sync.mirror;

import io.holdfast.engine.LocalEngine;
import io.holdfast.engine.keyspace.KeyRecord;
import io.holdfast.engine.keyspace.Keyspace;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** One pass over the keys of some databases, a slice at a time, that removes some. Owned by the engine loop. */
final class Sweep {
    static final int KEYS_A_SLICE = 10_000;

    private final LocalEngine engine;
    private final int databases;
    private final Predicate<KeyRecord> chosen;
    private final Consumer<KeyRecord> remove;
    private int db;
    private long cursor;

    /** @param databases how many, from 0 on */
    Sweep(LocalEngine engine, int databases, Predicate<KeyRecord> chosen, Consumer<KeyRecord> remove) {
        this.engine = engine;
        this.databases = databases;
        this.chosen = chosen;
        this.remove = remove;
    }

    /** Looks at one more slice; true when all were looked at. */
    boolean step() {
        int left = KEYS_A_SLICE;
        while (left > 0 && db < databases) {
            Keyspace keyspace = engine.keyspaces().get(db);
            List<KeyRecord> going = new ArrayList<>();
            int count = Math.min(left, Math.max(1, keyspace.size()));
            cursor = keyspace.scan(cursor, count, record -> {
                if (chosen.test(record)) {
                    going.add(record);
                }
            });
            going.forEach(remove);
            left -= count;
            if (cursor == 0) {
                db++;
            }
        }
        return db == databases;
    }
}
