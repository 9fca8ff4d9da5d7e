package io.holdfast.engine.family;

import io.holdfast.engine.command.RedisError;
import java.util.HashSet;
import java.util.Set;
import java.util.random.RandomGenerator;

/** Which elements a command with a random choice takes, as indexes from 0 to the size of the collection. */
final class RandomPicks {
    /** Picks with repetition that one command may ask for; Redis goes on until its output buffer bursts. */
    private static final int REPEATED_MAX = 1 << 22;

    private RandomPicks() {}

    /**
     * As the count of SRANDMEMBER says: that many different ones, or, where negative, that many of which some may be
     * the same.
     *
     * @param size of the collection, at least 1
     * @throws RedisError "value is out of range"
     */
    static int[] of(RandomGenerator random, int size, long count) {
        if (count >= 0) {
            return distinct(random, size, count);
        }
        if (count < -REPEATED_MAX) {
            throw RedisError.outOfRange();
        }
        return random.ints(-count, 0, size).toArray();
    }

    /** {@code count} different ones, or all of them in order where there are no more (R. Floyd's sampling). */
    static int[] distinct(RandomGenerator random, int size, long count) {
        if (count >= size) {
            var all = new int[size];
            for (int i = 0; i < size; i++) {
                all[i] = i;
            }
            return all;
        }
        var picks = new int[(int) count];
        Set<Integer> taken = new HashSet<>(picks.length * 2);
        for (int i = 0; i < picks.length; i++) {
            int last = size - picks.length + i;
            int pick = random.nextInt(last + 1);
            if (!taken.add(pick)) {
                pick = last;
                taken.add(last);
            }
            picks[i] = pick;
        }
        return picks;
    }
}
