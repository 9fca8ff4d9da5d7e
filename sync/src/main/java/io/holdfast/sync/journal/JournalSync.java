package io.holdfast.sync.journal;

import io.holdfast.engine.failpoint.Failpoint;
import io.holdfast.engine.store.StorageException;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * Brings what the writer wrote onto the disk, when {@link AppendFsync} says so. The writer calls {@link #awaitRoom},
 * {@link #written} and {@link #follow}; {@link #sync} runs on any thread, and each second on {@code journal-sync}. At most
 * one sync runs at a time.
 */
final class JournalSync implements AutoCloseable {
    static final long INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(1);
    /** Commits wait when the oldest byte that is not on the disk is older than this. */
    static final long OVERDUE_NANOS = TimeUnit.SECONDS.toNanos(2);
    /** A disk that takes longer has failed. */
    static final long STALLED_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final JournalFailure failure;
    private final LongSupplier clockMs;
    private final LongSupplier ticker;
    private final Thread thread;

    private SegmentFile file;
    private volatile AppendFsync appendFsync;
    private long writtenSequence;
    private boolean dirty;
    private long dirtySinceNanos; // when the oldest byte was written that no sync covers
    private boolean running;
    private long coveredSinceNanos; // when the oldest byte was written that the running sync covers
    private boolean closed;

    private volatile long syncedSequence;
    private volatile long lastSyncMs;
    private volatile long delayedCommits;

    /**
     * Syncs {@code file}, of which everything up to {@code sequence} is on the disk.
     *
     * @param ticker a clock that only rises, nanoseconds
     */
    JournalSync(
            SegmentFile file,
            long sequence,
            AppendFsync appendFsync,
            JournalFailure failure,
            LongSupplier clockMs,
            LongSupplier ticker) {
        this.file = file;
        this.appendFsync = appendFsync;
        this.failure = failure;
        this.clockMs = clockMs;
        this.ticker = ticker;
        writtenSequence = sequence;
        syncedSequence = sequence;
        thread = new Thread(this::run, "journal-sync");
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    AppendFsync setting() {
        return appendFsync;
    }

    void set(AppendFsync setting) {
        lock.lock();
        try {
            if (setting != appendFsync) {
                appendFsync = setting;
                dirtySinceNanos = ticker.getAsLong(); // bytes that nobody meant to sync are not overdue
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    long syncedSequence() {
        return syncedSequence;
    }

    long lastSyncMs() {
        return lastSyncMs;
    }

    long delayedCommits() {
        return delayedCommits;
    }

    /**
     * Returns when a write may follow: at once, unless syncing each second has fallen behind.
     *
     * @throws StorageException when the disk does not come back
     */
    @SuppressWarnings("NonAtomicVolatileUpdate") // only the writer counts
    void awaitRoom() {
        lock.lock();
        try {
            if (overdue()) {
                delayedCommits++;
                long left = STALLED_NANOS;
                while (overdue() && !failure.happened()) {
                    left = await(left);
                }
                failure.refuse();
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Notes that everything up to {@code sequence} is written, and syncs it if each commit is to be.
     *
     * @throws StorageException when the sync failed
     */
    void written(long sequence) {
        boolean now;
        lock.lock();
        try {
            writtenSequence = sequence;
            if (!dirty) {
                dirty = true;
                dirtySinceNanos = ticker.getAsLong();
                if (appendFsync == AppendFsync.EVERYSEC) {
                    changed.signalAll();
                }
            }
            now = appendFsync == AppendFsync.ALWAYS;
        } finally {
            lock.unlock();
        }
        if (now) {
            sync();
        }
    }

    /** Goes on with a new file; everything written before is synced, and a caller that came first is done. */
    void follow(SegmentFile next, long sequence) {
        lock.lock();
        try {
            awaitIdle();
            assert !dirty : "a segment is synced before the next begins";
            file = next;
            writtenSequence = sequence;
            syncedSequence = sequence;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Returns when everything written before the call is on the disk. Any thread.
     *
     * @throws StorageException when it cannot be; the journal refuses writes from then on
     */
    void sync() {
        SegmentFile target;
        long sequence;
        lock.lock();
        try {
            awaitIdle();
            failure.refuse();
            if (!dirty) {
                return;
            }
            dirty = false;
            coveredSinceNanos = dirtySinceNanos;
            running = true;
            target = file;
            sequence = writtenSequence;
        } finally {
            lock.unlock();
        }
        boolean done = false;
        try {
            Failpoint.JOURNAL_BEFORE_SYNC.pass();
            target.sync();
            Failpoint.JOURNAL_AFTER_SYNC.pass();
            done = true;
        } catch (IOException e) {
            throw failure.report(new StorageException("the journal could not be synced: " + e.getMessage(), e));
        } finally {
            finish(done, sequence);
        }
    }

    private void finish(boolean done, long sequence) {
        lock.lock();
        try {
            running = false;
            if (done) {
                syncedSequence = sequence;
                lastSyncMs = clockMs.getAsLong();
            } else if (!failure.happened()) {
                failure.report(new StorageException("a sync of the journal ended without a result"));
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        try {
            thread.join(TimeUnit.NANOSECONDS.toMillis(STALLED_NANOS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        while (awaitDue()) {
            try {
                sync();
            } catch (StorageException e) {
                return; // reported: the next commit throws it
            }
        }
    }

    private boolean awaitDue() {
        lock.lock();
        try {
            while (!closed && !failure.happened()) {
                boolean wanted = dirty && appendFsync == AppendFsync.EVERYSEC;
                long left = wanted ? INTERVAL_NANOS - (ticker.getAsLong() - dirtySinceNanos) : Long.MAX_VALUE;
                if (left <= 0) {
                    return true;
                }
                changed.awaitNanos(left);
            }
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // nobody interrupts this thread but the end of the process
            return false;
        } finally {
            lock.unlock();
        }
    }

    private boolean overdue() {
        if (appendFsync != AppendFsync.EVERYSEC) {
            return false;
        }
        long now = ticker.getAsLong();
        return (running && now - coveredSinceNanos > OVERDUE_NANOS) || (dirty && now - dirtySinceNanos > OVERDUE_NANOS);
    }

    private void awaitIdle() {
        long left = STALLED_NANOS;
        while (running) {
            left = await(left);
        }
    }

    @SuppressWarnings("WaitNotInLoop") // its callers loop
    private long await(long left) {
        if (left <= 0) {
            throw failure.report(new StorageException("the disk has not finished a sync of the journal for "
                    + TimeUnit.NANOSECONDS.toSeconds(STALLED_NANOS) + " seconds"));
        }
        try {
            return changed.awaitNanos(left);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw failure.report(new StorageException("interrupted while the disk synced the journal", e));
        }
    }
}
