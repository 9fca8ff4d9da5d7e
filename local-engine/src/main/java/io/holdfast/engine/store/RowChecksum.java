package io.holdfast.engine.store;

import io.holdfast.resp.Bytes;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * The checksum that stands in each row, over all its other columns in their order: SQLite notices damage to the shape of its
 * file, not to what is in it. Numbers are eight bytes, big-endian; a blob is its length in four and its bytes.
 * Confined to the thread of its connection.
 */
public final class RowChecksum {
    private final CRC32C crc = new CRC32C();
    private final ByteBuffer number = ByteBuffer.allocate(Long.BYTES);

    /** Begins with a row's first column. */
    public RowChecksum of(long first) {
        crc.reset();
        return and(first);
    }

    public RowChecksum and(long column) {
        number.putLong(0, column);
        crc.update(number.array(), 0, Long.BYTES);
        return this;
    }

    public RowChecksum and(double column) {
        return and(Double.doubleToRawLongBits(column));
    }

    public RowChecksum and(Bytes column) {
        number.putInt(0, column.length());
        crc.update(number.array(), 0, Integer.BYTES);
        crc.update(column.array(), 0, column.length());
        return this;
    }

    /** From 0 to 2³² − 1. */
    public long value() {
        return crc.getValue();
    }
}
