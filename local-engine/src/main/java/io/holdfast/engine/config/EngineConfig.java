package io.holdfast.engine.config;

import io.holdfast.engine.rule.DoubleStyle;

/**
 * What an engine is told once, at its start.
 *
 * @param databases how many SELECT can choose from
 * @param version the Redis version to follow where versions differ
 * @param stringBytesMax longest string that SETRANGE, SETBIT and APPEND may make, bytes
 * @param seed of every random choice (SPOP, RANDOMKEY …)
 * @param encodingLimits when the encoding of a collection changes; CONFIG SET changes them
 */
public record EngineConfig(
        int databases, RedisVersion version, int stringBytesMax, long seed, LiveLimits encodingLimits) {
    public EngineConfig(int databases, RedisVersion version, int stringBytesMax, long seed) {
        this(databases, version, stringBytesMax, seed, new LiveLimits(version));
    }

    public static EngineConfig of(RedisVersion version, long seed) {
        return new EngineConfig(16, version, 512 * 1024 * 1024, seed);
    }

    /** The same, following another version. */
    public EngineConfig following(RedisVersion other) {
        return new EngineConfig(databases, other, stringBytesMax, seed, encodingLimits);
    }

    /** How this version prints a score. */
    public DoubleStyle doubleStyle() {
        return version.atLeast(7, 2) ? DoubleStyle.SHORTEST : DoubleStyle.G17;
    }
}
