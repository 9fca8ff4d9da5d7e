package io.holdfast.engine.config;

import io.holdfast.engine.rule.DoubleStyle;
import io.holdfast.engine.value.EncodingLimits;

/**
 * What an engine is told at its start, and what of it was changed since. Immutable.
 *
 * @param databases how many SELECT can choose from
 * @param version the Redis version to follow where versions differ
 * @param stringBytesMax longest string that SETRANGE, SETBIT and APPEND may make, bytes
 * @param seed of every random choice (SPOP, RANDOMKEY …)
 * @param encodingLimits when a collection that is made now changes its encoding
 */
public record EngineConfig(
        int databases, RedisVersion version, int stringBytesMax, long seed, EncodingLimits encodingLimits) {
    /** With the encodings of the version. */
    public EngineConfig(int databases, RedisVersion version, int stringBytesMax, long seed) {
        this(
                databases,
                version,
                stringBytesMax,
                seed,
                isSevenTwo(version) ? EncodingLimits.REDIS_7_2 : EncodingLimits.REDIS_7_0);
    }

    public static EngineConfig of(RedisVersion version, long seed) {
        return new EngineConfig(16, version, 512 * 1024 * 1024, seed);
    }

    /** The same, following another version. */
    public EngineConfig following(RedisVersion other) {
        return new EngineConfig(databases, other, stringBytesMax, seed, encodingLimits.likeSevenTwo(isSevenTwo(other)));
    }

    /** The same, with another limit of an encoding, by its name in redis.conf. */
    public EngineConfig withLimit(String name, long value) {
        return new EngineConfig(databases, version, stringBytesMax, seed, encodingLimits.with(name, value));
    }

    private static boolean isSevenTwo(RedisVersion version) {
        return version.atLeast(7, 2);
    }

    /** How this version prints a score. */
    public DoubleStyle doubleStyle() {
        return isSevenTwo(version) ? DoubleStyle.SHORTEST : DoubleStyle.G17;
    }
}
