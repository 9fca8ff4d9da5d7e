package io.holdfast.resp;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeyedHashTest {
    private final KeyedHash hash = new KeyedHash(0x0123456789abcdefL, 0xfedcba9876543210L);

    private int of(byte[] bytes) {
        return hash.of(bytes, 0, bytes.length);
    }

    @Test
    void theHashOfAPartIsThatOfItsCopy() {
        var random = new Random(1);
        byte[] bytes = new byte[200];
        random.nextBytes(bytes);
        for (int from = 0; from < 40; from++) {
            for (int to = from; to < 120; to++) {
                byte[] part = Arrays.copyOfRange(bytes, from, to);
                assertThat(KeyedHash.hash(bytes, from, to)).isEqualTo(KeyedHash.hash(part, 0, part.length));
                assertThat(Bytes.wrap(part)).hasSameHashCodeAs(Bytes.copyOf(bytes, from, to - from));
            }
        }
    }

    /** As a table of so many slots would see them: it masks the low bits. */
    @ParameterizedTest
    @ValueSource(strings = {"%d", "key:%012d", "agent:%d:status", "user:%08d:session:long-enough-for-several-steps"})
    void keysThatAreCountedSpreadAsRandomOnesWould(String pattern) {
        int slots = 1 << 16;
        Set<Integer> used = new HashSet<>();
        for (int i = 0; i < slots; i++) {
            used.add(of(String.format(pattern, i).getBytes(StandardCharsets.US_ASCII)) & slots - 1);
        }
        double expected = slots * (1 - Math.exp(-1)); // of balls thrown into as many bins
        assertThat((double) used.size()).isBetween(expected * 0.99, expected * 1.01);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 4, 7, 8, 15, 16, 17, 31, 32, 33, 64})
    void everyBitCounts(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        int before = of(bytes);
        Set<Integer> hashes = new HashSet<>(Set.of(before));
        for (int bit = 0; bit < length * Byte.SIZE; bit++) {
            bytes[bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
            hashes.add(of(bytes));
            bytes[bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
        }
        assertThat(hashes).hasSize(length * Byte.SIZE + 1);
    }

    @Test
    void stringsOfZerosDifferByTheirLength() {
        Set<Integer> hashes = new HashSet<>();
        for (int length = 0; length < 200; length++) {
            hashes.add(of(new byte[length]));
        }
        assertThat(hashes).hasSize(200);
    }

    /** Two strings of "Aa" and "BB" each meet under a sum of 31 times what went before: 2^8 of them in one place. */
    @Test
    void stringsChosenToMeetUnderAnotherHashDoNot() {
        Set<Integer> hashes = new HashSet<>();
        Set<Integer> sums = new HashSet<>();
        for (int choice = 0; choice < 256; choice++) {
            var text = new StringBuilder();
            for (int bit = 0; bit < 8; bit++) {
                text.append((choice >> bit & 1) == 0 ? "Aa" : "BB");
            }
            byte[] bytes = text.toString().getBytes(StandardCharsets.US_ASCII);
            sums.add(Arrays.hashCode(bytes));
            hashes.add(of(bytes));
        }
        assertThat(sums).hasSize(1);
        assertThat(hashes).hasSize(256);
    }

    @Test
    void stringsThatMeetWithOneKeyDoNotWithAnother() {
        var other = new KeyedHash(0x243f6a8885a308d3L, 0x13198a2e03707344L);
        int slots = 1 << 10;
        int meeting = 0;
        int meetingStill = 0;
        for (int i = 1; i < 100_000; i++) {
            byte[] bytes = ("k" + i).getBytes(StandardCharsets.US_ASCII);
            if ((of(bytes) & slots - 1) == 0) {
                meeting++;
                meetingStill += (other.of(bytes, 0, bytes.length) & slots - 1) == 0 ? 1 : 0;
            }
        }
        assertThat(meeting).isGreaterThan(50);
        assertThat(meetingStill).isLessThanOrEqualTo(3);
    }
}
