package io.holdfast.sync.journal;

import io.holdfast.engine.store.StorageException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/**
 * What a segment says of itself in its first bytes. All numbers are big-endian.
 *
 * <pre>
 *  0        4         8               16              24        32               40        48       52
 *  +--------+---------+---------------+---------------+---------+----------------+---------+--------+---------
 *  | "HFJ1" | version | node id, high | node id, low  | epoch   | first sequence | follows | CRC32C | records…
 *  +--------+---------+---------------+---------------+---------+----------------+---------+--------+---------
 * </pre>
 *
 * @param node who wrote it; its epoch is the one in which the segment was begun
 * @param firstSequence of the first record; also the name of the file, as 20 digits
 * @param follows the newest entry of the segment before. Smaller than {@code firstSequence - 1} where a power loss took
 *     entries whose numbers had been used: so a hole that is meant is told from one that is damage
 */
record SegmentHeader(NodeIdentity node, long firstSequence, long follows) {
    static final int BYTES = 52;
    /** 2 knows requeued entries, and copies beside bases; 3 who asked for an entry. */
    static final int VERSION = 3;

    private static final int MAGIC = 0x48464A31;
    private static final int CHECKED_BYTES = BYTES - Integer.BYTES;

    ByteBuffer encode() {
        var buffer = ByteBuffer.allocate(BYTES);
        buffer.putInt(MAGIC).putInt(VERSION);
        buffer.putLong(node.idHigh()).putLong(node.idLow()).putLong(node.epoch());
        buffer.putLong(firstSequence).putLong(follows);
        return buffer.putInt(checksum(buffer)).flip();
    }

    /**
     * Reads the header of {@code segment} from {@code buffer}.
     *
     * @throws StorageException when it is no segment, of a newer format, or damaged
     */
    static SegmentHeader decode(ByteBuffer buffer, Path segment) {
        if (buffer.limit() < BYTES || buffer.getInt(0) != MAGIC) {
            throw new StorageException(
                    "journal segment " + segment + " is damaged at offset 0: it has no header; run holdfast repair");
        }
        if (buffer.getInt(4) > VERSION) {
            throw new StorageException("journal segment " + segment + " was written by a newer Holdfast: its format is "
                    + buffer.getInt(4) + ", this one reads up to " + VERSION);
        }
        if (buffer.getInt(CHECKED_BYTES) != checksum(buffer)) {
            throw new StorageException("journal segment " + segment
                    + " is damaged at offset 0: its header does not match its checksum; run holdfast repair");
        }
        var node = new NodeIdentity(buffer.getLong(8), buffer.getLong(16), buffer.getLong(24));
        return new SegmentHeader(node, buffer.getLong(32), buffer.getLong(40));
    }

    private static int checksum(ByteBuffer buffer) {
        var crc = new CRC32C();
        crc.update(buffer.duplicate().position(0).limit(CHECKED_BYTES));
        return (int) crc.getValue();
    }
}
