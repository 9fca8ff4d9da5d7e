package io.holdfast.proxy;

import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.Effect;
import io.holdfast.engine.command.ValueEffects;
import io.holdfast.engine.keyspace.KeyRecord;
import io.holdfast.engine.keyspace.Keyspaces;
import io.holdfast.engine.keyspace.ValueLostException;
import io.holdfast.proxy.client.TurnEnd;
import io.holdfast.resp.Bytes;
import io.holdfast.sync.replay.LocalCopy;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The keys of the local engine, a slice of a turn's length at a time. Called on the replay thread, reads on the engine loop. */
final class LocalKeys implements LocalCopy {
    private static final Logger log = LoggerFactory.getLogger(LocalKeys.class);

    private static final int KEYS_A_STEP = 32;
    private static final int KEYS_A_SLICE = 256;
    private static final long BYTES_A_SLICE = 1 << 18;
    private static final int LOOP_SECONDS_MAX = 10;

    private final EngineParts parts;
    private final TurnEnd turnEnd;
    private final EventLoop loop;

    LocalKeys(EngineParts parts, TurnEnd turnEnd, EventLoop loop) {
        this.parts = parts;
        this.turnEnd = turnEnd;
        this.loop = loop;
    }

    @Override
    public Walk walk() {
        var walk = new OnLoop();
        return () -> {
            try {
                return loop.submit(walk::slice).get(LOOP_SECONDS_MAX, TimeUnit.SECONDS);
            } catch (ExecutionException | TimeoutException | RejectedExecutionException e) {
                throw new IOException("the local keys cannot be read: " + e.getMessage(), e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("the replay thread was interrupted", e);
            }
        };
    }

    @Override
    public boolean forEachKey(Effect effect, Consumer<Bytes> visitor) {
        Bytes[] args = effect.command().toArray(Bytes[]::new);
        if (parts.engine().commands().find(args[0]) == null) {
            return false;
        }
        CommandSpec spec = parts.engine().commands().resolve(args);
        if (spec.changesUnnamedKeys()) {
            return false;
        }
        spec.forEachKey(args, position -> visitor.accept(args[position]));
        return true;
    }

    /** Where a walk is. On the engine loop. */
    private final class OnLoop {
        private int db;
        private long cursor;

        @Nullable Slice slice() throws IOException {
            Keyspaces keyspaces = parts.engine().keyspaces();
            if (db == keyspaces.count()) {
                return null;
            }
            if (parts.engine().scripting().running() != null) {
                throw new IOException("a script is at work"); // what it changed is not in the journal yet
            }
            if (!turnEnd.commit()) {
                throw new IOException("the journal cannot be written");
            }
            List<List<Effect>> keys = new ArrayList<>();
            long[] bytes = {0};
            while (db < keyspaces.count() && keys.size() < KEYS_A_SLICE && bytes[0] < BYTES_A_SLICE) {
                cursor = keyspaces.get(db).scan(cursor, KEYS_A_STEP, record -> add(record, keys, bytes));
                if (cursor == 0) {
                    db++;
                }
            }
            return new Slice(keys, parts.journal().committedSequence());
        }

        private void add(KeyRecord record, List<List<Effect>> keys, long[] bytes) {
            if (record.isExpired(parts.engine().nowMs())) {
                return;
            }
            try {
                keys.add(ValueEffects.replace(
                        record.db(),
                        record.key(),
                        record.value(),
                        record.expiresAtMs(),
                        parts.engine().config().version()));
                bytes[0] += record.approximateBytes();
            } catch (ValueLostException e) {
                log.warn("A key in database {} is not written back: {}", record.db(), e.getMessage());
            }
        }
    }
}
