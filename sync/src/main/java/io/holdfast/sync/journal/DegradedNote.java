package io.holdfast.sync.journal;

import io.holdfast.engine.store.StorageException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * The file {@code degraded} of a data directory: what a repair could not keep. As long as it is there Holdfast says that its
 * state is degraded; whoever has dealt with it removes it.
 */
public final class DegradedNote {
    static final String NAME = "degraded";

    private DegradedNote() {}

    /** Its lines; none when there is no such file. */
    public static List<String> read(Path directory) {
        try {
            return Files.readAllLines(directory.resolve(NAME), StandardCharsets.UTF_8);
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw new StorageException("cannot read " + directory.resolve(NAME) + ": " + e.getMessage(), e);
        }
    }

    /** Adds lines. */
    static void write(Path directory, List<String> lines) throws IOException {
        Path file = directory.resolve(NAME);
        if (Files.notExists(file)) {
            Files.createFile(file, DiskFiles.OWNER_FILE);
        }
        Files.write(file, lines, StandardCharsets.UTF_8, StandardOpenOption.APPEND);
    }
}
