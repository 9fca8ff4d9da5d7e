package io.holdfast.engine.keyspace;

import java.util.random.RandomGenerator;

/**
 * What is remembered of a key's use, in an int: the second it was last used, or, where the policy asks how often, a counter
 * with the minute in which it last decayed, as Redis's LFU (redis.io/docs/reference/eviction).
 *
 * <pre>
 *   Unix seconds                                 recency
 *   minute (24 bits) | logarithmic counter (8)   frequency
 * </pre>
 *
 * <p>Owned by the engine loop.
 */
final class Usage {
    /** A new key's counter, so that it is not the first to go. */
    private static final int COUNTER_INITIAL = 5;

    private static final int COUNTER_MAX = 255;
    private static final int COUNTER_BITS = 8;
    private static final int SECONDS_A_MINUTE = 60;

    private final RandomGenerator random;
    private boolean countsUses;
    private int logFactor = 10;
    private int decayMinutes = 1;
    private int second;

    Usage(RandomGenerator random) {
        this.random = random;
    }

    /** Moves the clock on. */
    void second(int now) {
        second = now;
    }

    boolean countsUses() {
        return countsUses;
    }

    /** From now on how often a key is used counts, or when it was last used; what a record says must be set anew. */
    void countUses(boolean on) {
        countsUses = on;
    }

    /** lfu-log-factor: the greater, the more uses a step of the counter takes. */
    void logFactor(int factor) {
        logFactor = factor;
    }

    /** lfu-decay-time: so long without use takes one off the counter; 0: nothing does. */
    void decayMinutes(int minutes) {
        decayMinutes = minutes;
    }

    /** What a key that has just come says. */
    int fresh() {
        return countsUses ? pack(COUNTER_INITIAL) : second;
    }

    /** What a key that said {@code before} says after one more use. */
    int afterUse(int before) {
        if (!countsUses) {
            return second;
        }
        int counter = counter(before);
        if (counter < COUNTER_MAX) {
            double base = Math.max(0, counter - COUNTER_INITIAL);
            if (random.nextDouble() < 1.0 / (base * logFactor + 1)) {
                counter++;
            }
        }
        return pack(counter);
    }

    /** What a key says that was last used some seconds ago, or, where uses are counted, one that has just come. */
    int unusedFor(long seconds) {
        return countsUses ? fresh() : second - (int) Math.min(seconds, second);
    }

    /** What a key says with this logarithmic counter, or, where uses are not counted, one that has just come. */
    int usedOften(int counter) {
        return countsUses ? pack(counter) : fresh();
    }

    /** Seconds since it was used; 0 where uses are counted instead. */
    int idleSeconds(int used) {
        return countsUses ? 0 : Math.max(0, second - used);
    }

    /** The logarithmic counter, one less for each span without use. */
    int counter(int used) {
        int minutes = (pack(0) - (used & ~COUNTER_MAX)) >> COUNTER_BITS; // of 24 bits, which wrap
        int spans = decayMinutes == 0 ? 0 : Math.max(0, minutes) / decayMinutes;
        return Math.max(0, (used & COUNTER_MAX) - spans);
    }

    private int pack(int counter) {
        return (second / SECONDS_A_MINUTE) << COUNTER_BITS | counter;
    }
}
