package io.holdfast.engine.config;

import io.holdfast.engine.value.EncodingLimits;
import java.util.EnumMap;
import java.util.Map;

/** The limits of one engine, which CONFIG SET changes and every value looks at. Owned by the engine loop. */
public final class LiveLimits implements EncodingLimits {
    private final Map<Limit, Long> set = new EnumMap<>(Limit.class);
    private EncodingLimits standard;

    /** The limits that Redis of this version comes with. */
    public LiveLimits(RedisVersion version) {
        standard = standard(version);
    }

    private static EncodingLimits standard(RedisVersion version) {
        return version.atLeast(7, 2) ? REDIS_7_2 : REDIS_7_0;
    }

    /** Redis of this version is followed from now on; what was set stays. */
    public void follow(RedisVersion version) {
        standard = standard(version);
    }

    public void set(Limit limit, long value) {
        set.put(limit, value);
    }

    @Override
    public long of(Limit limit) {
        Long value = set.get(limit);
        return value == null ? standard.of(limit) : value;
    }

    @Override
    public boolean setListpack() {
        return standard.setListpack();
    }

    @Override
    public boolean listListpack() {
        return standard.listListpack();
    }
}
