package io.holdfast.proxy;

import io.holdfast.engine.store.Database;
import io.holdfast.sync.journal.DiskRoom;
import io.holdfast.sync.journal.SyncStore;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;

/** Measures what a data directory takes. For one thread. */
final class DiskUsage {
    /** Files that people read are many and small: they are counted once in so many looks. */
    private static final int LOOKS_A_WALK = 60;

    private static final String JOURNAL = "journal";
    private static final List<String> FILES = List.of(
            DiskRoom.FILE_NAME,
            Database.FILE_NAME,
            Database.FILE_NAME + "-wal",
            SyncStore.FILE_NAME,
            SyncStore.FILE_NAME + "-wal");

    private final Path directory;
    private int looks;
    private long othersBytes;

    /**
     * Bytes at one moment.
     *
     * @param freeBytes what this process may yet write to the disk
     * @param usedBytes what the data directory takes, without what storage.db has to write on again
     */
    record Figures(long freeBytes, long usedBytes) {
        private static final long LOW_BYTES = 512L << 20;
        private static final int LOW_PERCENT = 90;

        /** Whether somebody should see to it: little is free, or most of {@code bytesMax} is used, which 0 leaves open. */
        boolean isLow(long bytesMax) {
            return freeBytes < LOW_BYTES || (bytesMax > 0 && usedBytes > bytesMax / 100 * LOW_PERCENT);
        }
    }

    DiskUsage(Path directory) {
        this.directory = directory;
    }

    /** @param unusedBytes of storage.db */
    Figures now(long unusedBytes) throws IOException {
        if (looks++ % LOOKS_A_WALK == 0) {
            othersBytes = bytes(directory) - bytesOfData();
        }
        FileStore store = Files.getFileStore(directory);
        return new Figures(store.getUsableSpace(), Math.max(0, othersBytes + bytesOfData() - unusedBytes));
    }

    private long bytesOfData() throws IOException {
        long bytes = bytes(directory.resolve(JOURNAL));
        for (String name : FILES) {
            bytes += bytes(directory.resolve(name));
        }
        return bytes;
    }

    /** Of a file, or of all that lie below a directory; what goes meanwhile counts nothing. */
    private static long bytes(Path from) throws IOException {
        var sum = new long[1];
        if (Files.notExists(from)) {
            return 0;
        }
        Files.walkFileTree(from, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                sum[0] += attributes.size();
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                if (e instanceof NoSuchFileException) {
                    return FileVisitResult.CONTINUE;
                }
                throw e;
            }
        });
        return sum[0];
    }
}
