package io.holdfast.sync.conflict;

import io.holdfast.engine.keyspace.KeyRecord;
import io.holdfast.resp.Bytes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What an effect overwrites of what others may have changed: design, section 7. An effect that is not in the table commutes
 * with whatever others did: counters, pushes, added members, streams.
 */
enum Merge {
    COMMUTES,
    /** {@code SET k …}: the value of one key. */
    STRING,
    /** {@code MSET k v …}: of several. */
    STRINGS,
    /** {@code HSET k f v …}. */
    FIELDS,
    /** {@code HDEL k f …}, {@code ZREM k m …}. */
    REMOVALS,
    /** {@code ZADD k score m …}. */
    SCORES,
    /** {@code DEL k …}. */
    KEYS,
    /** {@code LSET}, {@code LTRIM} …: what it does depends on the whole list. */
    ORDER,
    /** {@code PEXPIREAT k …}, {@code PERSIST k}: when the key ends, and nothing else of it. */
    END;

    private static final Bytes NX = Bytes.of("NX");
    private static final Bytes PXAT = Bytes.of("PXAT");
    private static final Bytes KEEPTTL = Bytes.of("KEEPTTL");

    private static final Map<String, Merge> TABLE = Map.ofEntries(
            Map.entry("SET", STRING),
            Map.entry("APPEND", STRING),
            Map.entry("SETRANGE", STRING),
            Map.entry("SETBIT", STRING),
            Map.entry("BITFIELD", STRING),
            Map.entry("MSET", STRINGS),
            Map.entry("HSET", FIELDS),
            Map.entry("HDEL", REMOVALS),
            Map.entry("ZREM", REMOVALS),
            Map.entry("ZADD", SCORES),
            Map.entry("DEL", KEYS),
            Map.entry("LSET", ORDER),
            Map.entry("LTRIM", ORDER),
            Map.entry("LINSERT", ORDER),
            Map.entry("PEXPIREAT", END),
            Map.entry("PERSIST", END));

    /**
     * One thing that a command overwrites, and the arguments that say so.
     *
     * @param part field or member; null: the whole key
     * @param from first argument that belongs to it alone
     * @param to behind the last one
     * @param makes what it is afterwards; null when it is gone, or that depends on what it was
     * @param removes whether it is gone
     * @param endsMs when the key ends afterwards, Unix milliseconds or {@link KeyRecord#NEVER}; null when that stays as it was
     * @param writes whether it overwrites a value; else nothing but the end
     */
    record Target(
            Bytes key,
            @Nullable Bytes part,
            int from,
            int to,
            @Nullable Bytes makes,
            boolean removes,
            @Nullable Long endsMs,
            boolean writes) {
        private static Target writing(
                Bytes key, int from, int to, @Nullable Bytes makes, boolean removes, @Nullable Long endsMs) {
            return new Target(key, null, from, to, makes, removes, endsMs, true);
        }

        /** Whether an effect of {@code writtenMs} says only that the key had ended. */
        boolean isOver(long writtenMs) {
            return !writes && endsMs != null && Ends.hasPassed(endsMs, writtenMs);
        }

        private static Target part(Bytes key, Bytes part, int from, int to, @Nullable Bytes makes) {
            return new Target(key, part, from, to, makes, makes == null, null, true);
        }
    }

    static Merge of(List<Bytes> command) {
        String name = command.get(0).latin1().toUpperCase(Locale.ROOT);
        if (name.equals("SET") && isOnlyIfAbsent(command)) {
            return COMMUTES; // it overwrites nothing: the upstream refuses it where the key is there
        }
        return TABLE.getOrDefault(name, COMMUTES);
    }

    /** Whether a SET has the option NX; its key or value may be the same word. */
    static boolean isOnlyIfAbsent(List<Bytes> set) {
        return set.size() > 3 && set.subList(3, set.size()).contains(NX);
    }

    /** What {@code command} overwrites, each once: of what it names several times the last counts, as in Redis. */
    List<Target> targets(List<Bytes> command) {
        List<Target> named = named(command);
        if (named.size() < 2) {
            return named;
        }
        var last = new LinkedHashMap<Bytes, Target>(2 * named.size());
        for (Target target : named) {
            last.put(target.part() == null ? target.key() : target.part(), target);
        }
        return List.copyOf(last.values());
    }

    private List<Target> named(List<Bytes> command) {
        var targets = new ArrayList<Target>();
        switch (this) {
            case COMMUTES -> {}
            case STRING -> {
                boolean sets = command.get(0).equalsIgnoreCase("SET");
                Bytes makes = sets ? command.get(2) : null;
                targets.add(
                        Target.writing(command.get(1), 1, command.size(), makes, false, sets ? end(command) : null));
            }
            case ORDER -> targets.add(Target.writing(command.get(1), 1, command.size(), null, false, null));
            case END -> {
                boolean ends = command.get(0).equalsIgnoreCase("PEXPIREAT");
                long endsMs = ends ? number(command.get(2)) : KeyRecord.NEVER;
                targets.add(new Target(command.get(1), null, 1, command.size(), null, false, endsMs, false));
            }
            case STRINGS -> {
                for (int i = 1; i + 1 < command.size(); i += 2) {
                    targets.add(Target.writing(command.get(i), i, i + 2, command.get(i + 1), false, KeyRecord.NEVER));
                }
            }
            case KEYS -> {
                for (int i = 1; i < command.size(); i++) {
                    targets.add(Target.writing(command.get(i), i, i + 1, null, true, null));
                }
            }
            case FIELDS -> {
                for (int i = 2; i + 1 < command.size(); i += 2) {
                    targets.add(Target.part(command.get(1), command.get(i), i, i + 2, command.get(i + 1)));
                }
            }
            case SCORES -> {
                for (int i = 2; i + 1 < command.size(); i += 2) {
                    Bytes score = Content.score(command.get(i));
                    targets.add(Target.part(command.get(1), command.get(i + 1), i, i + 2, score));
                }
            }
            case REMOVALS -> {
                for (int i = 2; i < command.size(); i++) {
                    targets.add(Target.part(command.get(1), command.get(i), i, i + 1, null));
                }
            }
        }
        return targets;
    }

    /** When the key that SET writes ends; null when it keeps its end. */
    private static @Nullable Long end(List<Bytes> set) {
        List<Bytes> options = set.subList(3, set.size());
        if (keepsEnd(set)) {
            return null;
        }
        int at = options.indexOf(PXAT);
        return at < 0 || at + 1 == options.size() ? KeyRecord.NEVER : number(options.get(at + 1));
    }

    /** Whether a SET leaves it to the key when it ends. */
    static boolean keepsEnd(List<Bytes> set) {
        return set.subList(3, set.size()).contains(KEEPTTL);
    }

    private static long number(Bytes digits) {
        return Long.parseLong(digits.latin1());
    }

    /** A SET as {@code command}, but of a key that does not end. */
    static List<Bytes> withoutEnd(List<Bytes> command) {
        List<Bytes> endless = new ArrayList<>(command);
        int at = endless.subList(3, endless.size()).indexOf(PXAT);
        if (at >= 0) {
            endless.subList(3 + at, 3 + at + 2).clear();
        }
        return endless;
    }

    /** {@code command} without the arguments of {@code lost}; null when nothing is left to do. */
    static @Nullable List<Bytes> without(List<Bytes> command, List<Target> all, List<Target> lost) {
        if (lost.size() == all.size()) {
            return null;
        }
        int first = all.get(0).part() == null ? 1 : 2; // all share the command, or the command and a key
        var left = new ArrayList<>(command.subList(0, first));
        for (Target target : all) {
            if (!lost.contains(target)) {
                left.addAll(command.subList(target.from(), target.to()));
            }
        }
        return left;
    }
}
