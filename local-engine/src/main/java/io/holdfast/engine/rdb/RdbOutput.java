package io.holdfast.engine.rdb;

import io.holdfast.engine.rule.RedisInteger;
import io.holdfast.resp.Bytes;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Collects bytes, lengths and strings in RDB format; drawn at {@link RdbInput}. */
final class RdbOutput {
    /** Shorter strings are as long packed. */
    private static final int PACKED_ABOVE = 20;

    private final @Nullable LzfPacker packer;
    private byte[] bytes = new byte[64];
    private int length;

    RdbOutput() {
        this(null);
    }

    /** @param packer of strings that get shorter by it; null: none does */
    RdbOutput(@Nullable LzfPacker packer) {
        this.packer = packer;
    }

    int length() {
        return length;
    }

    byte[] content() {
        return Arrays.copyOf(bytes, length);
    }

    private int grown(int by) {
        int from = length;
        length = Math.addExact(length, by);
        if (length > bytes.length) {
            bytes = Arrays.copyOf(bytes, (int) Math.min(2L * length, Integer.MAX_VALUE - 8));
        }
        return from;
    }

    void zeros(int count) {
        grown(count);
    }

    void u8(int value) {
        int at = grown(1); // first of all: the array may be another one afterwards
        bytes[at] = (byte) value;
    }

    void littleEndian(int size, long number) {
        int at = grown(size);
        LittleEndian.put(bytes, at, size, number);
    }

    void bytes(byte[] source, int count) {
        int at = grown(count);
        System.arraycopy(source, 0, bytes, at, count);
    }

    /** Any long, as unsigned. */
    void length(long value) {
        if (value >>> 6 == 0) {
            u8((int) value);
        } else if (value >>> 14 == 0) {
            bigEndian(Short.BYTES, 0x4000 | value);
        } else if (value >>> Integer.SIZE == 0) {
            u8(0x80);
            bigEndian(Integer.BYTES, value);
        } else {
            u8(0x81);
            bigEndian(Long.BYTES, value);
        }
    }

    void bigEndian(int size, long number) {
        for (int i = size - 1; i >= 0; i--) {
            u8((int) (number >>> (Byte.SIZE * i)));
        }
    }

    /** As an integer of up to four bytes where it spells one. */
    void string(Bytes text) {
        long number = text.length() <= 11 && RedisInteger.isLong(text) ? RedisInteger.parse(text) : Long.MAX_VALUE;
        if (number == (byte) number) {
            u8(0xc0);
            littleEndian(1, number);
        } else if (number == (short) number) {
            u8(0xc1);
            littleEndian(2, number);
        } else if (number == (int) number) {
            u8(0xc2);
            littleEndian(4, number);
        } else {
            blob(text);
        }
    }

    void blob(Bytes content) {
        byte[] packed = packer == null || content.length() <= PACKED_ABOVE
                ? null
                : packer.packed(content.array(), content.length());
        if (packed != null) {
            u8(0xc3);
            length(packed.length);
            length(content.length());
            bytes(packed, packed.length);
            return;
        }
        length(content.length());
        bytes(content.array(), content.length());
    }
}
