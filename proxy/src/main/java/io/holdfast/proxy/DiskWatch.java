package io.holdfast.proxy;

import io.holdfast.engine.store.StorageException;
import io.holdfast.proxy.admin.Operations.Cleaned;
import io.holdfast.sync.journal.DiskRoom;
import io.holdfast.sync.journal.Retention;
import io.holdfast.sync.mirror.IdleCopies;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees to it that the data directory has room, on the thread {@code space}: looks each second at what is free and what is
 * used, deletes each hour what is kept no longer, and gives up more where room is short. What the upstream has not
 * confirmed is never given up.
 *
 * <pre>
 *   kept too long, or room is short ──► 1. confirmed journal entries
 *                                       2. conflicts and dead letters that were decided on     (not before their time)
 *                                       3. copies of the upstream's keys, while it is in charge
 *                                       4. what storage.db does not need goes back to the disk
 *   still short ──► writes that take room are refused, see {@link DiskRoom}
 * </pre>
 */
final class DiskWatch implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(DiskWatch.class);

    /** Tests and commands that only look in are over by then. */
    private static final int FIRST_LOOK_SECONDS = 10;

    private static final int CLEAN_UP_HOURS = 1;
    /** Between two attempts to make room. */
    private static final long RELIEF_MS = TimeUnit.SECONDS.toMillis(10);
    /** How long copies must have been idle to be given up, at each attempt in turn. */
    private static final long[] IDLE_SECONDS = {
        Duration.ofDays(1).toSeconds(), Duration.ofHours(1).toSeconds(), 60
    };

    private static final int STEP_SECONDS_MAX = 60;
    private static final int CLOSE_SECONDS_MAX = 5;
    private static final Retention NONE = new Retention(0, Duration.ZERO);

    private final EngineParts parts;
    private final EventLoop loop;
    private final @Nullable IdleCopies copies;
    private final LongSupplier unixMs;
    private final LongSupplier monotonicMs;
    private final DiskUsage usage;
    private final ScheduledExecutorService thread = new ScheduledThreadPoolExecutor(
            1,
            task -> {
                var made = new Thread(task, "space");
                made.setDaemon(true);
                return made;
            },
            new ThreadPoolExecutor.DiscardPolicy()); // who looks when it is closed needs no answer
    private volatile int retentionDays;
    private volatile long bytesMax;
    private volatile DiskUsage.Figures figures;
    private int attempts;
    private long relievedAtMs; // monotonic
    private boolean warned;

    /**
     * @param copies null where there is no upstream, and so nothing that is a copy
     * @param unixMs wall clock, milliseconds
     * @param monotonicMs a clock that never jumps, milliseconds
     */
    DiskWatch(
            ProxyConfig config,
            EngineParts parts,
            EventLoop loop,
            @Nullable IdleCopies copies,
            LongSupplier unixMs,
            LongSupplier monotonicMs) {
        this.parts = parts;
        this.loop = loop;
        this.copies = copies;
        this.unixMs = unixMs;
        this.monotonicMs = monotonicMs;
        usage = new DiskUsage(parts.directory().path());
        figures = new DiskUsage.Figures(0, 0);
        limit(config.retentionDays(), config.maxSizeMb());
    }

    void begin() {
        room().onSpent(() -> thread.execute(this::guardedLook)); // there may be what can go
        thread.execute(this::expect);
        thread.scheduleWithFixedDelay(this::guardedLook, FIRST_LOOK_SECONDS, 1, TimeUnit.SECONDS);
        thread.scheduleWithFixedDelay(this::guardedCleanUp, CLEAN_UP_HOURS, CLEAN_UP_HOURS, TimeUnit.HOURS);
    }

    /**
     * Changes the bounds. Any thread.
     *
     * @param days how long what is not needed any more is kept
     * @param megabytes that the data directory may take; 0: no bound
     */
    void limit(int days, long megabytes) {
        retentionDays = days;
        bytesMax = megabytes << 20;
    }

    /** As {@link #limit}, while it runs: what is used is judged by that at once. Any thread. */
    void change(int days, long megabytes) {
        limit(days, megabytes);
        thread.execute(this::guardedLook);
    }

    /** As they last were. Any thread. */
    DiskUsage.Figures figures() {
        return figures;
    }

    /** {@code ok}, {@code low} while there is little left, or {@code full} while writes are refused. Any thread. */
    String state() {
        if (room().shortage() != null) {
            return "full";
        }
        return figures.isLow(bytesMax) ? "low" : "ok";
    }

    private DiskRoom room() {
        return parts.room();
    }

    private void guardedLook() {
        try {
            look();
        } catch (RuntimeException e) {
            log.error("What is free on the disk cannot be told: {}", e.toString());
        }
    }

    /** What may be written before the first look. */
    private void expect() {
        if (measure() && !room().expect(figures.freeBytes(), figures.usedBytes(), bytesMax)) {
            guardedLook();
        }
    }

    /** Whether it could be told what is free and used. */
    private synchronized boolean measure() {
        try {
            figures = usage.now(parts.database().freeBytes());
            return true;
        } catch (IOException e) {
            log.warn(
                    "What is free on the disk of {} cannot be told: {}",
                    parts.directory().path(),
                    e.getMessage());
            return false;
        }
    }

    /** Looks at what is free and used, and makes room where that is short. On any thread but the loop. */
    synchronized void look() {
        if (!measure()) {
            return;
        }
        room().look(figures.freeBytes(), figures.usedBytes(), bytesMax);
        loop.execute(parts.engine()::roomChanged);
        warn();
        if (room().shortage() == null) {
            if (attempts > 0) {
                parts.journal().retain(retention());
            }
            attempts = 0;
        } else if (attempts == 0 || monotonicMs.getAsLong() - relievedAtMs > RELIEF_MS) {
            relieve();
        }
    }

    private void warn() {
        boolean isLow = figures.isLow(bytesMax);
        if (isLow && !warned) {
            log.warn(
                    "Room is short: {} uses {} MB, {} MB are free on its disk; free some, or allow more"
                            + " (fallback.max_size_mb), before writes have to be refused",
                    parts.directory().path(),
                    figures.usedBytes() >> 20,
                    figures.freeBytes() >> 20);
        }
        warned = isLow;
    }

    private void relieve() {
        relievedAtMs = monotonicMs.getAsLong();
        long idleSeconds = IDLE_SECONDS[Math.min(attempts, IDLE_SECONDS.length - 1)];
        attempts++;
        var unused = loop.submit(parts.journal()::beginSegment); // so that all that is confirmed can go
        parts.journal().retain(NONE);
        Cleaned cleaned = cleanUp(NONE, idleSeconds);
        log.info("Made room: {}", words(cleaned));
    }

    private void guardedCleanUp() {
        try {
            Cleaned cleaned = cleanUp();
            log.debug("Cleaned up: {}", words(cleaned));
        } catch (RuntimeException e) {
            log.warn("The clean-up has not ended: {}", e.toString());
        }
    }

    private static String words(Cleaned cleaned) {
        return cleaned.journalBytes() + " bytes of confirmed entries, " + cleaned.conflicts() + " conflicts, "
                + cleaned.deadLetters() + " dead letters, " + cleaned.copies() + " copies, " + cleaned.storageBytes()
                + " bytes of storage.db";
    }

    /**
     * Deletes what is kept no longer. On any thread but the loop, which it waits for.
     *
     * @throws StorageException when the disk refuses
     */
    Cleaned cleanUp() {
        return cleanUp(retention(), Duration.ofDays(retentionDays).toSeconds());
    }

    private synchronized Cleaned cleanUp(Retention retention, long idleSeconds) {
        long journalBytes = parts.journal().status().bytes();
        parts.journal().retain(retention);
        long oldestEntry = parts.journal().status().firstSequence();
        long beforeMs = unixMs.getAsLong() - Duration.ofDays(retentionDays).toMillis();
        int conflicts = parts.store().conflicts().forgetSettled(beforeMs, oldestEntry);
        int deadLetters = parts.store().deadLetters().forgetDecided(beforeMs, oldestEntry);
        long gone = copies == null ? 0 : await("copies", copies.letGo(idleSeconds));
        long storageBytes = await("storage.db", parts.checkpointer().shrink());
        return new Cleaned(
                Math.max(0, journalBytes - parts.journal().status().bytes()),
                conflicts,
                deadLetters,
                gone,
                storageBytes);
    }

    private Retention retention() {
        return retention(retentionDays);
    }

    /** How long confirmed entries stay that are kept for {@code days}. */
    static Retention retention(int days) {
        return new Retention(Retention.DEFAULT.bytesMax(), Duration.ofDays(days));
    }

    private static long await(String what, CompletableFuture<Long> step) {
        try {
            return step.get(STEP_SECONDS_MAX, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StorageException("interrupted while " + what + " was cleaned up", e);
        } catch (TimeoutException e) {
            throw new StorageException(
                    "cleaning up " + what + " takes longer than " + STEP_SECONDS_MAX + " s; it goes on", e);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            throw cause instanceof StorageException refused ? refused : new StorageException(String.valueOf(cause), e);
        }
    }

    @Override
    public void close() {
        thread.shutdown(); // not interrupted: half a reserve would count as a disk that is full
        try {
            if (!thread.awaitTermination(CLOSE_SECONDS_MAX, TimeUnit.SECONDS)) {
                log.warn("The look at the disk has not ended within {} s", CLOSE_SECONDS_MAX);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
