package io.holdfast.engine.rule;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.rule.BitString.Operation;
import java.math.BigInteger;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Whatever is done eight bytes at a time gives what it would give bit by bit. */
class BitStringTest {
    private static final int BYTES_MAX = 40;
    private static final int RUNS = 5_000;

    private final SplittableRandom random = new SplittableRandom(11);

    @Test
    void bitsAreCountedAndFoundInAnyRange() {
        for (int run = 0; run < RUNS; run++) {
            byte[] bytes = sparse();
            int from = random.nextInt(8 * bytes.length + 1);
            int to = random.nextInt(8 * bytes.length + 1);
            boolean set = random.nextBoolean();
            long count = 0;
            long first = -1;
            for (int i = to - 1; i >= from; i--) {
                count += bit(bytes, i) ? 1 : 0;
                first = bit(bytes, i) == set ? i : first;
            }
            assertThat(BitString.count(bytes, from, to)).as("run %d", run).isEqualTo(count);
            assertThat(BitString.first(bytes, set, from, to)).as("run %d", run).isEqualTo(first);
        }
    }

    @Test
    void stringsOfDifferentLengthsAreCombined() {
        for (int run = 0; run < RUNS; run++) {
            byte[] to = sparse();
            byte[] from = sparse();
            int length = random.nextInt(Math.min(to.length, from.length) + 1);
            byte[] before = to.clone();
            Operation operation = List.of(Operation.values()).get(random.nextInt(3));
            BitString.combine(operation, to, from, length);
            for (int i = 0; i < to.length; i++) {
                int other = i < length ? from[i] : 0;
                int expected = switch (operation) {
                    case AND -> before[i] & other;
                    case OR -> before[i] | other;
                    case XOR -> before[i] ^ other;
                };
                assertThat(to[i]).as("run %d, %s, byte %d", run, operation, i).isEqualTo((byte) expected);
            }
        }
    }

    @Test
    void everyBitIsTurnedOver() {
        for (int length = 1; length < BYTES_MAX; length++) {
            byte[] bytes = new byte[length];
            BitString.invert(bytes);
            assertThat(bytes).containsOnly(-1).hasSize(length);
        }
    }

    @Test
    void numbersOfAnyWidthAreReadAnywhere() {
        for (int run = 0; run < RUNS; run++) {
            byte[] bytes = sparse();
            int width = 1 + random.nextInt(64);
            int offset = random.nextInt(8 * bytes.length + 20);
            BigInteger expected = BigInteger.ZERO;
            for (int i = 0; i < width; i++) {
                boolean set = offset + i < 8 * bytes.length && bit(bytes, offset + i);
                expected = expected.shiftLeft(1).add(set ? BigInteger.ONE : BigInteger.ZERO);
            }
            assertThat(BitString.number(bytes, bytes.length, offset, width))
                    .as("run %d: %d bits at %d", run, width, offset)
                    .isEqualTo(expected.longValue());
        }
    }

    /** Long rows of the same bit, so that searches go far. */
    private byte[] sparse() {
        byte[] bytes = new byte[1 + random.nextInt(BYTES_MAX)];
        if (random.nextBoolean()) {
            BitString.invert(bytes);
        }
        for (int flips = random.nextInt(4); flips > 0; flips--) {
            bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
        }
        return bytes;
    }

    private static boolean bit(byte[] bytes, int index) {
        return (bytes[index / 8] >> (7 - index % 8) & 1) == 1;
    }
}
