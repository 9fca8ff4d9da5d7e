package io.holdfast.engine.keyspace;

import java.util.Locale;

/**
 * Which keys are given up when all values together, in memory or in storage, take more than {@code maxmemory}; the names
 * are Redis's (redis.io/docs/reference/eviction). With {@link #NOEVICTION} none is: values leave memory and stay in storage.
 */
public enum EvictionPolicy {
    NOEVICTION(false, By.NOTHING),
    ALLKEYS_LRU(false, By.RECENCY),
    ALLKEYS_LFU(false, By.FREQUENCY),
    ALLKEYS_RANDOM(false, By.CHANCE),
    VOLATILE_LRU(true, By.RECENCY),
    VOLATILE_LFU(true, By.FREQUENCY),
    VOLATILE_RANDOM(true, By.CHANCE),
    VOLATILE_TTL(true, By.EXPIRY);

    /** What makes one key go before another. */
    enum By {
        NOTHING,
        RECENCY,
        FREQUENCY,
        CHANCE,
        EXPIRY
    }

    private final boolean onlyVolatile;
    private final By by;

    EvictionPolicy(boolean onlyVolatile, By by) {
        this.onlyVolatile = onlyVolatile;
        this.by = by;
    }

    /** As in redis.conf. */
    public String redisName() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** @throws IllegalArgumentException when there is none of that name */
    public static EvictionPolicy named(String redisName) {
        for (EvictionPolicy policy : values()) {
            if (policy.redisName().equalsIgnoreCase(redisName)) {
                return policy;
            }
        }
        throw new IllegalArgumentException("argument(s) must be one of the following: volatile-lru, volatile-lfu,"
                + " volatile-random, volatile-ttl, allkeys-lru, allkeys-lfu, allkeys-random, noeviction");
    }

    /** Only keys with an expiry may go. */
    boolean isOnlyVolatile() {
        return onlyVolatile;
    }

    /** It wants to know how often keys are used, not when they were last. */
    public boolean countsUses() {
        return by == By.FREQUENCY;
    }

    /** The greater, the sooner the key goes. */
    long rank(KeyRecord record, Usage usage) {
        return switch (by) {
            case NOTHING, CHANCE -> 0;
            case RECENCY -> usage.idleSeconds(record.used);
            case FREQUENCY -> -usage.counter(record.used);
            case EXPIRY -> -record.expiresAtMs;
        };
    }
}
