package io.holdfast.sync.journal;

import io.holdfast.engine.failpoint.Failpoint;
import io.holdfast.engine.store.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out what a journal directory holds: checks every header, looks through the newest segment for the end of its last
 * whole record, and cuts what is torn behind it.
 *
 * <pre>
 *   … | record | record | 0 0 0 0        zeros were to be written over ({@link SegmentWriter}); cut
 *   … | record | record | rec            a torn tail: nothing valid follows, so it was never acknowledged; cut
 *   … | record | r?cord | record |       damage: what follows is valid; kept, and reported when it is read
 * </pre>
 *
 * @param newest the newest segment, open for the next record
 * @param cutBytes length of the torn tail
 * @param tailLoss what an acknowledged entry may have been lost with the tail; null when it was torn by a crash, for sure
 */
record JournalOpening(
        Segments segments,
        SegmentFile newest,
        long cutBytes,
        @Nullable String tailLoss) {
    private static final Logger log = LoggerFactory.getLogger(JournalOpening.class);

    static JournalOpening of(
            Path directory, NodeIdentity node, Retention retention, LongSupplier clockMs, SegmentFiles files)
            throws IOException {
        if (!Files.isDirectory(directory)) {
            Files.createDirectory(directory, DiskFiles.OWNER_DIRECTORY);
            files.syncDirectory(directory.toAbsolutePath().resolveSibling(""));
        }
        Segments.deleteUnfinished(directory, files);
        List<Path> paths = list(directory);
        var found = new ConcurrentSkipListMap<Long, Segment>();
        var segments = new Segments(directory, files, found, retention, clockMs);
        if (paths.isEmpty()) {
            return new JournalOpening(segments, segments.begin(new SegmentHeader(node, 1, 0)), 0, null);
        }
        List<SegmentHeader> headers = new ArrayList<>();
        for (Path path : paths) {
            headers.add(header(path, node));
        }
        int last = paths.size() - 1;
        for (int i = 0; i < last; i++) {
            long lastSequence =
                    Math.max(headers.get(i + 1).follows(), headers.get(i).firstSequence() - 1);
            Segment full = Segment.full(paths.get(i), headers.get(i), contentBytes(paths.get(i)), lastSequence);
            found.put(full.firstSequence(), full);
        }
        var newest = Segment.empty(paths.get(last), headers.get(last));
        found.put(newest.firstSequence(), newest);
        Tail tail = findTail(newest, node);
        SegmentFile file = files.open(newest.path());
        if (tail.tornBytes() > 0) {
            log.warn(
                    "journal segment {}: cut {} bytes of a torn record at offset {}, after entry {}",
                    newest.path(),
                    tail.tornBytes(),
                    newest.bytes(),
                    newest.lastSequence());
        }
        if (Files.size(newest.path()) > newest.bytes()) {
            file.truncate(newest.bytes());
            Failpoint.RECOVERY_TAIL_CUT.pass();
        }
        file.sync(); // what survived a kill must not be lost to a later power failure after it counted as recovered
        String tailLoss = tail.wasWhole()
                ? "the newest " + tail.tornBytes() + " bytes of journal segment "
                        + newest.path().getFileName() + ", behind entry " + newest.lastSequence()
                        + ", did not match their checksum and were cut: the last entries may be lost"
                : null;
        if (tailLoss != null) {
            log.error("{}; after a power loss that is to be expected, otherwise check the disk", tailLoss);
        }
        return new JournalOpening(segments, file, tail.tornBytes(), tailLoss);
    }

    private static List<Path> list(Path directory) throws IOException {
        List<Path> paths = new ArrayList<>();
        try (var segments = Files.newDirectoryStream(directory, "*" + Segments.SUFFIX)) {
            segments.forEach(paths::add);
        }
        paths.sort(null);
        return paths;
    }

    private static SegmentHeader header(Path path, NodeIdentity node) throws IOException {
        try (var scanner = new RecordScanner(path)) {
            SegmentHeader header = scanner.header();
            if (header.node().idHigh() != node.idHigh() || header.node().idLow() != node.idLow()) {
                throw new StorageException("journal segment " + path + " belongs to node "
                        + header.node().id() + ", not to this one, " + node.id());
            }
            if (!path.equals(Segments.path(path.resolveSibling(""), header.firstSequence()))) {
                throw new StorageException(
                        "journal segment " + path + " was renamed: it begins with entry " + header.firstSequence());
            }
            return header;
        }
    }

    /** Without the zeros behind its records, which a kill or a power loss may have left. */
    private static long contentBytes(Path full) throws IOException {
        try (var scanner = new RecordScanner(full)) {
            long size = scanner.fileBytes();
            if (scanner.contentEnd() == size) {
                return size; // nearly always: it need not be read
            }
            long last = scanner.header().firstSequence() - 1;
            do {
                while (scanner.next(size)) { // a record may end in zeros of its own
                    last = scanner.lastSequence();
                }
            } while (scanner.findNext(size, last, Long.MAX_VALUE));
            return scanner.contentEnd();
        }
    }

    /**
     * What stands behind the last whole record.
     *
     * @param tornBytes of it, without zeros at its end
     * @param wasWhole whether it was written whole, too
     */
    private record Tail(long tornBytes, boolean wasWhole) {}

    private static Tail findTail(Segment newest, NodeIdentity node) throws IOException {
        try (var scanner = new RecordScanner(newest.path())) {
            long size = scanner.fileBytes();
            boolean more = true;
            boolean wasWhole = false;
            while (more) {
                while (scanner.next(size)) {
                    newest.committed(scanner.position(), scanner.lastSequence(), scanner.concernsUpstream());
                }
                long bad = scanner.position();
                wasWhole = scanner.isWholeButDamaged();
                more = scanner.findNext(size, newest.lastSequence(), node.epoch());
                if (more) {
                    log.error(
                            "journal segment {} is damaged from offset {} to {}, after entry {}",
                            newest.path(),
                            bad,
                            scanner.position(),
                            newest.lastSequence());
                }
            }
            return new Tail(scanner.contentEnd() - scanner.position(), wasWhole);
        }
    }
}
