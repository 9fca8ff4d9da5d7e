package io.holdfast.engine.store;

import io.holdfast.engine.exec.Journal;
import io.holdfast.engine.failpoint.Failpoint;
import io.holdfast.engine.keyspace.Changes;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the tables up to date with the keyspace, one checkpoint after another, while clients are served. Everything
 * here is called on the engine loop; the writing alone happens on a thread of its own, {@code checkpoint}.
 *
 * <pre>
 *   IDLE ──due──► COLLECTING ──all rows──► WRITING ──committed──► IDLE
 *                  loop, a slice             thread  └──failed──► FAILED ──after a pause──► WRITING, the same rows
 * </pre>
 *
 * <p>The cut of a checkpoint is a journal sequence. The journal is synced before the tables are written, so that they
 * never hold what the journal could still lose; only when they are committed does the journal hear of it.
 *
 * <p>A checkpoint that could not be written is kept and written again before any other, so no change is forgotten; what
 * happens meanwhile waits for the next. So at most one checkpoint's rows are in memory.
 */
public final class Checkpointer implements AutoCloseable {
    /** Between two looks at the rows collected so far. */
    private static final int KEYS_A_STEP = 32;
    /** A slice ends at about so many rows, well under a millisecond of the loop's time. */
    private static final int ROWS_A_SLICE = 1_000;

    private static final long RETRY_FIRST_MS = 1_000;
    private static final long RETRY_MAX_MS = 60_000;

    private static final Logger log = LoggerFactory.getLogger(Checkpointer.class);

    /**
     * When to checkpoint.
     *
     * @param intervalMs rest after a checkpoint, while few commands come
     * @param busyIntervalMs rest after a checkpoint, while many come
     * @param busyCommands from so many commands between two calls of {@link #maybeBegin} on, the engine counts as busy
     * @param keysMax with more changed keys than this there is no rest beyond the time the last checkpoint took
     */
    public record Pacing(long intervalMs, long busyIntervalMs, long busyCommands, int keysMax) {
        /** For a call each 100 ms. */
        public static final Pacing DEFAULT = new Pacing(1_000, 10_000, 1_000, 50_000);
        /**
         * For a copy of what is safe elsewhere: what changes is not journaled, so nothing is lost by waiting, and each
         * checkpoint takes a core from clients.
         */
        public static final Pacing COPY = new Pacing(60_000, 60_000, 1_000, 1_000_000);
    }

    public enum State {
        IDLE,
        COLLECTING,
        WRITING,
        FAILED
    }

    /**
     * How it goes, for INFO and LASTSAVE.
     *
     * @param endedAtMs when the last successful checkpoint ended, Unix milliseconds; 0 when there was none yet
     * @param rows that it wrote
     * @param durationMs it took, from its cut to its commit
     * @param keysOwed changed keys that the next one will write
     * @param failure why the last attempt failed, null when it did not
     */
    public record Status(
            State state,
            long endedAtMs,
            long rows,
            long durationMs,
            int keysOwed,
            @Nullable String failure) {}

    /** What is written beside the tables of keys, because people want to see it there. */
    public interface Companion {
        /** For a journal that is no table, and for tests. */
        Companion NONE = new Companion() {
            @Override
            public boolean isOwed() {
                return false;
            }

            @Override
            public void write() {}
        };

        /** Whether it would be written otherwise than it was. On the engine loop. */
        boolean isOwed();

        /** Writes it, on the checkpoint thread, behind the tables; what goes wrong there stops nobody. */
        void write();
    }

    private record Cut(CheckpointBatch batch, long sequence, long lastId, int generation, long beganMs) {}

    private final Changes changes;
    private final Journal journal;
    private final Database database;
    private final Executor loop;
    private Pacing pacing;
    private Companion companion = Companion.NONE;
    private final LongSupplier unixMs;
    private final LongSupplier monotonicMs;
    private final ExecutorService thread;

    private List<CompletableFuture<Void>> waiting = new ArrayList<>(); // for the next cut
    private List<CompletableFuture<Void>> served = List.of(); // by the cut that is under way
    private State state = State.IDLE;
    private boolean beginsSoon;
    private @Nullable Cut cut; // in every state but IDLE
    private CompletableFuture<Void> write = CompletableFuture.completedFuture(null);
    private long endedMs; // monotonic
    private long retryAtMs;
    private long retryPauseMs = RETRY_FIRST_MS;
    private long endedAtMs;
    private long lastRows;
    private long lastDurationMs;
    private @Nullable String failure;

    /**
     * @param loop runs tasks on the engine loop, behind what is queued there already
     * @param unixMs wall clock, milliseconds
     * @param monotonicMs a clock that never jumps, milliseconds
     * @param thread writes, one task after the other; ended by {@link #close}
     */
    public Checkpointer(
            Changes changes,
            Journal journal,
            Database database,
            Executor loop,
            Pacing pacing,
            LongSupplier unixMs,
            LongSupplier monotonicMs,
            ExecutorService thread) {
        this.changes = changes;
        this.journal = journal;
        this.database = database;
        this.loop = loop;
        this.pacing = pacing;
        this.unixMs = unixMs;
        this.monotonicMs = monotonicMs;
        this.thread = thread;
        this.endedMs = monotonicMs.getAsLong();
    }

    /** Keeps to another pace from now on; a checkpoint that is due by it begins with the next {@link #maybeBegin}. */
    public void pace(Pacing by) {
        pacing = by;
    }

    /**
     * Begins a checkpoint if one is due. To be called each 100 ms, when the turn's entries are committed: while some are
     * only staged nothing begins, as the tables must not hold a write that may yet be refused.
     *
     * @param commands executed since the last call
     */
    public void maybeBegin(long commands) {
        long nowMs = monotonicMs.getAsLong();
        switch (state) {
            case IDLE -> {
                if (!waiting.isEmpty() && journal.hasFailed()) {
                    failWaiting(new StorageException("checkpoints fail: the journal has failed"));
                }
                serveIdle();
                if (isDue(nowMs, commands)) {
                    collectSlice(begin());
                }
            }
            case FAILED -> {
                if (nowMs >= retryAtMs && !journal.hasFailed()) {
                    startWriting();
                }
            }
            case COLLECTING, WRITING -> {}
        }
    }

    /** Lets the next call of {@link #maybeBegin} begin, without a rest; false when a checkpoint is under way. */
    public boolean beginSoon() {
        beginsSoon = state == State.IDLE;
        return beginsSoon;
    }

    /**
     * Lets a checkpoint begin soon, and tells when the tables hold everything that is in memory now.
     *
     * @return completed on the loop; exceptionally, by a {@link StorageException}, when it cannot be written
     */
    public CompletableFuture<Void> upToDate() {
        if (state == State.FAILED || journal.hasFailed()) {
            return CompletableFuture.failedFuture(new StorageException(
                    "checkpoints fail: " + (failure == null ? "the journal has failed" : failure)));
        }
        var future = new CompletableFuture<Void>();
        waiting.add(future);
        serveIdle();
        return future;
    }

    /** Whoever waits where there is nothing to write has what he wants. */
    private void serveIdle() {
        if (state == State.IDLE && !waiting.isEmpty() && !isOwed() && !journal.hasStaged()) {
            List<CompletableFuture<Void>> done = waiting;
            waiting = new ArrayList<>();
            done.forEach(future -> future.complete(null));
        }
    }

    private void failWaiting(Throwable cause) {
        List<CompletableFuture<Void>> all = new ArrayList<>(served);
        all.addAll(waiting);
        served = List.of();
        waiting = new ArrayList<>();
        all.forEach(future -> future.completeExceptionally(cause));
    }

    private boolean isDue(long nowMs, long commands) {
        boolean asked = beginsSoon || !waiting.isEmpty();
        beginsSoon = false;
        if (asked && isOwed() && !journal.hasStaged() && !journal.hasFailed()) {
            return true;
        }
        if (!isOwed() || journal.hasStaged() || journal.hasFailed()) {
            return false;
        }
        if (changes.isCheckpointWanted()) {
            return true;
        }
        long restedMs = nowMs - endedMs;
        if (restedMs < lastDurationMs) {
            return false; // at least half of the time belongs to others
        }
        long restMs = commands < pacing.busyCommands() ? pacing.intervalMs() : pacing.busyIntervalMs();
        return restedMs >= restMs || changes.owed() > pacing.keysMax();
    }

    /** Lets something be written with each checkpoint from now on. To be called before there are clients. */
    public void accompanied(Companion by) {
        companion = by;
    }

    private boolean isOwed() {
        return companion.isOwed() || changes.owed() > 0 || journal.lastSequence() > database.checkpointedSequence();
    }

    private int begin() {
        var batch = new CheckpointBatch();
        changes.begin(batch);
        served = waiting;
        waiting = new ArrayList<>();
        cut = new Cut(batch, journal.lastSequence(), changes.lastId(), changes.generation(), monotonicMs.getAsLong());
        state = State.COLLECTING;
        return changes.generation();
    }

    /** Collects some rows and comes back for more behind the clients that wait. */
    private void collectSlice(int generation) {
        if (state != State.COLLECTING || requireCut().generation() != generation) {
            return; // checkpointNow has been faster
        }
        Cut current = requireCut();
        long rowsMax = current.batch().rows() + ROWS_A_SLICE;
        while (current.batch().rows() < rowsMax) {
            if (changes.writeSome(KEYS_A_STEP)) {
                startWriting();
                return;
            }
        }
        loop.execute(() -> collectSlice(generation));
    }

    private void startWriting() {
        Cut current = requireCut();
        state = State.WRITING;
        CompletableFuture<Void> started = CompletableFuture.runAsync(() -> write(current), thread);
        write = started;
        var unused = started.whenComplete((done, failed) -> loop.execute(() -> {
            if (write == started) {
                settle();
            }
        }));
    }

    /** On the checkpoint thread. */
    private void write(Cut of) {
        Failpoint.CHECKPOINT_BEGIN.pass();
        journal.sync();
        database.write(of.batch(), of.sequence(), of.lastId());
        Failpoint.CHECKPOINT_BEFORE_TRIM.pass();
        journal.checkpointed(of.sequence());
        companion.write();
    }

    /** Takes note of how writing ended; waits for its end if need be. */
    private void settle() {
        if (state != State.WRITING) {
            return; // checkpointNow has been faster
        }
        try {
            write.join();
            succeeded(requireCut());
        } catch (CompletionException e) {
            failed(e.getCause() == null ? e : e.getCause());
        }
    }

    private void succeeded(Cut of) {
        changes.durable(of.generation());
        changes.checkpointFails(false);
        endedMs = monotonicMs.getAsLong();
        endedAtMs = unixMs.getAsLong();
        lastDurationMs = endedMs - of.beganMs();
        lastRows = of.batch().rows();
        if (failure != null) {
            log.info("checkpoints work again: {} rows up to journal entry {}", lastRows, of.sequence());
        }
        failure = null;
        retryPauseMs = RETRY_FIRST_MS;
        cut = null;
        state = State.IDLE;
        List<CompletableFuture<Void>> done = served;
        served = List.of();
        done.forEach(future -> future.complete(null));
    }

    private void failed(Throwable cause) {
        failure = String.valueOf(cause.getMessage());
        state = State.FAILED;
        changes.checkpointFails(true);
        retryAtMs = monotonicMs.getAsLong() + retryPauseMs;
        if (cause instanceof StorageException) {
            log.warn("checkpoint failed, next attempt in {} ms: {}", retryPauseMs, failure);
        } else {
            log.error("checkpoint failed, next attempt in {} ms", retryPauseMs, cause);
        }
        retryPauseMs = Math.min(retryPauseMs * 2, RETRY_MAX_MS);
        failWaiting(new StorageException("checkpoints fail: " + failure));
    }

    private Cut requireCut() {
        Cut current = cut;
        if (current == null) {
            throw new IllegalStateException("no checkpoint in state " + state);
        }
        return current;
    }

    /**
     * Writes everything that has changed before it returns; one that is under way is ended first. For SAVE and for tests:
     * nobody is served meanwhile.
     *
     * @throws StorageException when it could not be written, or when the journal has failed
     * @throws IllegalStateException when entries are staged and not committed
     */
    public void checkpointNow() {
        if (journal.hasFailed()) {
            throw new StorageException("no checkpoint after the journal has failed: what is in memory may go beyond it;"
                    + " see to the disk and start again");
        }
        if (journal.hasStaged()) {
            throw new IllegalStateException("a checkpoint with uncommitted entries");
        }
        finishCurrent();
        if (isOwed()) {
            var unused = begin();
            finishCurrent();
        }
    }

    private void finishCurrent() {
        if (state == State.COLLECTING) {
            boolean all;
            do {
                all = changes.writeSome(KEYS_A_STEP);
            } while (!all);
            startWriting();
        } else if (state == State.FAILED) {
            startWriting();
        }
        settle();
        if (state == State.FAILED) {
            throw new StorageException(String.valueOf(failure));
        }
    }

    /**
     * Gives what the tables do not need back to the disk, behind a checkpoint that is being written. Any thread.
     *
     * @return by how many bytes the file has got smaller; completed exceptionally, by a {@link StorageException}, when it
     *     could not
     */
    public CompletableFuture<Long> shrink() {
        return CompletableFuture.supplyAsync(database::shrink, thread);
    }

    public Status status() {
        return new Status(state, endedAtMs, lastRows, lastDurationMs, changes.owed(), failure);
    }

    /**
     * The end of a graceful stop: one last checkpoint, then the database is closed. The loop must take no more commands
     * and must have committed. When the checkpoint fails the journal still has everything, and a line in the log says so.
     */
    @Override
    public void close() {
        try {
            checkpointNow();
        } catch (StorageException e) {
            log.warn("the last checkpoint failed, the next start reads the journal instead: {}", e.getMessage());
        } finally {
            settle();
            failWaiting(new StorageException("Holdfast is ending"));
            thread.shutdown();
            database.close();
        }
    }
}
