package io.holdfast.engine.value;

import io.holdfast.resp.Bytes;
import java.util.Arrays;

/**
 * Bytes that grow at their end: numbers of seven bits a byte, and strings behind their length. For compact storage in
 * memory. Not thread-safe.
 */
final class PackedStrings {
    private byte[] bytes;
    private int used;

    PackedStrings() {
        this(new byte[64], 0);
    }

    private PackedStrings(byte[] bytes, int used) {
        this.bytes = bytes;
        this.used = used;
    }

    PackedStrings copy() {
        return new PackedStrings(Arrays.copyOf(bytes, used), used);
    }

    int used() {
        return used;
    }

    int capacity() {
        return bytes.length;
    }

    /** Gives back the room that was kept for growing. */
    void shrink() {
        bytes = Arrays.copyOf(bytes, used);
    }

    byte byteAt(int at) {
        return bytes[at];
    }

    void setByte(int at, byte value) {
        bytes[at] = value;
    }

    void addByte(byte value) {
        room(1);
        bytes[used++] = value;
    }

    /** Any long, as unsigned: small ones take little room. */
    void addNumber(long value) {
        room(10);
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            bytes[used++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        bytes[used++] = (byte) rest;
    }

    /** Any long: those near zero, on both sides, take little room. */
    void addSigned(long value) {
        addNumber((value << 1) ^ (value >> 63));
    }

    void addString(Bytes value) {
        addNumber(value.length());
        room(value.length());
        System.arraycopy(value.array(), 0, bytes, used, value.length());
        used += value.length();
    }

    void addAll(PackedStrings other) {
        room(other.used);
        System.arraycopy(other.bytes, 0, bytes, used, other.used);
        used += other.used;
    }

    private void room(int more) {
        int needed = Math.addExact(used, more);
        if (needed > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(needed, bytes.length + (bytes.length >> 1)));
        }
    }

    /** Reads from a position on. */
    final class Reader {
        private int at;

        Reader(int from) {
            at = from;
        }

        int at() {
            return at;
        }

        boolean hasMore() {
            return at < used;
        }

        void skip(int count) {
            at += count;
        }

        byte nextByte() {
            return bytes[at++];
        }

        long nextNumber() {
            long value = 0;
            for (int shift = 0; ; shift += 7) {
                byte part = bytes[at++];
                value |= (part & 0x7fL) << shift;
                if (part >= 0) {
                    return value;
                }
            }
        }

        long nextSigned() {
            long folded = nextNumber();
            return (folded >>> 1) ^ -(folded & 1);
        }

        Bytes nextString() {
            int length = (int) nextNumber();
            Bytes value = Bytes.copyOf(bytes, at, length);
            at += length;
            return value;
        }
    }
}
