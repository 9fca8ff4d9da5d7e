package io.holdfast.engine.rdb;

/** Numbers of one to eight bytes, the lowest byte first. */
final class LittleEndian {
    private LittleEndian() {}

    /** Without sign; so are eight bytes a long as it is. */
    static long number(byte[] bytes, int from, int length) {
        long number = 0;
        for (int i = from + length - 1; i >= from; i--) {
            number = (number << Byte.SIZE) | (bytes[i] & 0xff);
        }
        return number;
    }

    static long signed(byte[] bytes, int from, int length) {
        int unused = Long.SIZE - Byte.SIZE * length;
        return number(bytes, from, length) << unused >> unused;
    }

    static void put(byte[] bytes, int from, int length, long number) {
        for (int i = 0; i < length; i++) {
            bytes[from + i] = (byte) (number >>> (Byte.SIZE * i));
        }
    }
}
