package io.holdfast.sync.journal;

import io.holdfast.engine.store.StorageException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Copies every whole record of a damaged journal into new segments, and says which entries are lost. Behind a loss a new
 * segment begins, whose header says that the hole is meant. For one thread; nobody else may have the journal open.
 */
final class JournalSalvage {
    private static final int SEQUENCE_DIGITS = 20;

    private final NodeIdentity node;
    private final Path into;
    private final List<String> lost = new ArrayList<>();
    private long newest;
    private long newestMs;
    private long newestInCopy;
    private boolean begun;
    private boolean hole = true;
    private @Nullable FileChannel open;
    private boolean damaged;

    /**
     * What became of it.
     *
     * @param newest the newest entry that was kept; 0 when none was
     * @param damaged whether anything was not as it was written
     * @param lost a line for each run of entries that is lost
     */
    record Result(long newest, boolean damaged, List<String> lost) {}

    private JournalSalvage(NodeIdentity node, Path into) {
        this.node = node;
        this.into = into;
    }

    /** Salvages the segments in {@code damaged} into the empty directory {@code into}. */
    static Result salvage(Path damaged, Path into, NodeIdentity node) throws IOException {
        var salvage = new JournalSalvage(node, into);
        try {
            List<Path> segments = segments(damaged);
            for (int i = 0; i < segments.size(); i++) {
                salvage.segment(segments.get(i), i == segments.size() - 1);
            }
        } finally {
            salvage.closeSegment();
        }
        return new Result(salvage.newest, salvage.damaged, List.copyOf(salvage.lost));
    }

    /** Who wrote the segments, by the last header that can be read. */
    static Optional<NodeIdentity> writer(Path journal) throws IOException {
        Optional<NodeIdentity> latest = Optional.empty();
        for (Path segment : segments(journal)) {
            Optional<NodeIdentity> found = writerOf(segment);
            latest = found.isPresent() ? found : latest;
        }
        return latest;
    }

    private static Optional<NodeIdentity> writerOf(Path segment) throws IOException {
        try (var scanner = new RecordScanner(segment)) {
            return Optional.of(scanner.header().node());
        } catch (StorageException unreadable) {
            return Optional.empty(); // perhaps the next one
        }
    }

    private static List<Path> segments(Path directory) throws IOException {
        List<Path> paths = new ArrayList<>();
        if (Files.isDirectory(directory)) {
            try (var found = Files.newDirectoryStream(directory, "*" + Segments.SUFFIX)) {
                found.forEach(paths::add);
            }
        }
        paths.sort(null);
        return paths;
    }

    private void segment(Path path, boolean isLast) throws IOException {
        closeSegment();
        hole = true; // each segment stays one
        try (var scanner = RecordScanner.ofAnyHeader(path);
                var from = FileChannel.open(path, StandardOpenOption.READ)) {
            long first = Long.parseLong(path.getFileName().toString().substring(0, SEQUENCE_DIGITS));
            SegmentHeader header = scanner.headerIfIntact();
            if (header == null) {
                damaged = true;
            }
            long follows = header == null ? first - 1 : header.follows();
            if (!begun) {
                begun = true;
                newest = follows;
                newestInCopy = follows;
            } else if (follows > newest) {
                lose(newest + 1, follows, path, SegmentHeader.BYTES, scanner.timeMs());
            }
            newest = Math.max(newest, first - 1); // a hole that is meant
            records(path, scanner, from, isLast);
        }
    }

    private void records(Path path, RecordScanner scanner, FileChannel from, boolean isLast) throws IOException {
        long size = scanner.fileBytes();
        while (true) {
            long start = scanner.position();
            if (scanner.next(size)) {
                if (scanner.firstSequence() <= newest) {
                    continue; // there twice: it cannot be meant
                }
                if (scanner.firstSequence() > newest + 1) {
                    lose(newest + 1, scanner.firstSequence() - 1, path, start, scanner.timeMs());
                    hole = true;
                }
                copy(from, start, scanner.position() - start, scanner.firstSequence());
                newest = scanner.lastSequence();
                newestInCopy = newest;
                newestMs = scanner.timeMs();
                continue;
            }
            long end = scanner.contentEnd();
            if (start == end) {
                return;
            }
            damaged = true;
            if (!scanner.findNext(size, newest, Long.MAX_VALUE)) {
                if (isLast) { // otherwise the next segment says which entries are missing
                    lost.add(path.getFileName() + ": the last " + (end - start) + " bytes, after entry " + newest
                            + since() + "; torn while it was written, or damaged since");
                }
                return;
            }
        }
    }

    private void lose(long first, long last, Path path, long offset, long untilMs) {
        damaged = true;
        lost.add(path.getFileName() + ": entries " + first + " to " + last + ", before offset " + offset + since()
                + (untilMs > 0 ? " until " + Instant.ofEpochMilli(untilMs) : ""));
    }

    private String since() {
        return newestMs == 0 ? "" : ", written since " + Instant.ofEpochMilli(newestMs);
    }

    private void copy(FileChannel from, long start, long bytes, long firstSequence) throws IOException {
        FileChannel to = open;
        if (to == null || hole) {
            closeSegment();
            to = FileChannel.open(
                    Segments.path(into, firstSequence),
                    Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                    DiskFiles.OWNER_FILE);
            open = to;
            hole = false;
            var header = new SegmentHeader(node, firstSequence, newestInCopy).encode();
            while (header.hasRemaining()) {
                to.write(header);
            }
        }
        long copied = 0;
        while (copied < bytes) {
            copied += from.transferTo(start + copied, bytes - copied, to);
        }
    }

    private void closeSegment() throws IOException {
        FileChannel last = open;
        if (last != null) {
            last.force(true);
            last.close();
            open = null;
        }
    }
}
