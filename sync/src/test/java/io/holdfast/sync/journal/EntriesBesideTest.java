package io.holdfast.sync.journal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sequences are counted as a set of them would be. */
class EntriesBesideTest {
    private static final int SEQUENCES = 20_000;

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 100, 6000})
    void countsWhatComesBehindASequence(int oneIn) {
        var random = new SplittableRandom(oneIn);
        long first = 1L + random.nextInt(10_000);
        var counted = new EntriesBeside(first);
        var expected = new TreeSet<Long>();
        for (long sequence = first; sequence < first + SEQUENCES; sequence++) {
            if (random.nextInt(oneIn) == 0) {
                counted.add(sequence);
                expected.add(sequence);
            }
        }
        for (long after = Math.max(0, first - 3); after < first + SEQUENCES + 3; after += 1 + random.nextInt(50)) {
            assertThat(counted.after(after))
                    .as("behind %d, from %d on", after, first)
                    .isEqualTo(expected.tailSet(after, false).size());
        }
    }
}
