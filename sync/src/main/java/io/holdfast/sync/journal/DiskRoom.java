package io.holdfast.sync.journal;

import io.holdfast.engine.store.StorageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether the data directory has room for what clients write, and some bytes in it that are set aside: when the disk is
 * full all the same, they are given up, so that what has begun can be ended. Any thread.
 *
 * <pre>
 *   AMPLE ──little is left, or more is used than allowed──► SHORT ──a commit finds the disk full──► EXHAUSTED
 *     ▲                        what frees room may go on      │            nothing is taken              │
 *     └───────────── there is enough again, and the reserve is whole ◄───────────────────────────────────┘
 * </pre>
 */
public final class DiskRoom {
    /** The file of the reserve. */
    public static final String FILE_NAME = "reserve";

    static final long RESERVE_BYTES = 16L << 20;
    /** Less that is free, and nothing that takes room is written any more: others may be about to fill the disk. */
    static final long STOP_BYTES = 64L << 20;
    /** So much more must be free before writing begins again. */
    static final long RESUME_BYTES = STOP_BYTES + RESERVE_BYTES * 2;

    /** Of what is allowed, as hundredths, below which writing begins again. */
    private static final int RESUME_PERCENT = 95;

    private static final int CHUNK_BYTES = 1 << 20;

    private static final Logger log = LoggerFactory.getLogger(DiskRoom.class);

    private enum Level {
        AMPLE,
        SHORT,
        EXHAUSTED
    }

    /**
     * How things are.
     *
     * @param why in words; null when there is ample room
     */
    private record State(Level level, @Nullable String why) {
        static final State AMPLE = new State(Level.AMPLE, null);
    }

    private final Path reserve;
    private final SegmentFiles files;
    private volatile State state = State.AMPLE;

    private DiskRoom(Path reserve, SegmentFiles files) {
        this.reserve = reserve;
        this.files = files;
    }

    /** The room that {@code directory} has; the reserve is made by the first {@link #look}. */
    public static DiskRoom of(Path directory) {
        return of(directory, new DiskFiles());
    }

    static DiskRoom of(Path directory, SegmentFiles files) {
        return new DiskRoom(directory.resolve(FILE_NAME), files);
    }

    /** Why nothing may be written that takes room; null while there is room. */
    public @Nullable String shortage() {
        return state.why();
    }

    /** Whether nothing at all may be written. */
    public boolean isExhausted() {
        return state.level() == Level.EXHAUSTED;
    }

    /** Whether {@code failure} says that the disk, or what this user may have of it, is full. */
    static boolean isFull(IOException failure) {
        String message = String.valueOf(failure.getMessage()).toLowerCase(Locale.ROOT);
        return message.contains("no space left") // Linux, macOS
                || message.contains("quota exceeded")
                || message.contains("not enough space"); // Windows
    }

    /**
     * A write found the disk full: gives up the reserve.
     *
     * @return whether there was one, so that it is worth to try again
     */
    synchronized boolean exhausted() {
        boolean gaveUp = false;
        try {
            gaveUp = Files.exists(reserve);
            files.delete(reserve);
        } catch (IOException e) {
            log.error("The reserve {} cannot be given up: {}", reserve, e.getMessage());
        }
        if (state.level() != Level.EXHAUSTED) {
            log.error(
                    "The disk of {} is full: writes are refused, reads go on; free {} MB there, then writing begins again",
                    reserve.getParent(),
                    RESUME_BYTES >> 20);
        }
        state = new State(Level.EXHAUSTED, "the disk of " + reserve.getParent() + " is full");
        return gaveUp;
    }

    /**
     * Judges anew, and keeps the reserve whole.
     *
     * @param freeBytes what this process may yet write to the disk
     * @param usedBytes what the data directory takes
     * @param usedMax what it may take; 0: no bound
     */
    public synchronized void look(long freeBytes, long usedBytes, long usedMax) {
        String why = whyShort(freeBytes, usedBytes, usedMax);
        if (why == null && !reserveIsWhole()) {
            why = "the reserve cannot be written";
        }
        State before = state;
        if (why == null) {
            state = State.AMPLE;
            if (before.level() != Level.AMPLE) {
                log.info("There is room in {} again: writes are taken", reserve.getParent());
            }
        } else if (before.level() != Level.EXHAUSTED) {
            state = new State(Level.SHORT, why);
            if (before.level() == Level.AMPLE) {
                log.error(
                        "Writes are refused, reads go on: {}; free some space, or allow more, then writing begins again",
                        why);
            }
        }
    }

    private @Nullable String whyShort(long freeBytes, long usedBytes, long usedMax) {
        boolean wasShort = state.level() != Level.AMPLE;
        if (freeBytes < (wasShort ? RESUME_BYTES : STOP_BYTES)) {
            return (freeBytes >> 20) + " MB are free on the disk of " + reserve.getParent();
        }
        if (usedMax > 0 && usedBytes > (wasShort ? usedMax / 100 * RESUME_PERCENT : usedMax)) {
            return reserve.getParent() + " takes " + (usedBytes >> 20) + " MB of the " + (usedMax >> 20) + " MB it may";
        }
        return null;
    }

    private boolean reserveIsWhole() {
        try {
            if (Files.exists(reserve) && Files.size(reserve) == RESERVE_BYTES) {
                return true;
            }
            files.delete(reserve);
            fill();
            return true;
        } catch (IOException | StorageException e) {
            log.warn("The reserve {} cannot be written: {}", reserve, e.getMessage());
            return false;
        }
    }

    /** With bytes that no file system makes smaller. */
    private void fill() throws IOException {
        var random = new SplittableRandom(0);
        var chunk = new byte[CHUNK_BYTES];
        try (SegmentFile file = files.create(reserve)) {
            for (long at = 0; at < RESERVE_BYTES; at += CHUNK_BYTES) {
                random.nextBytes(chunk);
                file.writeWhole(ByteBuffer.wrap(chunk), at);
            }
            file.sync();
        }
    }
}
