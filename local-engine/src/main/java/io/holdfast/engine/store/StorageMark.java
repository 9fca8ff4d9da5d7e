package io.holdfast.engine.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;

/**
 * Remembers, in {@code storage.mark}, the newest checkpoint that is durable. SQLite ignores what follows a damaged frame of
 * its write-ahead log and says nothing: by the mark it is noticed that checkpoints are gone. On the thread of the database.
 *
 * <pre>
 *   checkpoint 4711 crc32c 1c291ca3\n        the checksum is over what stands before " crc32c"
 * </pre>
 */
final class StorageMark {
    static final String FILE_NAME = "storage.mark";

    private static final Pattern LINE = Pattern.compile("(checkpoint (\\d{1,18})) crc32c ([0-9a-f]{8})\n");

    private final Path directory;
    private final Path file;

    StorageMark(Path directory) {
        this.directory = directory;
        this.file = directory.resolve(FILE_NAME);
    }

    Path file() {
        return file;
    }

    /**
     * The newest durable checkpoint; 0 when none is remembered.
     *
     * @throws StorageException when the file is damaged
     */
    long read() {
        String text;
        try {
            text = Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (NoSuchFileException e) {
            return 0;
        } catch (IOException e) {
            throw new StorageException("cannot read " + file + ": " + e.getMessage(), e);
        }
        Matcher line = LINE.matcher(text);
        if (!line.matches() || !line.group(3).equals(checksum(line.group(1)))) {
            throw new StorageException(file + " is damaged: whether storage.db has all checkpoints cannot be told;"
                    + " run holdfast repair, or restore the data directory from a backup");
        }
        return Long.parseLong(line.group(2));
    }

    /** @throws StorageException when the file system refuses */
    void write(long checkpoint) {
        String said = "checkpoint " + checkpoint;
        ByteBuffer bytes =
                ByteBuffer.wrap((said + " crc32c " + checksum(said) + "\n").getBytes(StandardCharsets.ISO_8859_1));
        Path unfinished = directory.resolve(FILE_NAME + ".new");
        try {
            Files.deleteIfExists(unfinished);
            try (var channel = FileChannel.open(
                    unfinished,
                    Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
                channel.force(true);
            }
            Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
            try (var channel = FileChannel.open(directory, StandardOpenOption.READ)) {
                channel.force(true); // the new name
            }
        } catch (IOException e) {
            throw new StorageException("cannot write " + file + ": " + e.getMessage(), e);
        }
    }

    private static String checksum(String text) {
        var crc = new CRC32C();
        crc.update(text.getBytes(StandardCharsets.ISO_8859_1));
        return "%08x".formatted(crc.getValue());
    }
}
