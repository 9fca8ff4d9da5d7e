package io.holdfast.sync.journal;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/** One segment as the writer sees it; an interface so that tests can fail a write, a sync, or the power. */
interface SegmentFile extends Closeable {
    /** Writes some bytes of {@code source} at {@code position} and returns how many. */
    int write(ByteBuffer source, long position) throws IOException;

    /** Writes all of {@code source}: a file system may take less at a time. */
    default void writeWhole(ByteBuffer source, long position) throws IOException {
        long at = position;
        while (source.hasRemaining()) {
            int written = write(source, at);
            if (written <= 0) {
                throw new IOException("the file takes no more bytes");
            }
            at += written;
        }
    }

    /** Returns when everything written is on the disk. May run beside {@link #write}. */
    void sync() throws IOException;

    void truncate(long size) throws IOException;
}
