package io.holdfast.sync.replay;

import io.holdfast.engine.exec.Journal;
import io.holdfast.engine.exec.Journal.Scope;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.sync.journal.DeadLetter;
import io.holdfast.sync.journal.JournalGapException;
import io.holdfast.sync.journal.JournalReader;
import io.holdfast.sync.journal.ReplayState;
import io.holdfast.sync.journal.SyncStore;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection's worth of replay: connect, fence, claim the cursor, batches, until it is stopped or something fails. Then
 * it is over; what the next one does not know from the upstream's cursor, it does not need. Lives on the replay thread, but
 * for {@link #wake} and {@link #stop}.
 */
final class ReplaySession {
    private static final Logger log = LoggerFactory.getLogger(ReplaySession.class);

    /** How often in a row others may touch the cursor before this is not a coincidence. */
    private static final int CLAIMS_MAX = 16;
    /** A commit whose {@link #wake} came too early is found after this. */
    private static final int IDLE_MS_MAX = 50;

    private final ReplayConfig config;
    private final ReplaySource source;
    private final SyncStore store;
    private final ReplayProgress progress;
    private final Upstream upstream;
    private final LongSupplier clockMs;
    private final LongConsumer caughtUp;
    private final Bytes key;

    private final Semaphore wake = new Semaphore(0);
    private final CountDownLatch stopped = new CountDownLatch(1);

    /** Read, and not yet known to be upstream; oldest first. */
    private final Deque<Journal.Entry> pending = new ArrayDeque<>();
    /** Entries among them that the upstream does not take. */
    private final Set<Long> poisoned = new HashSet<>();
    /** For each database used so far, why it cannot be; empty when it can. */
    private final Map<Integer, String> databases = new HashMap<>(Map.of(0, ""));

    private @Nullable JournalReader reader;
    private Cursor cursor;
    private int entriesMax;
    private long passed; // everything up to here is upstream or was never for it
    private long reported = -1;

    ReplaySession(
            ReplayConfig config,
            ReplaySource source,
            SyncStore store,
            ReplayProgress progress,
            Upstream upstream,
            LongSupplier clockMs,
            LongConsumer caughtUp) {
        this.config = config;
        this.source = source;
        this.store = store;
        this.progress = progress;
        this.upstream = upstream;
        this.clockMs = clockMs;
        this.caughtUp = caughtUp;
        key = Cursor.key(config.nodeId());
        cursor = new Cursor(0L, config.epoch(), config.bootId());
        entriesMax = config.batchEntriesMax();
    }

    /** There may be new entries. Any thread. */
    void wake() {
        if (wake.availablePermits() == 0) {
            wake.release();
        }
    }

    /** Ends it, wherever it waits; does not wait for that. Any thread. */
    void stop() {
        stopped.countDown();
        wake();
        upstream.close();
    }

    boolean isStopped() {
        return stopped.getCount() == 0;
    }

    /**
     * Replays until {@link #stop}.
     *
     * @throws IOException when the connection is lost, {@link #stop} included
     * @throws io.holdfast.engine.store.StorageException when the journal or {@code sync.db} fails
     */
    void run() throws IOException, ReplayFailedException, FencedException {
        try {
            progress.checkNotHalted();
            progress.enter(ReplayStatus.State.CONNECTING);
            upstream.connect();
            Greeting.Met met = Greeting.exchange(upstream, config);
            progress.enter(ReplayStatus.State.FENCING);
            new Fence(store.connections(), progress, stopped, config.quietMs())
                    .raise(upstream, met, clockMs.getAsLong());
            claim(met.runId());
            while (!isStopped()) {
                if (!replayMore()) {
                    claim(met.runId());
                }
            }
        } finally {
            upstream.close();
            if (reader != null) {
                reader.close();
            }
            store.replay().flush();
        }
    }

    // ---- claim

    private void claim(String runId) throws IOException, ReplayFailedException, FencedException {
        progress.enter(ReplayStatus.State.CLAIMING);
        for (int i = 0; i < CLAIMS_MAX; i++) {
            upstream.send(Cursor.watchAndRead(key));
            Cursor found = Cursor.of(accepted(upstream.receive(2).get(1)));
            long from = settle(found, runId);
            if (writeClaim(from, runId)) {
                return;
            }
        }
        throw new ReplayFailedException("the cursor in the upstream is touched by others all the time");
    }

    /** Decides where to go on, and opens the journal there. */
    private long settle(Cursor found, String runId) throws ReplayFailedException, FencedException {
        ReplayState state = store.replay();
        boolean sameProcess = state.runId().map(runId::equals).orElse(false);
        long known = state.acknowledged();
        Claim claim = Claim.of(
                found,
                new Claim.Memory(
                        config.epoch(),
                        config.bootId(),
                        known,
                        state.lastSent(),
                        state.everWroteCursor() && state.runId().isPresent(),
                        sameProcess));
        if (claim instanceof Claim.FirstContact || claim instanceof Claim.Agreed) {
            return open(known, known);
        } else if (claim instanceof Claim.ReplyLost lost) {
            log.warn(
                    "Entries {} to {} are upstream, but its replies were lost: if it refused effects among them, they are"
                            + " not in the dead letters",
                    known + 1,
                    lost.cursor());
            return open(lost.cursor(), lost.cursor());
        } else if (claim instanceof Claim.WentBack back) {
            log.error(
                    "The upstream went back: it had the entries up to {} and now has those up to {}; replaying from there",
                    known,
                    back.cursor());
            return open(back.cursor(), known);
        } else if (claim instanceof Claim.Evicted) {
            return settleEvicted(known, Math.max(known, state.lastSent()));
        } else if (claim instanceof Claim.Lost) {
            log.error(
                    "UPSTREAM LOST ITS DATA: another process answers, without this node's cursor. Only what it never"
                            + " confirmed is replayed, from entry {} on; restore it from a backup or from this node's copy",
                    known + 1);
            progress.upstreamLost(
                    "found at " + clockMs.getAsLong() + " ms, entries up to " + known + " were confirmed");
            return open(known, known);
        } else if (claim instanceof Claim.Foreign foreign) {
            throw new FencedException(foreign.reason());
        }
        throw new IllegalStateException("no rule for " + claim);
    }

    /** What was sent and never confirmed may be there or not: it is not sent again, but kept for a person to decide. */
    private long settleEvicted(long known, long lastSent) throws ReplayFailedException {
        log.error(
                "The cursor {} is missing in an upstream that has not restarted: evicted, flushed or deleted. Going on"
                        + " after entry {}",
                key,
                lastSent);
        long from = open(known, known);
        while (from < lastSent) {
            Journal.Entry entry = peek();
            if (entry == null || entry.sequence() > lastSent) {
                break;
            }
            pending.remove();
            from = entry.sequence();
            if (entry.scope() == Scope.UPSTREAM) {
                String error = "in doubt: it was sent, and the cursor that tells whether it was applied is gone";
                progress.bury(Batch.letters(source, entry, clockMs.getAsLong(), error));
            }
        }
        return Math.max(from, lastSent);
    }

    /**
     * Opens the journal after {@code from}, or as near as it is still held.
     *
     * @param known entries up to here were once confirmed; later ones can only be gone if they were not for the upstream
     * @return where it opened
     */
    private long open(long from, long known) throws ReplayFailedException {
        if (reader != null) {
            reader.close();
            reader = null;
        }
        pending.clear();
        if (from > source.committedSequence()) {
            throw new ReplayFailedException("the journal ends with entry " + source.committedSequence()
                    + ", before the upstream's cursor " + from);
        }
        try {
            reader = source.reader(from);
            return from;
        } catch (JournalGapException gap) {
            long opened = gap.firstAvailable() - 1;
            if (from < known) {
                log.error(
                        "JOURNAL-GAP: the upstream lacks the entries {} to {}, which the journal no longer holds",
                        from + 1,
                        Math.min(known, opened));
            }
            reader = source.reader(opened);
            return opened;
        }
    }

    /** False when somebody touched the cursor since it was read. */
    private boolean writeClaim(long from, String runId) throws IOException, ReplayFailedException, FencedException {
        store.replay().writingCursor();
        store.replay().sending(from);
        cursor = new Cursor(from, config.epoch(), config.bootId());
        var batch = new Batch(source);
        batch.seal(key, cursor, clockMs.getAsLong());
        List<Reply> replies = exchange(batch);
        ReplayOutcome outcome = batch.outcome(replies);
        if (outcome instanceof ReplayOutcome.Overtaken) {
            return false;
        }
        if (!(outcome instanceof ReplayOutcome.Applied)) {
            throw new ReplayFailedException("the upstream refuses the cursor: " + outcome);
        }
        store.replay().sawRunId(runId);
        confirm(from);
        if (!found(replies)) {
            return false;
        }
        progress.enter(ReplayStatus.State.REPLAYING);
        return true;
    }

    // ---- batches

    /** Replays one batch, or waits when there is none. False when the cursor must be claimed again. */
    private boolean replayMore() throws IOException, ReplayFailedException, FencedException {
        long committed = source.committedSequence(); // before the look: what is not found then is not there
        if (peek() == null) {
            passed = Math.max(passed, committed);
            idle();
            return true;
        }
        progress.enter(ReplayStatus.State.REPLAYING);
        List<Journal.Entry> entries = pending.stream().limit(entriesMax).toList();
        probe(entries);
        Batch batch = batch(entries);
        if (batch.entriesForUpstream() == 0 && buriedAmong(entries) == 0) {
            done(entries, batch.lastSequence());
            return true;
        }
        return replay(batch, entries);
    }

    private Batch batch(List<Journal.Entry> entries) {
        var batch = new Batch(source);
        for (Journal.Entry entry : entries) {
            if (poisoned.contains(entry.sequence())) {
                batch.pass(entry);
            } else {
                batch.add(entry);
            }
        }
        return batch;
    }

    private boolean replay(Batch batch, List<Journal.Entry> entries)
            throws IOException, ReplayFailedException, FencedException {
        long atMs = clockMs.getAsLong();
        cursor = new Cursor(batch.lastSequence(), config.epoch(), config.bootId());
        batch.seal(key, cursor, atMs);
        store.replay().sending(batch.lastSequence());
        List<Reply> replies = exchange(batch);
        ReplayOutcome outcome = batch.outcome(replies);
        if (outcome instanceof ReplayOutcome.Applied applied) {
            buryRefused(applied.refused());
            progress.applied(batch.entriesForUpstream(), atMs);
            confirm(batch.lastSequence());
            done(entries, batch.lastSequence());
            entriesMax = Math.min(config.batchEntriesMax(), entriesMax * 2);
            return found(replies);
        } else if (outcome instanceof ReplayOutcome.Overtaken) {
            return false;
        } else if (outcome instanceof ReplayOutcome.Poisoned poison) {
            poison.entries().forEach(this::poison);
            return false;
        } else if (outcome instanceof ReplayOutcome.Discarded discarded) {
            bisect(entries, discarded.error(), atMs);
            return false;
        } else if (outcome instanceof ReplayOutcome.Unavailable unavailable) {
            throw new ReplayFailedException("the upstream takes no writes: " + unavailable.reason());
        } else if (outcome instanceof ReplayOutcome.Torn torn) {
            String reason = torn.reason() + "; entries up to " + batch.lastSequence()
                    + " were applied although the cursor may not say so";
            progress.halt(reason);
            throw new FencedException(reason);
        }
        throw new IllegalStateException("no rule for " + outcome);
    }

    /** Half as many next time; one alone is the culprit. */
    private void bisect(List<Journal.Entry> entries, String error, long atMs) {
        if (entries.size() > 1) {
            entriesMax = entries.size() / 2;
        } else {
            Journal.Entry culprit = entries.get(0);
            poison(culprit.sequence(), Batch.letters(source, culprit, atMs, error));
        }
    }

    /** A database that does not exist would send what follows its SELECT into another one: it is tried beforehand. */
    private void probe(List<Journal.Entry> entries) throws IOException, ReplayFailedException {
        Set<Integer> wanted = Batch.databases(entries);
        for (int db : wanted) {
            if (!databases.containsKey(db)) {
                upstream.send(List.of(Batch.select(db), Batch.select(0)));
                List<Reply> replies = upstream.receive(2);
                accepted(replies.get(1));
                databases.put(
                        db,
                        replies.get(0) instanceof Reply.Failure failure
                                ? Refusal.of(failure).text()
                                : "");
            }
        }
        for (Journal.Entry entry : entries) {
            for (int db : Batch.databases(List.of(entry))) {
                String error = databases.get(db);
                if (error != null && !error.isEmpty() && !poisoned.contains(entry.sequence())) {
                    poison(entry.sequence(), Batch.letters(source, entry, clockMs.getAsLong(), error));
                }
            }
        }
    }

    private void poison(long sequence, List<DeadLetter> letters) {
        poisoned.add(sequence);
        log.warn(
                "Entry {} is not taken by the upstream, its {} effects become dead letters: {}",
                sequence,
                letters.size(),
                letters.isEmpty() ? "" : new Refusal(letters.get(0).error()).code());
        progress.bury(letters);
    }

    private void buryRefused(List<DeadLetter> refused) {
        for (DeadLetter letter : refused) {
            log.warn(
                    "Effect {} of entry {} was refused by the upstream and is a dead letter now: {}",
                    letter.effectIndex(),
                    letter.sequence(),
                    new Refusal(letter.error()).code());
        }
        progress.bury(refused);
    }

    private int buriedAmong(List<Journal.Entry> entries) {
        int buried = 0;
        for (Journal.Entry entry : entries) {
            buried += poisoned.contains(entry.sequence()) ? 1 : 0;
        }
        return buried;
    }

    /** These entries need nothing more. */
    private void done(List<Journal.Entry> entries, long last) {
        for (Journal.Entry entry : entries) {
            pending.remove();
            poisoned.remove(entry.sequence());
        }
        passed = Math.max(passed, last);
    }

    /** The upstream's cursor stands here. */
    private void confirm(long sequence) {
        store.replay().acknowledge(sequence);
        progress.confirmed(sequence);
        source.confirmed(sequence);
        passed = sequence;
    }

    /** The oldest entry that is not done; reads on when there is none at hand. */
    private Journal.@Nullable Entry peek() {
        if (pending.isEmpty() && reader != null) {
            pending.addAll(reader.next(config.batchEntriesMax(), config.batchBytesMax()));
        }
        return pending.peek();
    }

    /** Says once that everything is done, and waits for more. */
    private void idle() throws ReplayFailedException {
        progress.enter(ReplayStatus.State.CAUGHT_UP);
        if (passed != reported) {
            reported = passed;
            caughtUp.accept(passed);
        }
        try {
            if (wake.tryAcquire(IDLE_MS_MAX, TimeUnit.MILLISECONDS)) {
                reported = -1; // whoever woke us wants to know again
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ReplayFailedException("interrupted");
        }
    }

    // ---- wire

    private List<Reply> exchange(Batch batch) throws IOException {
        upstream.send(batch.commands());
        return upstream.receive(batch.commands().size());
    }

    /** Whether the cursor is still as the batch left it; what was read behind it is what the next batch stands on. */
    private boolean found(List<Reply> replies) throws FencedException {
        return Cursor.of(Batch.cursorReply(replies)).equals(cursor);
    }

    private static Reply accepted(Reply reply) throws ReplayFailedException {
        if (reply instanceof Reply.Failure failure) {
            throw new ReplayFailedException(
                    "the upstream refused: " + Refusal.of(failure).code());
        }
        return reply;
    }
}
