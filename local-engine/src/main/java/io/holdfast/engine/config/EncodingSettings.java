package io.holdfast.engine.config;

import io.holdfast.engine.value.EncodingLimits.Limit;

/** Lets CONFIG GET and CONFIG SET see where encodings change. */
public final class EncodingSettings {
    private EncodingSettings() {}

    /** Adds them to {@code settings}; to be called once, at start-up. */
    public static void addTo(Settings settings, LiveLimits limits) {
        for (Limit limit : Limit.values()) {
            settings.add(
                    limit.redisName(),
                    () -> Long.toString(limits.of(limit)),
                    text -> limits.set(limit, parse(limit, text)));
        }
    }

    private static long parse(Limit limit, String text) {
        return switch (limit) {
            case HASH_MAX_LISTPACK_ENTRIES,
                    SET_MAX_INTSET_ENTRIES,
                    SET_MAX_LISTPACK_ENTRIES,
                    ZSET_MAX_LISTPACK_ENTRIES,
                    STREAM_NODE_MAX_ENTRIES -> Setting.parseInteger(text, 0, Long.MAX_VALUE);
            case LIST_MAX_LISTPACK_SIZE -> Setting.parseInteger(text, Integer.MIN_VALUE, Integer.MAX_VALUE);
            case HASH_MAX_LISTPACK_VALUE,
                    SET_MAX_LISTPACK_VALUE,
                    ZSET_MAX_LISTPACK_VALUE,
                    HLL_SPARSE_MAX_BYTES,
                    STREAM_NODE_MAX_BYTES -> Setting.parseBytes(text);
        };
    }
}
