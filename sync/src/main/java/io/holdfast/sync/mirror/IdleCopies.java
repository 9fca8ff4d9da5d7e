package io.holdfast.sync.mirror;

import io.holdfast.engine.LocalEngine;
import io.holdfast.engine.keyspace.KeyRecord;
import io.holdfast.engine.keyspace.Keyspace;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;

/**
 * Lets go of copies that nobody has written for long, so that they take no room: while the upstream is in charge it has
 * them, and a key that is touched again is copied again. Owned by the engine loop, which does it a slice at a time.
 */
public final class IdleCopies {
    private static final int KEYS_A_SLICE = 2_000;

    private final LocalEngine engine;
    private final Mirror mirror;
    private final BooleanSupplier isOnline;
    private final Executor loop;

    /**
     * @param isOnline whether the upstream is in charge; otherwise nothing is let go of, as there is no other copy
     * @param loop runs tasks on the engine loop
     */
    public IdleCopies(LocalEngine engine, Mirror mirror, BooleanSupplier isOnline, Executor loop) {
        this.engine = engine;
        this.mirror = mirror;
        this.isOnline = isOnline;
        this.loop = loop;
    }

    /**
     * Lets go of copies that were not written for {@code idleSeconds}. Any thread.
     *
     * @return how many; completed on the engine loop
     */
    public CompletableFuture<Long> letGo(long idleSeconds) {
        var pass = new Pass(idleSeconds);
        loop.execute(pass);
        return pass.done;
    }

    private final class Pass implements Runnable {
        private final CompletableFuture<Long> done = new CompletableFuture<>();
        private final long idleSeconds;
        private int db;
        private long cursor;
        private long gone;

        Pass(long idleSeconds) {
            this.idleSeconds = idleSeconds;
        }

        @Override
        public void run() {
            if (!isOnline.getAsBoolean() || db == engine.keyspaces().count()) {
                done.complete(gone);
                return;
            }
            Keyspace keyspace = engine.keyspaces().get(db);
            List<KeyRecord> idle = new ArrayList<>();
            cursor = keyspace.scan(cursor, KEYS_A_SLICE, record -> {
                if (keyspace.idleSeconds(record) >= idleSeconds) {
                    idle.add(record);
                }
            });
            for (KeyRecord record : idle) {
                gone += mirror.letGo(record) ? 1 : 0;
            }
            if (cursor == 0) {
                db++;
            }
            loop.execute(this);
        }
    }
}
