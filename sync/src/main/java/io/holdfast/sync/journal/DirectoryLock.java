package io.holdfast.sync.journal;

import io.holdfast.engine.store.StorageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Holds {@code holdfast.lock} of a data directory until it is closed or the process ends; the file names the process. */
final class DirectoryLock implements AutoCloseable {
    static final String NAME = "holdfast.lock";

    private static final int PID_BYTES_MAX = 20;

    /**
     * The one static that changes, because POSIX locks belong to the process: closing any other descriptor of the file drops
     * them, so the process must know what it holds before it opens the file again.
     */
    private static final Set<Path> HELD_BY_THIS_PROCESS = ConcurrentHashMap.newKeySet();

    private final Path directory;
    private final FileChannel channel;

    private DirectoryLock(Path directory, FileChannel channel) {
        this.directory = directory;
        this.channel = channel;
    }

    /**
     * Takes the lock.
     *
     * @param directory its real path
     * @throws StorageException when another process holds it, or this one does already; names the holder
     */
    static DirectoryLock take(Path directory) throws IOException {
        if (!HELD_BY_THIS_PROCESS.add(directory)) {
            throw inUse(directory, "process " + ProcessHandle.current().pid());
        }
        boolean taken = false;
        try {
            var channel = FileChannel.open(
                    directory.resolve(NAME),
                    Set.of(
                            StandardOpenOption.CREATE,
                            StandardOpenOption.READ,
                            StandardOpenOption.WRITE,
                            LinkOption.NOFOLLOW_LINKS),
                    DiskFiles.OWNER_FILE);
            try {
                if (channel.tryLock() == null) {
                    throw inUse(directory, holder(channel));
                }
                channel.truncate(0);
                channel.write(
                        ByteBuffer.wrap((ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.ISO_8859_1)));
                taken = true;
                return new DirectoryLock(directory, channel);
            } finally {
                if (!taken) {
                    channel.close();
                }
            }
        } finally {
            if (!taken) {
                HELD_BY_THIS_PROCESS.remove(directory);
            }
        }
    }

    /** Lets go; the file stays, because deleting it could take it from under a process that waits for it. */
    @Override
    public void close() throws IOException {
        channel.close();
        HELD_BY_THIS_PROCESS.remove(directory);
    }

    private static String holder(FileChannel channel) throws IOException {
        var bytes = ByteBuffer.allocate(PID_BYTES_MAX);
        channel.read(bytes, 0);
        String pid = new String(bytes.array(), 0, bytes.position(), StandardCharsets.ISO_8859_1).strip();
        return pid.matches("\\d+") ? "process " + pid : "another process";
    }

    private static StorageException inUse(Path directory, String holder) {
        return new StorageException("data directory " + directory + " is in use by " + holder);
    }
}
