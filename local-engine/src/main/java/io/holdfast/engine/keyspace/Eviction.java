package io.holdfast.engine.keyspace;

import java.util.List;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Gives keys up, as Redis does: of a few keys drawn at random, the one that the policy ranks first. Owned by the engine
 * loop.
 */
public final class Eviction {
    /** What Redis samples by default ({@code maxmemory-samples}). */
    private static final int SAMPLES = 5;
    /** Keys given up before one command; the next one goes on. */
    private static final int KEYS_MAX = 1_000;
    /** A key without its value: its record, its name, its places in the tables. */
    private static final int KEY_BYTES = 160;

    private final List<Keyspace> keyspaces;
    private final ValueCache values;
    private final RandomGenerator random;
    private EvictionPolicy policy = EvictionPolicy.NOEVICTION;
    private int samples = SAMPLES;
    private long evictedKeys;

    Eviction(List<Keyspace> keyspaces, ValueCache values, RandomGenerator random) {
        this.keyspaces = keyspaces;
        this.values = values;
        this.random = random;
    }

    public EvictionPolicy policy() {
        return policy;
    }

    void policy(EvictionPolicy other) {
        policy = other;
    }

    public int samples() {
        return samples;
    }

    public void samples(int drawn) {
        samples = drawn;
    }

    /** Keys given up since the start. */
    public long evictedKeys() {
        return evictedKeys;
    }

    /** True when there is more than may be, and the policy gives keys up for that. */
    public boolean isDue() {
        return policy != EvictionPolicy.NOEVICTION && values.isBounded() && bytes() > values.bytesMax();
    }

    /**
     * What is held against the bound, in bytes: the values in memory, or, where keys are given up, all values and all keys.
     * Only counted while there is a bound.
     */
    public long bytes() {
        if (policy == EvictionPolicy.NOEVICTION) {
            return values.bytes();
        }
        long keys = 0;
        for (Keyspace keyspace : keyspaces) {
            keys += keyspace.size();
        }
        return values.bytesWithStored() + keys * KEY_BYTES;
    }

    /**
     * Removes keys until there is room, or none is left that the policy gives up.
     *
     * @param onEvicted is told of each, when it is gone
     */
    public void makeRoom(Consumer<KeyRecord> onEvicted) {
        for (int i = 0; i < KEYS_MAX && isDue(); i++) {
            KeyRecord chosen = choose();
            if (chosen == null) {
                return;
            }
            keyspaces.get(chosen.db()).remove(chosen);
            evictedKeys++;
            onEvicted.accept(chosen);
        }
    }

    private @Nullable KeyRecord choose() {
        KeyRecord best = null;
        long bestRank = 0;
        for (Keyspace keyspace : keyspaces) {
            for (int i = 0; i < samples; i++) {
                KeyRecord drawn = keyspace.draw(policy.isOnlyVolatile(), random);
                if (drawn == null) {
                    break;
                }
                long rank = policy.rank(drawn, values.usage());
                if (best == null || rank > bestRank) {
                    best = drawn;
                    bestRank = rank;
                }
            }
        }
        return best;
    }
}
