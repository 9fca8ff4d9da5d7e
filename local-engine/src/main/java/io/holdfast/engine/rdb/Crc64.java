package io.holdfast.engine.rdb;

/** The checksum of DUMP's payload: CRC-64 with Jones's polynomial, reflected. Safe on every thread. */
final class Crc64 {
    private static final long POLYNOMIAL = 0x95ac9329ac4bc9b5L;
    /** Eight bytes are taken at a time: table k has what a byte gives k bytes before the end. */
    private static final long[][] TABLES = new long[Long.BYTES][256];

    static {
        for (int b = 0; b < 256; b++) {
            long crc = b;
            for (int bit = 0; bit < Byte.SIZE; bit++) {
                crc = (crc & 1) == 0 ? crc >>> 1 : (crc >>> 1) ^ POLYNOMIAL;
            }
            TABLES[0][b] = crc;
        }
        for (int k = 1; k < Long.BYTES; k++) {
            for (int b = 0; b < 256; b++) {
                long before = TABLES[k - 1][b];
                TABLES[k][b] = TABLES[0][(int) before & 0xff] ^ (before >>> Byte.SIZE);
            }
        }
    }

    private Crc64() {}

    static long of(byte[] bytes, int length) {
        long crc = 0;
        int i = 0;
        for (; i + Long.BYTES <= length; i += Long.BYTES) {
            crc ^= LittleEndian.number(bytes, i, Long.BYTES);
            long sum = 0;
            for (int k = 0; k < Long.BYTES; k++) {
                sum ^= TABLES[Long.BYTES - 1 - k][(int) (crc >>> (Byte.SIZE * k)) & 0xff];
            }
            crc = sum;
        }
        for (; i < length; i++) {
            crc = TABLES[0][(int) (crc ^ bytes[i]) & 0xff] ^ (crc >>> Byte.SIZE);
        }
        return crc;
    }
}
