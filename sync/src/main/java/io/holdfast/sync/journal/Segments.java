package io.holdfast.sync.journal;

import io.holdfast.engine.failpoint.Failpoint;
import io.holdfast.engine.store.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The segments on disk, oldest first; never none. The writer adds at one end, trimming takes from the other, readers look
 * on. Trimming runs on the thread of whoever says that something is no longer needed.
 */
final class Segments {
    static final String SUFFIX = ".seg";
    static final String UNFINISHED_SUFFIX = ".seg.new";

    private static final Logger log = LoggerFactory.getLogger(Segments.class);

    private final ConcurrentSkipListMap<Long, Segment> byFirstSequence;
    private final Path directory;
    private final SegmentFiles files;
    private final LongSupplier clockMs;

    private Retention retention;
    private long checkpointed;
    private long confirmed;

    Segments(
            Path directory,
            SegmentFiles files,
            ConcurrentSkipListMap<Long, Segment> byFirstSequence,
            Retention retention,
            LongSupplier clockMs) {
        this.directory = directory;
        this.files = files;
        this.byFirstSequence = byFirstSequence;
        this.retention = retention;
        this.clockMs = clockMs;
    }

    static Path path(Path directory, long firstSequence) {
        return directory.resolve("%020d".formatted(firstSequence) + SUFFIX);
    }

    /**
     * Makes a new segment the newest. It gets its name only when its header is on the disk, so every segment has one.
     * Runs on the writer's thread.
     */
    SegmentFile begin(SegmentHeader header) throws IOException {
        Path path = path(directory, header.firstSequence());
        Path unfinished = directory.resolve("%020d".formatted(header.firstSequence()) + UNFINISHED_SUFFIX);
        files.delete(unfinished);
        SegmentFile file = files.create(unfinished);
        try {
            file.writeWhole(header.encode(), 0);
            file.sync();
            Failpoint.SEGMENT_BEFORE_RENAME.pass();
            files.rename(unfinished, path);
            files.syncDirectory(directory);
        } catch (IOException e) {
            file.close();
            throw e;
        }
        byFirstSequence.put(header.firstSequence(), Segment.empty(path, header));
        return file;
    }

    Segment newest() {
        return byFirstSequence.lastEntry().getValue();
    }

    Segment oldest() {
        return byFirstSequence.firstEntry().getValue();
    }

    /** Where the entry {@code sequence} is, or would be; the oldest segment when it is older than all. */
    Segment holding(long sequence) {
        Map.Entry<Long, Segment> found = byFirstSequence.floorEntry(sequence);
        return found == null ? oldest() : found.getValue();
    }

    @Nullable Segment after(Segment segment) {
        Map.Entry<Long, Segment> next = byFirstSequence.higherEntry(segment.firstSequence());
        return next == null ? null : next.getValue();
    }

    boolean contains(Segment segment) {
        return byFirstSequence.containsKey(segment.firstSequence());
    }

    int count() {
        return byFirstSequence.size();
    }

    long bytes() {
        long bytes = 0;
        for (Segment segment : byFirstSequence.values()) {
            bytes += segment.bytes();
        }
        return bytes;
    }

    /** The tables hold every entry up to {@code sequence}. */
    synchronized void checkpointed(long sequence) {
        checkpointed = Math.max(checkpointed, sequence);
        trim();
    }

    /** The upstream holds every entry up to {@code sequence}; less than before after a failover to a stale replica. */
    synchronized void confirmed(long sequence) {
        confirmed = sequence;
        trim();
    }

    synchronized void retain(Retention changed) {
        retention = changed;
        trim();
    }

    /**
     * Deletes from the oldest on, so that what remains is without holes: what is checkpointed, and either was never for the
     * upstream or is confirmed there and past retention.
     */
    private void trim() {
        try {
            long nowMs = clockMs.getAsLong();
            long retained = markConfirmed(nowMs);
            Segment newest = newest();
            boolean deleted = false;
            for (Segment segment : byFirstSequence.values()) {
                if (segment == newest
                        || segment.lastSequence() > checkpointed
                        || segment.lastForUpstream() > confirmed) {
                    break;
                }
                if (segment.lastForUpstream() > 0) {
                    boolean enoughWithout = retained - segment.bytes() >= retention.bytesMax();
                    boolean old = nowMs - segment.confirmed(nowMs)
                            >= retention.ageMax().toMillis();
                    if (!enoughWithout && !old) {
                        break;
                    }
                    retained -= segment.bytes();
                }
                byFirstSequence.remove(segment.firstSequence()); // first, so that no reader goes to look for the file
                Failpoint.TRIM_BEFORE_DELETE.pass();
                files.delete(segment.path());
                Failpoint.TRIM_AFTER_DELETE.pass();
                deleted = true;
            }
            if (deleted) {
                files.syncDirectory(directory);
            }
        } catch (IOException | StorageException e) {
            log.warn("the journal in {} could not be trimmed: {}", directory, e.toString());
        }
    }

    /**
     * Notes since when each segment is confirmed, and returns how many bytes are. Looks no further than to the first segment
     * that is not: a backlog is not read through to find out whether some of it is for nobody.
     */
    private long markConfirmed(long nowMs) throws IOException {
        long bytes = 0;
        Segment newest = newest();
        boolean confirmedSoFar = true;
        for (Segment segment : byFirstSequence.values()) {
            confirmedSoFar = confirmedSoFar
                    && segment != newest
                    && segment.lastSequence() <= checkpointed
                    && segment.lastForUpstream() <= confirmed;
            if (!confirmedSoFar) {
                segment.unconfirmed();
            } else if (segment.lastForUpstream() > 0) {
                segment.confirmed(nowMs);
                bytes += segment.bytes();
            }
        }
        return bytes;
    }

    /** Deletes what a crash left between the creation of a segment and its naming. */
    static void deleteUnfinished(Path directory, SegmentFiles files) throws IOException {
        try (var leftovers = Files.newDirectoryStream(directory, "*" + UNFINISHED_SUFFIX)) {
            for (Path leftover : leftovers) {
                files.delete(leftover);
            }
        }
    }
}
