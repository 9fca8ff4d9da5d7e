package io.holdfast.engine.config;

import io.holdfast.engine.rule.RedisInteger;
import io.holdfast.engine.value.EncodingLimits.Limit;
import io.holdfast.resp.Bytes;
import java.util.Locale;
import java.util.Map;

/** Lets CONFIG GET and CONFIG SET see where encodings change, under their older names too. */
public final class EncodingSettings {
    private static final Map<String, Long> UNITS = Map.of(
            "",
            1L,
            "b",
            1L,
            "k",
            1000L,
            "kb",
            1L << 10,
            "m",
            1_000_000L,
            "mb",
            1L << 20,
            "g",
            1_000_000_000L,
            "gb",
            1L << 30);

    private EncodingSettings() {}

    /** Adds them to {@code settings}; to be called once, at start-up. */
    public static void addTo(Settings settings, LiveLimits limits) {
        for (Limit limit : Limit.values()) {
            add(settings, limits, limit, limit.redisName());
        }
        for (Limit limit : new Limit[] {
            Limit.HASH_MAX_LISTPACK_ENTRIES,
            Limit.HASH_MAX_LISTPACK_VALUE,
            Limit.LIST_MAX_LISTPACK_SIZE,
            Limit.ZSET_MAX_LISTPACK_ENTRIES,
            Limit.ZSET_MAX_LISTPACK_VALUE
        }) {
            add(settings, limits, limit, limit.redisName().replace("listpack", "ziplist"));
        }
    }

    private static void add(Settings settings, LiveLimits limits, Limit limit, String name) {
        settings.add(
                name, () -> Long.toString(limits.of(limit)), text -> limits.set(limit, parse(limit, Bytes.of(text))));
    }

    private static long parse(Limit limit, Bytes text) {
        return switch (limit) {
            case HASH_MAX_LISTPACK_ENTRIES,
                    SET_MAX_INTSET_ENTRIES,
                    SET_MAX_LISTPACK_ENTRIES,
                    ZSET_MAX_LISTPACK_ENTRIES,
                    STREAM_NODE_MAX_ENTRIES -> integer(text, 0, Long.MAX_VALUE);
            case LIST_MAX_LISTPACK_SIZE -> integer(text, Integer.MIN_VALUE, Integer.MAX_VALUE);
            case HASH_MAX_LISTPACK_VALUE,
                    SET_MAX_LISTPACK_VALUE,
                    ZSET_MAX_LISTPACK_VALUE,
                    HLL_SPARSE_MAX_BYTES,
                    STREAM_NODE_MAX_BYTES -> memory(text);
        };
    }

    private static long integer(Bytes text, long min, long max) {
        if (!RedisInteger.isLong(text)) {
            throw new IllegalArgumentException("argument couldn't be parsed into an integer");
        }
        long value = RedisInteger.parse(text);
        if (value < min || value > max) {
            throw new IllegalArgumentException("argument must be between " + min + " and " + max + " inclusive");
        }
        return value;
    }

    /** Digits with a unit: {@code 64}, {@code 1kb}. A unit alone is none of it. */
    private static long memory(Bytes text) {
        String word = text.latin1().toLowerCase(Locale.ROOT);
        int digits = 0;
        while (digits < word.length() && Character.isDigit(word.charAt(digits))) {
            digits++;
        }
        Long unit = UNITS.get(word.substring(digits));
        long number = digits == 0 ? 0 : unsigned(word.substring(0, digits));
        if (unit == null || number < 0 || number > Long.MAX_VALUE / unit) {
            throw new IllegalArgumentException("argument must be a memory value");
        }
        return number * unit;
    }

    /** Leading zeros pass; -1: more than 64 bits. */
    private static long unsigned(String digits) {
        try {
            return Long.parseLong(digits);
        } catch (NumberFormatException e) {
            return -1;
        }
    }
}
