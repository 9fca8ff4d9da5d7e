package io.holdfast.engine.rdb;

import io.holdfast.engine.rule.DoubleStyle;
import io.holdfast.engine.value.EncodingLimits;
import io.holdfast.engine.value.Value;
import io.holdfast.resp.Bytes;

/**
 * What DUMP gives and RESTORE takes.
 *
 * <pre>
 *   type | value | 2: RDB version, little endian | 8: CRC-64 of all before, little endian
 * </pre>
 */
public final class DumpPayload {
    private static final int VERSION_BYTES = 2;
    private static final int FOOTER = VERSION_BYTES + Long.BYTES;
    /** What stands around the value. */
    public static final int OVERHEAD_BYTES = 1 + FOOTER;

    private DumpPayload() {}

    /**
     * @param rdbVersion which the reader must know at least
     * @param scores how Redis of that version prints a score
     * @param packing whether long strings are compressed (rdbcompression)
     */
    public static Bytes of(Value value, int rdbVersion, DoubleStyle scores, boolean packing) {
        return closed(new RdbWriter(rdbVersion, scores, packing).write(value), rdbVersion);
    }

    /** With the footer. */
    static Bytes closed(RdbOutput out, int rdbVersion) {
        out.littleEndian(VERSION_BYTES, rdbVersion);
        byte[] bytes = out.content();
        out.littleEndian(Long.BYTES, Crc64.of(bytes, bytes.length));
        return Bytes.wrap(out.content());
    }

    /** True where the checksum is right, and the version not above one that is known. */
    public static boolean isIntact(Bytes payload, int rdbVersionMax) {
        byte[] bytes = payload.array();
        int covered = bytes.length - Long.BYTES;
        if (bytes.length < FOOTER
                || LittleEndian.number(bytes, covered - VERSION_BYTES, VERSION_BYTES) > rdbVersionMax) {
            return false;
        }
        return LittleEndian.number(bytes, covered, Long.BYTES) == Crc64.of(bytes, covered);
    }

    /**
     * The value in an intact payload. What stands between it and the footer does not matter, as in Redis.
     *
     * @param unpackedMax bytes that its compressed strings may come to together
     * @throws CorruptDataException when there is none
     */
    public static Value read(Bytes payload, int unpackedMax, EncodingLimits limits) throws CorruptDataException {
        return new RdbReader(content(payload, unpackedMax), limits).read();
    }

    /** What stands before the footer. */
    static RdbInput content(Bytes payload, int unpackedMax) {
        return new RdbInput(payload.array(), payload.length() - FOOTER, unpackedMax);
    }
}
