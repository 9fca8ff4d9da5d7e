package io.holdfast.sync.journal;

import java.io.IOException;
import java.nio.file.Path;

/**
 * What is known of one segment file. The writer publishes how far it is committed; every thread may read that, because
 * committed bytes never change.
 */
final class Segment {
    /** {@link #lastForUpstream} of a segment that an earlier process wrote and nobody has looked through since. */
    private static final long UNKNOWN = -1;

    private static final long NOT_CONFIRMED = Long.MIN_VALUE;

    private final Path path;
    private final long firstSequence;
    private final long follows;

    private volatile long lastSequence;
    private volatile long lastForUpstream;
    private volatile long bytes; // published last: what it covers is complete
    private long confirmedAtMs = NOT_CONFIRMED; // guarded by Segments

    private Segment(Path path, long firstSequence, long follows, long lastSequence, long lastForUpstream, long bytes) {
        this.path = path;
        this.firstSequence = firstSequence;
        this.follows = follows;
        this.lastSequence = lastSequence;
        this.lastForUpstream = lastForUpstream;
        this.bytes = bytes;
    }

    /** A segment without records. */
    static Segment empty(Path path, SegmentHeader header) {
        return new Segment(
                path, header.firstSequence(), header.follows(), header.firstSequence() - 1, 0, SegmentHeader.BYTES);
    }

    /** A segment of an earlier process with a newer one after it, not looked through. */
    static Segment full(Path path, SegmentHeader header, long bytes, long lastSequence) {
        return new Segment(path, header.firstSequence(), header.follows(), lastSequence, UNKNOWN, bytes);
    }

    Path path() {
        return path;
    }

    long firstSequence() {
        return firstSequence;
    }

    /** The newest entry of the segment before. */
    long follows() {
        return follows;
    }

    /** The newest committed entry; {@code firstSequence - 1} while there is none. */
    long lastSequence() {
        return lastSequence;
    }

    /** Where the newest committed record ends. */
    long bytes() {
        return bytes;
    }

    boolean hasRecords() {
        return bytes > SegmentHeader.BYTES;
    }

    /** Publishes a record that ends at {@code end}. Runs on the writer's thread. */
    void committed(long end, long last, boolean concernsUpstream) {
        if (concernsUpstream) {
            lastForUpstream = last;
        }
        lastSequence = last;
        bytes = end;
    }

    /** The newest entry that is for the upstream or a base of one; 0 when there is none. Not on the newest segment. */
    long lastForUpstream() throws IOException {
        if (lastForUpstream == UNKNOWN) {
            long last = 0;
            try (var scanner = new RecordScanner(path)) {
                while (scanner.next(bytes)) {
                    if (scanner.concernsUpstream()) {
                        last = scanner.lastSequence();
                    }
                }
                if (scanner.position() < bytes) {
                    last = lastSequence; // damaged: what cannot be read may be for the upstream
                }
            }
            lastForUpstream = last;
        }
        return lastForUpstream;
    }

    /** Notes that the upstream has all of it; returns since when. */
    long confirmed(long nowMs) {
        if (confirmedAtMs == NOT_CONFIRMED) {
            confirmedAtMs = nowMs;
        }
        return confirmedAtMs;
    }

    /** Notes that the upstream does not, or no longer, have all of it. */
    void unconfirmed() {
        confirmedAtMs = NOT_CONFIRMED;
    }
}
