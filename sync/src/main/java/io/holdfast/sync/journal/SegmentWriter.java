package io.holdfast.sync.journal;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts records behind each other into the file of the newest segment. Where each is synced the file is kept longer than
 * what is in it (decision 0022), for a sync of a file that has grown takes half as long again: the file system has then to
 * write its own journal too.
 *
 * <pre>
 *   header | record | record | 0 0 0 0 0 0      zeros, at most {@link #AHEAD_BYTES}: the next record goes where they begin
 *                            ^ Segment.bytes  ^ length
 * </pre>
 *
 * <p>The file is cut to what is in it when it is closed; what a kill leaves is told by {@link RecordScanner#contentEnd}.
 * For the writer's thread.
 */
final class SegmentWriter implements Closeable {
    static final int AHEAD_BYTES = 256 * 1024;

    private static final ByteBuffer ZEROS =
            ByteBuffer.allocateDirect(AHEAD_BYTES).asReadOnlyBuffer();

    private static final Logger log = LoggerFactory.getLogger(SegmentWriter.class);

    private final Segment segment;
    private final SegmentFile file;
    private final DiskRoom room;
    private long length;
    private boolean mayRunAhead = true;

    /** @param file as long as what is in it */
    SegmentWriter(Segment segment, SegmentFile file, DiskRoom room) {
        this.segment = segment;
        this.file = file;
        this.room = room;
        length = segment.bytes();
    }

    Segment segment() {
        return segment;
    }

    /**
     * Writes what follows the newest record; it counts once {@link Segment#committed} has been told. The turn has happened in
     * memory: on a full disk the reserve makes room for its record.
     *
     * @param ahead whether the file is to be longer than that
     */
    void write(ByteBuffer record, boolean ahead) throws IOException {
        long start = segment.bytes();
        long end = start + record.remaining();
        if (ahead && mayRunAhead && end > length) {
            lengthen(start, end);
        }
        length = Math.max(length, end);
        try {
            file.writeWhole(record, start);
        } catch (IOException e) {
            if (!DiskRoom.isFull(e) || !room.exhausted()) {
                throw e;
            }
            record.rewind();
            file.writeWhole(record, start);
        }
    }

    /** From {@code end} on, before there is anything up to there. What this would take of a full disk is left to records. */
    private void lengthen(long start, long end) throws IOException {
        try {
            file.writeWhole(ZEROS.duplicate(), end);
            length = end + AHEAD_BYTES;
        } catch (IOException e) {
            if (!DiskRoom.isFull(e)) {
                throw e;
            }
            mayRunAhead = false;
            file.truncate(start);
            length = start;
        }
    }

    /** Takes back what has been written and did not come to count, so that it is not found at the next start. */
    void cut() {
        try {
            shorten();
        } catch (IOException e) {
            log.error(
                    "journal segment {} could not be cut at offset {}: a change that was refused may be found at the next"
                            + " start: {}",
                    segment.path(),
                    segment.bytes(),
                    e.getMessage());
        }
    }

    private void shorten() throws IOException {
        file.truncate(segment.bytes());
        length = segment.bytes();
    }

    /** What is in the file stays, on the disk or not. */
    @Override
    public void close() {
        try {
            if (length > segment.bytes()) {
                shorten();
            }
            file.close();
        } catch (IOException e) {
            log.warn("journal segment {} could not be closed: {}", segment.path(), e.getMessage());
        }
    }
}
