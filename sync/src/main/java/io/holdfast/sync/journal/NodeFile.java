package io.holdfast.sync.journal;

import io.holdfast.engine.failpoint.Failpoint;
import io.holdfast.engine.store.StorageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;

/**
 * The file {@code node} of a data directory: which format it has, who it is, how often it was opened.
 *
 * <pre>
 *   holdfast-data 1
 *   id 8f14e45fceea167a5a36dedd4bea2543
 *   epoch 17
 *   crc32c 1c291ca3                        of the lines above
 * </pre>
 */
final class NodeFile {
    static final String NAME = "node";
    static final int VERSION = 1;

    private static final Pattern VERSION_LINE = Pattern.compile("holdfast-data (\\d{1,9})\n.*", Pattern.DOTALL);
    private static final Pattern LAYOUT = Pattern.compile(
            "(holdfast-data 1\nid ([0-9a-f]{16})([0-9a-f]{16})\nepoch (\\d{1,18})\n)crc32c ([0-9a-f]{8})\n");

    private NodeFile() {}

    /**
     * What the file says; empty when there is none.
     *
     * @throws StorageException when it is damaged or of a newer format
     */
    static Optional<NodeIdentity> read(Path directory) throws IOException {
        Path file = directory.resolve(NAME);
        String text;
        try {
            text = Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
        Matcher version = VERSION_LINE.matcher(text);
        if (version.matches() && Integer.parseInt(version.group(1)) > VERSION) {
            throw new StorageException(
                    "data directory " + directory + " was written by a newer Holdfast: its format is "
                            + version.group(1) + ", this one reads up to " + VERSION);
        }
        Matcher layout = LAYOUT.matcher(text);
        if (!layout.matches() || !checksum(layout.group(1)).equals(layout.group(5))) {
            throw new StorageException(file + " is damaged: restore it from a backup, because the upstream knows this"
                    + " node's entries by the id in it");
        }
        return Optional.of(new NodeIdentity(
                Long.parseUnsignedLong(layout.group(2), 16),
                Long.parseUnsignedLong(layout.group(3), 16),
                Long.parseLong(layout.group(4))));
    }

    /** Replaces the file by one that says {@code node}; it is on the disk when this returns. */
    static void write(Path directory, NodeIdentity node, SegmentFiles files) throws IOException {
        String checked = "holdfast-data " + VERSION + "\nid " + node.id() + "\nepoch " + node.epoch() + "\n";
        String text = checked + "crc32c " + checksum(checked) + "\n";
        Path unfinished = directory.resolve(NAME + ".new");
        files.delete(unfinished);
        try (SegmentFile file = files.create(unfinished)) {
            file.writeWhole(ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1)), 0);
            file.sync();
        }
        Failpoint.EPOCH_BEFORE_RENAME.pass();
        files.rename(unfinished, directory.resolve(NAME));
        files.syncDirectory(directory);
    }

    private static String checksum(String text) {
        var crc = new CRC32C();
        crc.update(text.getBytes(StandardCharsets.ISO_8859_1));
        return "%08x".formatted(crc.getValue());
    }
}
