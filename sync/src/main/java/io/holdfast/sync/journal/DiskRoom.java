package io.holdfast.sync.journal;

import io.holdfast.engine.store.StorageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
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
 *
 * <p>Between two looks the journal's own bytes count, so that who writes fast does not get far beyond what is left.
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

    /** What was found, bytes; the bound is 0 where there is none. */
    private record Figures(long free, long used, long usedMax) {
        static final Figures NONE = new Figures(Long.MAX_VALUE, 0, 0);

        Figures behind(long written) {
            return new Figures(free - written, used + written, usedMax);
        }

        /** What may be written before it is too much. */
        long left() {
            return Math.min(free - STOP_BYTES, usedMax == 0 ? Long.MAX_VALUE : usedMax - used);
        }
    }

    private final Path reserve;
    private final SegmentFiles files;
    private final AtomicLong writtenSince = new AtomicLong();
    private volatile State state = State.AMPLE;
    private volatile Figures found = Figures.NONE;
    private volatile long left = found.left();
    private volatile Runnable onSpent = () -> {};

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
     * What a look would find, before there is a reserve.
     *
     * @return whether there is room
     */
    public synchronized boolean expect(long freeBytes, long usedBytes, long usedMax) {
        found(new Figures(freeBytes, usedBytes, usedMax));
        return whyShort(found) == null;
    }

    private void found(Figures figures) {
        found = figures;
        left = figures.left();
        writtenSince.set(0);
    }

    /** From now on {@code look} is called, on the writer's thread, where what was left is written: it must not wait. */
    public void onSpent(Runnable look) {
        onSpent = look;
    }

    /** The journal has grown. */
    void written(long bytes) {
        if (writtenSince.addAndGet(bytes) > left && state.level() == Level.AMPLE) {
            spent();
        }
    }

    /** What was left at the last look is written. */
    private synchronized void spent() {
        String why = whyShort(found.behind(writtenSince.get()));
        if (state.level() == Level.AMPLE && why != null) {
            isShort(why);
            onSpent.run();
        }
    }

    private void isShort(String why) {
        log.error(
                "Writes are refused, reads go on: {}; free some space, or allow more, then writing begins again", why);
        state = new State(Level.SHORT, why);
    }

    /**
     * Judges anew, and keeps the reserve whole.
     *
     * @param freeBytes what this process may yet write to the disk
     * @param usedBytes what the data directory takes
     * @param usedMax what it may take; 0: no bound
     */
    public synchronized void look(long freeBytes, long usedBytes, long usedMax) {
        found(new Figures(freeBytes, usedBytes, usedMax));
        String why = whyShort(found);
        if (why == null && !reserveIsWhole()) {
            why = "the reserve cannot be written";
        }
        State before = state;
        if (why == null) {
            state = State.AMPLE;
            if (before.level() != Level.AMPLE) {
                log.info("There is room in {} again: writes are taken", reserve.getParent());
            }
        } else if (before.level() == Level.AMPLE) {
            isShort(why);
        } else if (before.level() == Level.SHORT) {
            state = new State(Level.SHORT, why);
        }
    }

    private @Nullable String whyShort(Figures figures) {
        boolean wasShort = state.level() != Level.AMPLE;
        if (figures.free() < (wasShort ? RESUME_BYTES : STOP_BYTES)) {
            return (figures.free() >> 20) + " MB are free on the disk of " + reserve.getParent();
        }
        long max = figures.usedMax();
        if (max > 0 && figures.used() > (wasShort ? max / 100 * RESUME_PERCENT : max)) {
            return reserve.getParent() + " takes " + (figures.used() >> 20) + " MB of the " + (max >> 20)
                    + " MB it may";
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
