package io.holdfast.engine.value;

import io.holdfast.resp.Bytes;

/**
 * The registers of a HyperLogLog, and the estimate that follows from them (Otmar Ertl, "New cardinality estimation
 * algorithms for HyperLogLog sketches"). With these constants as Redis has it. Safe on every thread.
 */
public final class HllRegisters {
    public static final int COUNT = 1 << 14;
    static final int BITS = 6;
    /** A register holds a number below this. */
    static final int VALUES = 1 << BITS;

    private static final int INDEX_BITS = 14;
    private static final int HASH_BITS = 64 - INDEX_BITS;
    private static final int MAX = VALUES - 1;
    private static final double ALPHA = 0.7213475204444817;
    private static final long SEED = 0xadc83b19L;
    private static final long MURMUR = 0xc6a4a7935bd1e995L;
    private static final int MURMUR_SHIFT = 47;

    private HllRegisters() {}

    static int get(byte[] bytes, int from, int index) {
        int bit = index * BITS;
        int at = from + (bit >>> 3);
        int next = at + 1 < bytes.length ? bytes[at + 1] & 0xff : 0;
        return (((bytes[at] & 0xff) | (next << 8)) >>> (bit & 7)) & MAX;
    }

    static void set(byte[] bytes, int from, int index, int value) {
        int bit = index * BITS;
        int at = from + (bit >>> 3);
        int shift = bit & 7;
        int mask = MAX << shift;
        int placed = value << shift;
        bytes[at] = (byte) ((bytes[at] & ~mask) | placed);
        if (shift > Byte.SIZE - BITS) {
            bytes[at + 1] = (byte) ((bytes[at + 1] & ~(mask >>> 8)) | (placed >>> 8));
        }
    }

    /** MurmurHash64A, which Redis counts elements by. */
    static long hash(Bytes element) {
        byte[] bytes = element.array();
        long h = SEED ^ (bytes.length * MURMUR);
        int i = 0;
        for (; i + Long.BYTES <= bytes.length; i += Long.BYTES) {
            long k = littleEndian(bytes, i, Long.BYTES) * MURMUR;
            k ^= k >>> MURMUR_SHIFT;
            h = (h ^ (k * MURMUR)) * MURMUR;
        }
        if (i < bytes.length) {
            h = (h ^ littleEndian(bytes, i, bytes.length - i)) * MURMUR;
        }
        h = (h ^ (h >>> MURMUR_SHIFT)) * MURMUR;
        return h ^ (h >>> MURMUR_SHIFT);
    }

    private static long littleEndian(byte[] bytes, int from, int length) {
        long number = 0;
        for (int i = from + length - 1; i >= from; i--) {
            number = (number << 8) | (bytes[i] & 0xff);
        }
        return number;
    }

    /** The register that an element with this hash belongs to. */
    static int index(long hash) {
        return (int) hash & (COUNT - 1);
    }

    /** What its register is at least raised to: one more than the zeros at the end of the rest of the hash. */
    static int rank(long hash) {
        return Long.numberOfTrailingZeros((hash >>> INDEX_BITS) | (1L << HASH_BITS)) + 1;
    }

    /**
     * The estimate for registers of which each value occurs so often.
     *
     * @param histogram by value, {@link #COUNT} in all
     */
    static long cardinality(int[] histogram) {
        double m = COUNT;
        double z = m * tau((m - histogram[HASH_BITS + 1]) / m);
        for (int value = HASH_BITS; value >= 1; value--) {
            z += histogram[value];
            z *= 0.5;
        }
        z += m * sigma(histogram[0] / m);
        double estimate = ALPHA * m * m / z;
        return Double.isInfinite(estimate) ? Long.MIN_VALUE : Math.round(estimate); // C's llroundl gives that
    }

    /** The estimate for registers of one byte each. */
    public static long cardinality(byte[] registers) {
        int[] histogram = new int[VALUES];
        for (byte value : registers) {
            histogram[value]++;
        }
        return cardinality(histogram);
    }

    private static double tau(double of) {
        if (of == 0 || of == 1) {
            return 0;
        }
        double x = of;
        double y = 1;
        double z = 1 - x;
        double before;
        do {
            x = Math.sqrt(x);
            before = z;
            y *= 0.5;
            z -= (1 - x) * (1 - x) * y;
        } while (before != z);
        return z / 3;
    }

    private static double sigma(double of) {
        if (of == 1) {
            return Double.POSITIVE_INFINITY;
        }
        double x = of;
        double y = 1;
        double z = x;
        double before;
        do {
            x *= x;
            before = z;
            z += x * y;
            y += y;
        } while (before != z);
        return z;
    }
}
