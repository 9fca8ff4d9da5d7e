package io.holdfast.sync.journal;

import java.util.ArrayList;
import java.util.List;

/**
 * Which entries are not for the upstream (bases, copies, local ones), so that those that are can be counted: a bit a sequence,
 * kept only for blocks that have both. Sequences are added in rising order. Confined to one thread at a time.
 */
public final class EntriesBeside {
    private static final int BLOCK_BITS = 12;
    private static final int BLOCK = 1 << BLOCK_BITS;
    private static final long[] NONE = {};
    private static final long[] ALL = {};

    private final long first;
    private final List<long[]> blocks = new ArrayList<>();
    /** For each block, how many are in those before it. */
    private final List<Long> before = new ArrayList<>();

    private long total;
    private int inNewest;

    /** @param first the oldest sequence that may be added */
    EntriesBeside(long first) {
        this.first = first;
    }

    void add(long sequence) {
        int block = (int) ((sequence - first) >>> BLOCK_BITS);
        while (blocks.size() <= block) {
            blocks.add(NONE);
            before.add(total);
            inNewest = 0;
        }
        if (blocks.get(block) == NONE) {
            blocks.set(block, new long[BLOCK / Long.SIZE]);
        }
        int bit = (int) (sequence - first) & (BLOCK - 1);
        blocks.get(block)[bit / Long.SIZE] |= 1L << bit;
        total++;
        if (++inNewest == BLOCK) {
            blocks.set(block, ALL);
        }
    }

    /** How many have a sequence above {@code sequence}. */
    long after(long sequence) {
        return total - upTo(sequence);
    }

    private long upTo(long sequence) {
        if (sequence < first) {
            return 0;
        }
        long at = (sequence - first) >>> BLOCK_BITS;
        if (at >= blocks.size()) {
            return total;
        }
        long[] bits = blocks.get((int) at);
        int upTo = ((int) (sequence - first) & (BLOCK - 1)) + 1;
        long count = before.get((int) at);
        if (bits == ALL) {
            return count + upTo;
        }
        for (int word = 0; bits != NONE && word * Long.SIZE < upTo; word++) {
            int wanted = upTo - word * Long.SIZE;
            long mask = wanted >= Long.SIZE ? -1L : (1L << wanted) - 1;
            count += Long.bitCount(bits[word] & mask);
        }
        return count;
    }
}
