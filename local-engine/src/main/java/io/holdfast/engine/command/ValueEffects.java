package io.holdfast.engine.command;

import io.holdfast.engine.config.RedisVersion;
import io.holdfast.engine.keyspace.KeyRecord;
import io.holdfast.engine.rule.DoubleStyle;
import io.holdfast.engine.rule.IndexRange;
import io.holdfast.engine.rule.RedisDouble;
import io.holdfast.engine.value.HashValue;
import io.holdfast.engine.value.ListValue;
import io.holdfast.engine.value.SetValue;
import io.holdfast.engine.value.SortedSetValue;
import io.holdfast.engine.value.StreamValue;
import io.holdfast.engine.value.StringValue;
import io.holdfast.engine.value.Value;
import io.holdfast.resp.Bytes;
import java.util.ArrayList;
import java.util.List;

/** The canonical commands that make a key from nothing: for COPY, RENAME, the STORE commands and bases. */
public final class ValueEffects {
    /** Arguments of one such command; a bigger value takes several. */
    private static final int ARGUMENTS_MAX = 1024;

    private static final Bytes DEL = Bytes.of("DEL");
    private static final Bytes SET = Bytes.of("SET");
    private static final Bytes HSET = Bytes.of("HSET");
    private static final Bytes RPUSH = Bytes.of("RPUSH");
    private static final Bytes SADD = Bytes.of("SADD");
    private static final Bytes ZADD = Bytes.of("ZADD");
    private static final Bytes PEXPIREAT = Bytes.of("PEXPIREAT");

    private final int db;
    private final Bytes key;
    private final List<Effect> effects = new ArrayList<>();
    private List<Bytes> open = new ArrayList<>();

    private ValueEffects(int db, Bytes key) {
        this.db = db;
        this.key = key;
    }

    /**
     * Whatever stood at {@code key} is replaced by {@code value}, with the given expiry or none.
     *
     * @param version of the Redis that may get the commands
     */
    public static List<Effect> replace(int db, Bytes key, Value value, long expiresAtMs, RedisVersion version) {
        var made = new ValueEffects(db, key);
        if (!(value instanceof StringValue)) {
            made.effects.add(Effect.of(db, DEL, key));
        }
        made.write(value, version);
        if (expiresAtMs != KeyRecord.NEVER) {
            made.effects.add(Effect.of(db, PEXPIREAT, key, Bytes.of(expiresAtMs)));
        }
        return made.effects;
    }

    private void write(Value value, RedisVersion version) {
        if (value instanceof StringValue string) {
            effects.add(Effect.of(db, SET, key, string.bytes()));
        } else if (value instanceof HashValue hash) {
            for (int i = 0; i < hash.size(); i++) {
                add(HSET, hash.fieldAt(i), hash.valueAt(i));
            }
        } else if (value instanceof ListValue list) {
            for (int i = 0; i < list.size(); i++) {
                add(RPUSH, list.get(i));
            }
        } else if (value instanceof SetValue set) {
            for (int i = 0; i < set.size(); i++) {
                add(SADD, set.memberAt(i));
            }
        } else if (value instanceof SortedSetValue sorted) {
            sorted.forEachByRank(
                    new IndexRange(0, (int) sorted.size()),
                    false,
                    (member, score) -> add(ZADD, RedisDouble.format(score, DoubleStyle.G17), member));
        } else if (value instanceof StreamValue stream) {
            var commands = new StreamEffects(db, key, version);
            commands.whole(stream);
            effects.addAll(commands.made());
        }
        close();
    }

    private void add(Bytes command, Bytes... elements) {
        if (open.isEmpty()) {
            open.add(command);
            open.add(key);
        }
        open.addAll(List.of(elements));
        if (open.size() >= ARGUMENTS_MAX) {
            close();
        }
    }

    private void close() {
        if (!open.isEmpty()) {
            effects.add(new Effect(db, open));
            open = new ArrayList<>();
        }
    }
}
