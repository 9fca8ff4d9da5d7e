package io.holdfast.engine.differential;

import io.holdfast.engine.command.Effect;
import io.holdfast.engine.config.RedisVersion;
import io.holdfast.resp.Bytes;
import io.holdfast.testing.EngineClient;
import io.holdfast.testing.MemoryJournal;
import io.holdfast.testing.RealRedis;
import io.holdfast.testing.RespClient;
import io.holdfast.testing.WireReply;
import java.util.ArrayList;
import java.util.List;

/** Gives what an engine journaled to another engine and to a real redis-server. For one test thread. */
final class EffectReplay implements AutoCloseable {
    private static final int BATCH = 500;

    private final MemoryJournal journal;
    private final RedisVersion version;
    private final EngineClient engine;
    private final RespClient redis;
    private long recoveredUpTo;
    private int sentUpTo;

    /** @param server gets nothing but the effects */
    EffectReplay(MemoryJournal journal, RedisVersion version, RealRedis server) {
        this.journal = journal;
        this.version = version;
        engine = fresh();
        redis = server.connect();
        redis.raw("FLUSHALL");
    }

    /** What an engine holds that recovered all of the journal, most of it earlier. */
    Snapshot recovered() {
        recoveredUpTo += engine.engine().recover(recoveredUpTo);
        return Snapshot.of(engine);
    }

    /** What an engine holds that recovers all of the journal now. */
    Snapshot recoveredAfresh() {
        EngineClient fresh = fresh();
        fresh.engine().recover(0);
        return Snapshot.of(fresh);
    }

    private EngineClient fresh() {
        return EngineClient.start(version, journal, System::currentTimeMillis);
    }

    /**
     * What the redis-server holds once it has got every effect, just as it was journaled.
     *
     * @throws AssertionError when it refuses one
     */
    Snapshot replayed() {
        var commands = new ArrayList<Bytes[]>();
        int db = -1;
        var entries = journal.entries();
        for (var entry : entries.subList(sentUpTo, entries.size())) {
            for (Effect effect : entry.effects()) {
                if (effect.db() != db) {
                    db = effect.db();
                    commands.add(new Bytes[] {Bytes.of("SELECT"), Bytes.of(db)});
                }
                commands.add(effect.command().toArray(Bytes[]::new));
            }
        }
        sentUpTo = entries.size();
        for (int from = 0; from < commands.size(); from += BATCH) {
            send(commands.subList(from, Math.min(from + BATCH, commands.size())));
        }
        return Snapshot.of(redis);
    }

    private void send(List<Bytes[]> batch) {
        List<byte[]> replies = redis.rawAll(batch);
        for (int i = 0; i < batch.size(); i++) {
            if (WireReply.of(replies.get(i)).isError()) {
                throw new AssertionError("redis-server refuses the effect " + History.text(List.of(batch.get(i))) + ": "
                        + History.text(replies.get(i)));
            }
        }
    }

    /** The last effects on {@code key}, for a report. */
    String effectsOn(Bytes key) {
        return History.lastOf(journal.effects().stream()
                .filter(effect -> effect.command().contains(key))
                .map(effect -> "db" + effect.db() + " " + History.text(effect.command()))
                .toList());
    }

    @Override
    public void close() {
        redis.close();
    }
}
