package io.holdfast.engine.rule;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Bytes as a row of bits: bit 0 is the highest one of the first byte. Long rows are worked on eight bytes at a time. Safe
 * on every thread.
 */
public final class BitString {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    /** How BITOP combines two strings. */
    public enum Operation {
        AND {
            @Override
            long of(long a, long b) {
                return a & b;
            }
        },
        OR {
            @Override
            long of(long a, long b) {
                return a | b;
            }
        },
        XOR {
            @Override
            long of(long a, long b) {
                return a ^ b;
            }
        };

        abstract long of(long a, long b);
    }

    private BitString() {}

    /** How many bits are set from {@code from} (inclusive) to {@code to} (exclusive). */
    public static long count(byte[] bytes, long from, long to) {
        if (from >= to) {
            return 0;
        }
        int first = (int) (from >>> 3);
        int last = (int) ((to - 1) >>> 3);
        if (first == last) {
            return Integer.bitCount(bytes[first] & headMask(from) & tailMask(to));
        }
        long count =
                (long) Integer.bitCount(bytes[first] & headMask(from)) + Integer.bitCount(bytes[last] & tailMask(to));
        int i = first + 1;
        for (; i + Long.BYTES <= last; i += Long.BYTES) {
            count += Long.bitCount((long) LONGS.get(bytes, i));
        }
        for (; i < last; i++) {
            count += Integer.bitCount(bytes[i] & 0xff);
        }
        return count;
    }

    /** The first bit that is set, or clear, from {@code from} (inclusive) to {@code to} (exclusive); -1: there is none. */
    public static long first(byte[] bytes, boolean set, long from, long to) {
        if (from >= to) {
            return -1;
        }
        int first = (int) (from >>> 3);
        int last = (int) ((to - 1) >>> 3);
        int flip = set ? 0 : -1;
        int head = (bytes[first] ^ flip) & headMask(from) & (first == last ? tailMask(to) : -1);
        if (head != 0 || first == last) {
            return firstIn(head, first);
        }
        int i = first + 1;
        while (i + Long.BYTES <= last && (long) LONGS.get(bytes, i) == flip) {
            i += Long.BYTES;
        }
        while (i < last && (byte) (bytes[i] ^ flip) == 0) {
            i++;
        }
        return firstIn((bytes[i] ^ flip) & (i == last ? tailMask(to) : 0xff), i);
    }

    private static long firstIn(int bits, int index) {
        return bits == 0 ? -1 : 8L * index + Integer.numberOfLeadingZeros(bits) - (Integer.SIZE - Byte.SIZE);
    }

    /** The bits of its byte at or behind {@code from}. */
    private static int headMask(long from) {
        return 0xff >>> (from & 7);
    }

    /** The bits of its byte before {@code to}. */
    private static int tailMask(long to) {
        return 0xff & (0xff << (-to & 7));
    }

    /** Combines the first {@code length} bytes of {@code from} into {@code to}, which goes on with zero bits against it. */
    public static void combine(Operation operation, byte[] to, byte[] from, int length) {
        int i = 0;
        for (; i + Long.BYTES <= length; i += Long.BYTES) {
            LONGS.set(to, i, operation.of((long) LONGS.get(to, i), (long) LONGS.get(from, i)));
        }
        for (; i < length; i++) {
            to[i] = (byte) operation.of(to[i], from[i]);
        }
        if (operation == Operation.AND) {
            Arrays.fill(to, length, to.length, (byte) 0);
        }
    }

    /** Turns every bit over. */
    public static void invert(byte[] bytes) {
        int i = 0;
        for (; i + Long.BYTES <= bytes.length; i += Long.BYTES) {
            LONGS.set(bytes, i, ~(long) LONGS.get(bytes, i));
        }
        for (; i < bytes.length; i++) {
            bytes[i] = (byte) ~bytes[i];
        }
    }

    /**
     * The unsigned number in the {@code bits} bits from {@code offset} on.
     *
     * @param length of the row in bytes; what lies behind it is zero
     * @param bits 1 to 64
     */
    public static long number(byte[] bytes, int length, long offset, int bits) {
        long index = offset >>> 3;
        int shift = (int) (offset & 7);
        long high = 0;
        for (int i = 0; i < Long.BYTES; i++) {
            high = (high << 8) | byteAt(bytes, length, index + i);
        }
        long aligned =
                shift == 0 ? high : (high << shift) | (byteAt(bytes, length, index + Long.BYTES) >>> (8 - shift));
        return aligned >>> (Long.SIZE - bits);
    }

    private static int byteAt(byte[] bytes, int length, long index) {
        return index < length ? bytes[(int) index] & 0xff : 0;
    }
}
