package io.holdfast.engine.rdb;

import io.holdfast.engine.rule.RedisDouble;
import io.holdfast.resp.Bytes;

/**
 * Reads lengths, strings and numbers of RDB format, and never beyond its end: a length that is claimed allocates nothing
 * before the bytes are seen to be there.
 *
 * <pre>
 *   00llllll   01llllll llllllll   80 + 4 bytes   81 + 8 bytes    a length
 *   c0 + 1 byte   c1 + 2   c2 + 4                                 a string that spells an integer
 *   c3, length packed, length, packed bytes                       a string that is compressed (LZF)
 * </pre>
 */
final class RdbInput {
    private static final int ENCODED = 3;
    private static final int LZF = 3;
    /** Three packed bytes give at most 264. */
    private static final int LZF_RATIO_MAX = 88;

    private static final int NAN = 253;
    private static final int INFINITE = 254;
    private static final int MINUS_INFINITE = 255;

    private final byte[] bytes;
    private final int end;
    /** What compressed strings may come to together. */
    private long unpackedLeft;

    private int at;

    /** @param unpackedMax bytes that all compressed strings may come to together */
    RdbInput(byte[] bytes, int end, long unpackedMax) {
        this.bytes = bytes;
        this.end = end;
        this.unpackedLeft = unpackedMax;
    }

    boolean hasMore() {
        return at < end;
    }

    int u8() throws CorruptDataException {
        return bytes[take(1)] & 0xff;
    }

    /** The place of so many bytes, which are passed over. */
    private int take(long count) throws CorruptDataException {
        if (count < 0 || count > end - at) {
            throw new CorruptDataException("ends too early");
        }
        int from = at;
        at += (int) count;
        return from;
    }

    /** How many elements follow, of which each takes at least one byte; never 0, for nothing empty is kept. */
    int count() throws CorruptDataException {
        long count = length();
        if (count < 1 || count > end - at) {
            throw new CorruptDataException("no such number of elements: " + count);
        }
        return (int) count;
    }

    /** How many follow of what takes at least one byte each; they may be none. */
    int countOrNone() throws CorruptDataException {
        long count = length();
        if (count < 0 || count > end - at) {
            throw new CorruptDataException("no such number of elements: " + count);
        }
        return (int) count;
    }

    long length() throws CorruptDataException {
        int first = u8();
        if (first >>> 6 == ENCODED) {
            throw new CorruptDataException("not a length");
        }
        return length(first);
    }

    private long length(int first) throws CorruptDataException {
        return switch (first >>> 6) {
            case 0 -> first & 0x3f;
            case 1 -> ((first & 0x3fL) << Byte.SIZE) | u8();
            default -> wideLength(first);
        };
    }

    private long wideLength(int first) throws CorruptDataException {
        if (first != 0x80 && first != 0x81) {
            throw new CorruptDataException("not a length");
        }
        return bigEndian(first == 0x80 ? Integer.BYTES : Long.BYTES);
    }

    long bigEndian(int size) throws CorruptDataException {
        long number = 0;
        for (int left = size; left > 0; left--) {
            number = (number << Byte.SIZE) | u8();
        }
        return number;
    }

    long littleEndian(int size) throws CorruptDataException {
        return LittleEndian.number(bytes, take(size), size);
    }

    Bytes string() throws CorruptDataException {
        int first = u8();
        if (first >>> 6 != ENCODED) {
            long length = length(first);
            return Bytes.copyOf(bytes, take(length), (int) length);
        }
        int kind = first & 0x3f;
        if (kind < LZF) {
            int size = 1 << kind;
            return Bytes.of(LittleEndian.signed(bytes, take(size), size));
        }
        if (kind > LZF) {
            throw new CorruptDataException("no such string encoding: " + kind);
        }
        return packed();
    }

    private Bytes packed() throws CorruptDataException {
        long packed = length();
        long length = length();
        int from = take(packed);
        if (length < 0 || length > unpackedLeft || length > packed * LZF_RATIO_MAX) {
            throw new CorruptDataException("not so long when unpacked");
        }
        unpackedLeft -= length;
        return Bytes.wrap(Lzf.unpacked(bytes, from, at, (int) length));
    }

    /** A score in eight bytes. */
    double real() throws CorruptDataException {
        return score(Double.longBitsToDouble(littleEndian(Long.BYTES)));
    }

    /** A score as text, its length before it. */
    double textualReal() throws CorruptDataException {
        int length = u8();
        return switch (length) {
            case NAN -> score(Double.NaN);
            case INFINITE -> Double.POSITIVE_INFINITY;
            case MINUS_INFINITE -> Double.NEGATIVE_INFINITY;
            default -> score(RedisDouble.parse(Bytes.copyOf(bytes, take(length), length)));
        };
    }

    static double score(double number) throws CorruptDataException {
        if (Double.isNaN(number)) {
            throw new CorruptDataException("not a score");
        }
        return number;
    }
}
