package io.holdfast.proxy;

import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.Effect;
import io.holdfast.engine.exec.Journal;
import io.holdfast.engine.store.QueuedOperation;
import io.holdfast.resp.Bytes;
import io.holdfast.sync.journal.DeadLetter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** How effects are shown as rows: one for each field, member or element that they change. For one table, on one thread. */
final class QueueRows {
    /** Rows of one entry have ids of their own up to so many. */
    static final long IDS_AN_ENTRY = 1 << 16;

    private static final String EXPIRES_AT = "PXAT";

    /** What stands behind the key of an effect. */
    private enum Shape {
        /** A value, and perhaps an expiry. */
        VALUE,
        FIELDS_AND_VALUES,
        FIELDS,
        SCORES_AND_MEMBERS,
        VALUES,
        EXPIRY
    }

    /** Effects of another shape are shown whole. */
    private static final Map<String, Shape> SHAPES = Map.ofEntries(
            Map.entry("SET", Shape.VALUE),
            Map.entry("APPEND", Shape.VALUE),
            Map.entry("INCRBY", Shape.VALUE),
            Map.entry("INCRBYFLOAT", Shape.VALUE),
            Map.entry("HSET", Shape.FIELDS_AND_VALUES),
            Map.entry("HSETNX", Shape.FIELDS_AND_VALUES),
            Map.entry("HINCRBY", Shape.FIELDS_AND_VALUES),
            Map.entry("HINCRBYFLOAT", Shape.FIELDS_AND_VALUES),
            Map.entry("HDEL", Shape.FIELDS),
            Map.entry("ZADD", Shape.SCORES_AND_MEMBERS),
            Map.entry("ZINCRBY", Shape.SCORES_AND_MEMBERS),
            Map.entry("ZREM", Shape.VALUES),
            Map.entry("SADD", Shape.VALUES),
            Map.entry("SREM", Shape.VALUES),
            Map.entry("LPUSH", Shape.VALUES),
            Map.entry("RPUSH", Shape.VALUES),
            Map.entry("PEXPIREAT", Shape.EXPIRY));

    private final CommandTable commands;
    /** How many rows there are of an entry already. */
    private final Map<Long, Integer> given = new HashMap<>();

    QueueRows(CommandTable commands) {
        this.commands = commands;
    }

    List<QueuedOperation> pending(Journal.Entry entry, Effect effect) {
        return rows(entry.sequence(), entry.timeMs(), null, effect.command());
    }

    List<QueuedOperation> refused(DeadLetter letter) {
        return rows(letter.sequence(), letter.atMs(), letter.atMs() / 1000, letter.command());
    }

    private List<QueuedOperation> rows(long sequence, long timeMs, @Nullable Long refusedAt, List<Bytes> command) {
        int before = given.getOrDefault(sequence, 0);
        List<QueuedOperation> rows = new Rows(sequence * IDS_AN_ENTRY + before, timeMs, refusedAt).of(command);
        given.put(sequence, before + rows.size());
        return rows;
    }

    /** The rows of one effect. */
    private final class Rows {
        private final List<QueuedOperation> rows = new ArrayList<>();
        private final long firstId;
        private final long timeMs;
        private final @Nullable Long refusedAt;
        private String operation = "";
        private String key = "";
        private @Nullable Long ttlSeconds;

        Rows(long firstId, long timeMs, @Nullable Long refusedAt) {
            this.firstId = firstId;
            this.timeMs = timeMs;
            this.refusedAt = refusedAt;
        }

        List<QueuedOperation> of(List<Bytes> command) {
            String name = command.get(0).latin1().toUpperCase(Locale.ROOT);
            operation = name.toLowerCase(Locale.ROOT);
            Bytes[] args = command.toArray(Bytes[]::new);
            CommandSpec spec = commands.find(args[0]);
            List<Integer> keys = new ArrayList<>();
            if (spec != null) {
                spec.forEachKey(args, i -> keys.add(i));
            }
            Shape shape = SHAPES.get(name);
            if (shape != null && keys.size() == 1 && keys.get(0) == 1 && args.length > 2) {
                key = args[1].utf8();
                shaped(shape, command.subList(2, command.size()));
            } else {
                whole(command, keys);
            }
            return rows;
        }

        private void shaped(Shape shape, List<Bytes> behind) {
            switch (shape) {
                case VALUE -> {
                    expires(behind);
                    add(behind.get(0), null, null);
                }
                case FIELDS_AND_VALUES -> {
                    for (int i = 0; i + 1 < behind.size(); i += 2) {
                        add(behind.get(i + 1), behind.get(i), null);
                    }
                }
                case FIELDS -> behind.forEach(field -> add(null, field, null));
                case SCORES_AND_MEMBERS -> {
                    int from = 0;
                    while (from < behind.size() && score(behind.get(from)) == null) {
                        from++; // options stand before
                    }
                    for (int i = from; i + 1 < behind.size(); i += 2) {
                        add(behind.get(i + 1), null, score(behind.get(i)));
                    }
                }
                case VALUES -> behind.forEach(value -> add(value, null, null));
                case EXPIRY -> {
                    expiresAt(behind.get(0));
                    add(null, null, null);
                }
            }
        }

        private void expires(List<Bytes> behind) {
            for (int i = 1; i + 1 < behind.size(); i++) {
                if (behind.get(i).latin1().equalsIgnoreCase(EXPIRES_AT)) {
                    expiresAt(behind.get(i + 1));
                }
            }
        }

        private void expiresAt(Bytes ms) {
            number(ms).ifPresent(at -> ttlSeconds = Math.max(0, (at - timeMs) / 1000));
        }

        /** A row for each key, or one where there is none; what else there is as one text. */
        private void whole(List<Bytes> command, List<Integer> keys) {
            List<String> others = new ArrayList<>();
            for (int i = 1; i < command.size(); i++) {
                if (!keys.contains(i)) {
                    others.add(command.get(i).utf8());
                }
            }
            Bytes rest = others.isEmpty() ? null : Bytes.of(String.join(" ", others));
            for (int at : keys) {
                key = command.get(at).utf8();
                add(rest, null, null);
            }
            if (keys.isEmpty()) {
                add(rest, null, null);
            }
        }

        private void add(@Nullable Bytes value, @Nullable Bytes field, @Nullable Double score) {
            rows.add(new QueuedOperation(
                    firstId + rows.size(),
                    operation,
                    key,
                    value == null ? null : value.utf8(),
                    score,
                    field == null ? null : field.utf8(),
                    ttlSeconds,
                    timeMs / 1000,
                    refusedAt == null ? "pending" : "failed",
                    refusedAt == null ? 0 : 1,
                    refusedAt));
        }
    }

    private static OptionalLong number(Bytes text) {
        try {
            return OptionalLong.of(Long.parseLong(text.latin1()));
        } catch (NumberFormatException e) {
            return OptionalLong.empty();
        }
    }

    private static @Nullable Double score(Bytes text) {
        String score = text.latin1().replaceFirst("(?i)^\\+?inf$", "Infinity").replaceFirst("(?i)^-inf$", "-Infinity");
        try {
            return Double.valueOf(score);
        } catch (NumberFormatException e) {
            return null;
        }
    }
}
