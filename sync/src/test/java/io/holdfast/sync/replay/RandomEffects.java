package io.holdfast.sync.replay;

import io.holdfast.engine.command.Effect;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Entries as the local engine journals them, of all types, most of them on keys of their type, many on few keys one behind the other;
 * and keys that the upstream has before.
 */
final class RandomEffects {
    private static final int KEYS = 6;
    private static final String[] TYPES = {"string", "string", "hash", "list", "set", "zset"};

    final long seed;
    final long nowMs;
    final List<Effect> before = new ArrayList<>();
    final List<List<Effect>> entries = new ArrayList<>();
    private final SplittableRandom random;
    private int round;
    private int streamIds;

    /** @param nowMs of the upstream */
    RandomEffects(long seed, long nowMs, int rounds, int entriesARound) {
        this.seed = seed;
        this.nowMs = nowMs;
        random = new SplittableRandom(seed);
        for (round = 0; round < rounds; round++) {
            for (int key = 0; key < KEYS; key++) {
                begin(key);
            }
            for (int i = 0; i < entriesARound; i++) {
                entries.add(entry());
            }
        }
    }

    private void begin(int key) {
        for (int i = random.nextInt(4); i > 0; i--) {
            before.add(of(key, random.nextInt(10) == 0 ? "string" : TYPES[key]));
        }
        if (random.nextInt(3) == 0) {
            before.add(effect("PEXPIREAT", name(key), time()));
        }
    }

    /** Whether a later entry overwrites the key of the one at {@code place}: its sequence, and which effect of it. */
    boolean isOverwritten(List<Long> place) {
        int at = place.get(0).intValue() - 1;
        Effect effect = entries.get(at).get(place.get(1).intValue());
        return entries.subList(at + 1, entries.size()).stream()
                .filter(later -> later.size() == 1)
                .map(later -> later.get(0).command())
                .anyMatch(later -> later.get(1).equals(effect.command().get(1))
                        && (later.get(0).utf8().equals("SET")
                                || later.get(0).utf8().equals("DEL")));
    }

    private List<Effect> entry() {
        int key = random.nextInt(KEYS);
        if (random.nextInt(20) == 0) {
            return List.of(one(key), one(random.nextInt(KEYS)), one(key));
        } else if (random.nextInt(40) == 0) {
            return List.of(effect("MSET", name(key), "1", name(random.nextInt(KEYS)), "2"));
        } else if (random.nextInt(40) == 0) {
            return List.of(effect("DEL", name(key), name(random.nextInt(KEYS))));
        }
        return List.of(one(key));
    }

    private Effect one(int key) {
        int any = random.nextInt(10);
        if (any == 0) {
            return of(key, TYPES[random.nextInt(TYPES.length)]);
        }
        return any <= 2 ? anyType(name(key)) : of(key, TYPES[key]);
    }

    private String name(int key) {
        return "r" + round + ":" + key;
    }

    private static Effect effect(String... words) {
        return ReplayFixture.effect(0, words);
    }

    private String part() {
        return String.valueOf((char) ('a' + random.nextInt(round % 3 == 0 ? 1 : 4))); // so that keys become empty
    }

    private String number() {
        return Integer.toString(random.nextInt(-20, 20));
    }

    private String time() {
        long[] from = {-3_600_000, 55_000, 3_600_000, 3_700_000};
        return Long.toString(nowMs + from[random.nextInt(from.length)]);
    }

    private Effect anyType(String k) {
        return switch (random.nextInt(5)) {
            case 0 -> effect("DEL", k);
            case 1 -> effect("PERSIST", k);
            case 2 -> effect("SET", k, number());
            default -> effect("PEXPIREAT", k, time());
        };
    }

    private Effect of(int key, String type) {
        String k = name(key);
        return switch (type) {
            case "string" -> string(k);
            case "hash" -> hash(k);
            case "list" -> list(k);
            case "set" -> random.nextBoolean() ? effect("SADD", k, part(), part()) : effect("SREM", k, part());
            default -> sortedSet(k);
        };
    }

    private Effect string(String k) {
        return switch (random.nextInt(10)) {
            case 0 -> effect("SET", k, number(), "KEEPTTL");
            case 1 -> effect("SET", k, number(), "NX");
            case 2 -> effect("SET", k, number(), "PXAT", time());
            case 3 -> effect("APPEND", k, random.nextInt(3) == 0 ? "x" : "1");
            case 4 -> effect("INCRBYFLOAT", k, "1.5");
            case 5 -> effect("SETRANGE", k, "1", "7");
            default -> effect("INCRBY", k, number());
        };
    }

    private Effect hash(String k) {
        return switch (random.nextInt(8)) {
            case 0 -> effect("HSETNX", k, part(), number());
            case 1 -> effect("HINCRBYFLOAT", k, part(), "0.5");
            case 2 -> effect("HSET", k, part(), "text");
            case 3, 4 -> effect("HINCRBY", k, part(), number());
            case 5 -> effect("HDEL", k, part(), part());
            default -> effect("HSET", k, part(), number(), part(), number());
        };
    }

    private Effect list(String k) {
        return switch (random.nextInt(8)) {
            case 0 -> effect("LREM", k, "1", part());
            case 1 -> effect("LSET", k, "0", part());
            case 2 -> effect("LTRIM", k, "0", "5");
            case 3 -> effect("RPUSHX", k, part());
            case 4 -> effect("LPUSH", k, part(), part());
            case 5 -> effect("XADD", k + ":stream", ++streamIds + "-1", "f", part());
            default -> effect("RPUSH", k, part());
        };
    }

    private Effect sortedSet(String k) {
        return switch (random.nextInt(6)) {
            case 0 -> effect("ZINCRBY", k, "1.5", part());
            case 1, 2 -> effect("ZREM", k, part());
            case 3 -> effect("PFADD", k + ":count", part());
            default -> effect("ZADD", k, number(), part(), number(), part());
        };
    }
}
