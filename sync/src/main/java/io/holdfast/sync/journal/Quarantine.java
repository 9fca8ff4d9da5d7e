package io.holdfast.sync.journal;

import io.holdfast.engine.store.StorageException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Set;

/** Keeps what was found damaged while the server runs, before it can be trimmed, and notes that. Any one thread. */
public final class Quarantine {
    private Quarantine() {}

    /**
     * Copies the damaged bytes into a file of {@code directory} and notes them in the file {@code degraded} there; does nothing
     * about damage that is kept already.
     *
     * @return the line that was noted
     * @throws StorageException when the disk refuses
     */
    public static String keep(Path directory, Damage damage) {
        Path copy = directory.resolve("damaged-%020d-%020d.record".formatted(damage.first(), damage.last()));
        String line = damage + "; its bytes are in " + copy.getFileName() + damage.guessed();
        try {
            if (Files.notExists(copy)) {
                copy(damage, copy);
            }
            if (!DegradedNote.read(directory).contains(line)) {
                DegradedNote.write(directory, List.of(line));
            }
            return line;
        } catch (IOException e) {
            throw new StorageException("what is damaged cannot be kept in " + copy + ": " + e.getMessage(), e);
        }
    }

    private static void copy(Damage damage, Path copy) throws IOException {
        try (var from = FileChannel.open(damage.segment(), StandardOpenOption.READ);
                var to = FileChannel.open(
                        copy, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), DiskFiles.OWNER_FILE)) {
            long at = damage.offset();
            while (at < damage.end()) {
                long copied = from.transferTo(at, damage.end() - at, to);
                if (copied == 0) {
                    break; // the file ends before: it was cut
                }
                at += copied;
            }
            to.force(true);
        }
    }
}
