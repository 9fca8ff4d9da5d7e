package io.holdfast.sync.replay;

import io.holdfast.engine.exec.Journal;
import io.holdfast.engine.failpoint.Failpoint;
import io.holdfast.sync.conflict.ConflictCheck;
import io.holdfast.sync.conflict.NodeClock;
import io.holdfast.sync.conflict.Stamping;
import io.holdfast.sync.conflict.Touches;
import io.holdfast.sync.journal.Damage;
import io.holdfast.sync.journal.DeadLetter;
import io.holdfast.sync.journal.SyncStore;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection's worth of replay: connect, fence, claim the cursor, batches, until it is stopped or something fails. Then
 * it is over; the next one learns from the upstream's cursor what it needs. Lives on the replay thread, but for
 * {@link #wake} and {@link #stop}.
 */
final class ReplaySession {
    private static final Logger log = LoggerFactory.getLogger(ReplaySession.class);

    /** A commit whose {@link #wake} came too early is found after this. */
    private static final int IDLE_MS_MAX = 50;
    /** A new cap on the rate, or the end, is seen after this. */
    private static final long MOMENT_NANOS = TimeUnit.MILLISECONDS.toNanos(IDLE_MS_MAX);
    /** A key that others write all the time must not hold everything up: after so many attempts it is only compared. */
    private static final int GUARDED_ATTEMPTS_MAX = 8;

    private final ReplayConfig config;
    private final Supplier<ReplaySettings> settings;
    private final ReplaySource source;
    private final SyncStore store;
    private final ReplayProgress progress;
    private final Touches touches;
    private final Upstream upstream;
    private final ReplayEnvironment environment;
    private final LongSupplier clockMs;
    private final Waits waits;
    private final LongConsumer caughtUp;
    private final boolean beside;
    private final Backlog backlog;
    private final Tenure tenure;
    private final Replicas replicas;

    private final Semaphore wake = new Semaphore(0);
    private final CountDownLatch stopped = new CountDownLatch(1);

    /** Entries ahead that the upstream does not take; they are dead letters already. */
    private final Set<Long> poisoned = new HashSet<>();

    private final Stamping stamping;
    private final ConflictCheck conflicts;
    private final Planner planner;
    private volatile boolean finishing;
    private final BatchSize batchSize;
    private final Throttle throttle;
    private Stopwatch stopwatch = Stopwatch.NONE;
    private int overtakenInARow;
    /** Entries up to here are sent one by one: the upstream took none of them, and did not say which it meant. */
    private long unfoldedTo;

    private long told = -1; // what caughtUp was last told

    /**
     * @param settings those that hold now, which may be others in the next moment
     * @param touches of keys, kept from one session to the next
     * @param beside clients' commands go upstream meanwhile: their links are left alone. Each was fenced when they began, and a
     *     batch of another session cannot come late, for the cursor that it watched has moved
     */
    ReplaySession(
            ReplayConfig config,
            Supplier<ReplaySettings> settings,
            ReplaySource source,
            SyncStore store,
            ReplayProgress progress,
            Upstream upstream,
            Touches touches,
            ReplayEnvironment environment,
            LongConsumer caughtUp,
            boolean beside) {
        this.config = config;
        this.source = source;
        this.store = store;
        this.progress = progress;
        this.upstream = upstream;
        this.touches = touches;
        this.environment = environment;
        clockMs = environment.clockMs();
        waits = environment.waits();
        this.caughtUp = caughtUp;
        this.beside = beside;
        this.settings = settings;
        batchSize = new BatchSize(settings.get());
        throttle = new Throttle(environment.stopwatch());
        backlog = new Backlog(
                source,
                BatchSize.ENTRIES_A_COMMAND * config.batchEntriesMax(),
                config.batchBytesMax(),
                this::quarantine,
                progress::journalGap);
        replicas = new Replicas(upstream, settings, progress, config.timeoutMs(), () -> isStopped() || finishing);
        var resurrection = new Resurrection(source, upstream, progress, clockMs, stopped);
        tenure = new Tenure(
                config, source, backlog, store.replay(), progress, upstream, replicas, resurrection, settings, clockMs);
        var clock = new NodeClock(config.nodeId(), store.settings());
        stamping = new Stamping(clock, () -> settings.get().stamps());
        conflicts = new ConflictCheck(
                config.conflicts(), config.nodeId(), store.conflicts(), touches, poisoned::contains, stamping);
        planner = new Planner(
                source,
                store.deadLetters(),
                conflicts,
                upstream,
                poisoned,
                stamping,
                progress::wording,
                progress::resentTo);
    }

    /** There may be new entries. Any thread. */
    void wake() {
        if (wake.availablePermits() == 0) {
            wake.release();
        }
    }

    /** Ends it behind the batch in hand, whose replies are still read. Any thread. */
    void finish() {
        finishing = true;
        wake();
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
     * Replays until {@link #stop} or {@link #finish}.
     *
     * @throws IOException when the connection is lost, by {@link #stop} too
     * @throws io.holdfast.engine.store.StorageException when the journal or {@code sync.db} fails
     */
    void run() throws IOException, ReplayFailedException, FencedException, HaltedException {
        try {
            progress.checkNotHalted();
            progress.enter(ReplayStatus.State.CONNECTING);
            upstream.connect();
            Greeting.Met met = Greeting.exchange(upstream, config, environment);
            stopwatch = met.stopwatch();
            progress.clock(met.clock());
            met.tell(touches, store.replay().runId(), clockMs.getAsLong());
            progress.enter(ReplayStatus.State.FENCING);
            var fence = new Fence(store.connections(), progress, stopped, config.quietMs(), waits);
            if (beside) {
                fence.join(met, clockMs.getAsLong());
                Failpoint.REPLAY_BESIDE.pass();
            } else {
                fence.raise(upstream, met, clockMs.getAsLong());
                Failpoint.REPLAY_AFTER_FENCE.pass();
                learnWhatIsAllowed(met.runId());
            }
            while (!isStopped() && !finishing) {
                if (!tenure.isHeld()) {
                    tenure.claim(met);
                    Failpoint.REPLAY_CLAIMED.pass();
                    stamping.meet(
                            planner::ask,
                            source.committedSequence(),
                            store.replay().acknowledged());
                }
                replayOrWait();
            }
        } finally {
            upstream.close();
            backlog.close();
            store.replay().flush();
        }
    }

    /** Where MULTI is refused, what is meant to be queued would be executed: nothing is sent then. */
    private void learnWhatIsAllowed(String runId) throws IOException, ReplayFailedException {
        var probe = new CapabilityProbe(upstream, Cursor.key(config.nodeId()));
        Capabilities found = probe.ask(runId, config.quietMs());
        progress.capabilities(found);
        if (found.guarantee() == Guarantee.NONE) {
            throw new ReplayFailedException("the guarantee with this upstream is " + found.sentence());
        }
    }

    private void replayOrWait() throws IOException, ReplayFailedException, FencedException {
        long committed = source.committedSequence(); // read before the look: what is not found then is not there
        Next next = next();
        List<Journal.Entry> entries = next.entries();
        if (entries.isEmpty()) {
            idle(committed);
        } else if (entries.stream().noneMatch(Journal.Entry::isForUpstream)) {
            conflicts.pass(entries);
            pass(entries.get(entries.size() - 1).sequence()); // the cursor need not know
        } else {
            progress.enter(ReplayStatus.State.REPLAYING);
            if (mayGoOn()) {
                buryUnusable(entries);
                replay(next);
            }
        }
    }

    /** Entries that the next transaction takes, and what it has if all of them are sent as they were written. */
    private record Next(List<Journal.Entry> entries, Compaction asWritten) {}

    private Next next() {
        ReplaySettings now = settings.get();
        List<Journal.Entry> read = progress.limits().fitting(backlog.next(batchSize.entriesMax(now)));
        boolean folds = now.compacts() && !read.isEmpty() && read.get(0).sequence() > unfoldedTo;
        var asWritten = new Compaction(source.commands(), folds, clockMs.getAsLong());
        return new Next(read.subList(0, asWritten.take(read, batchSize.next(now))), asWritten);
    }

    /** Waits for as long as the cap on the rate says, or a moment of it; false when it is not yet over. */
    private boolean mayGoOn() throws ReplayFailedException {
        long waitNanos = throttle.waitNanos(settings.get().entriesPerSecondMax());
        try {
            return waitNanos == 0
                    || (!waits.await(stopped, Math.min(waitNanos, MOMENT_NANOS)) && waitNanos <= MOMENT_NANOS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ReplayFailedException("the replay thread was interrupted");
        }
    }

    private void idle(long committed) throws ReplayFailedException {
        progress.enter(ReplayStatus.State.CAUGHT_UP);
        if (committed > told) {
            told = committed;
            conflicts.caughtUp();
            pass(committed);
            progress.caughtUp(committed, settings.get().whenLost() == UpstreamLoss.RESURRECT);
            caughtUp.accept(committed);
        }
        try {
            if (waits.acquire(wake, MOMENT_NANOS)) {
                told = -1; // who wakes us wants to hear, also when there is nothing new
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ReplayFailedException("the replay thread was interrupted");
        }
    }

    private void pass(long sequence) {
        backlog.pass(sequence);
        source.confirmed(sequence);
        progress.confirmed(sequence);
    }

    /** What cannot be read is not sent; what it seems to have been goes to the dead letters, for a person to judge. */
    private void quarantine(Damage damage) {
        log.error("{}: it is not replayed; what is left of it is in the dead letters", damage);
        String error = "DAMAGED the journal did not keep it as it was written: look at it before it is requeued";
        for (Journal.Entry entry : damage.guess()) {
            if (entry.isForUpstream()) {
                progress.bury(Batch.letters(source, entry, entry.timeMs(), error));
            }
        }
        source.damaged(damage);
    }

    // ---- batches

    private void replay(Next next) throws IOException, ReplayFailedException, FencedException {
        Planner.Plan plan = planner.plan(
                next.entries(),
                overtakenInARow < GUARDED_ATTEMPTS_MAX,
                clockMs.getAsLong(),
                tenure.isDataLost(),
                stopwatch,
                next.asWritten());
        ConflictCheck.Round round = plan.round();
        List<Journal.Entry> entries = round.entries();
        Batch batch = plan.batch();
        round.keep();
        Failpoint.REPLAY_DECIDED.pass();
        noteSending(batch.lastSequence());
        Failpoint.REPLAY_BEFORE_SEND.pass();
        ReplayOutcome outcome = tenure.move(batch);
        if (outcome instanceof ReplayOutcome.Applied applied) {
            Failpoint.REPLAY_ANSWERED.pass();
            round.applied();
            applied(batch, applied);
        } else if (outcome instanceof ReplayOutcome.Overtaken) {
            overtakenInARow++;
            batchSize.halve(batch.size());
            log.debug("The cursor, or a key that is overwritten, was touched by somebody else: once more");
        } else if (outcome instanceof ReplayOutcome.Poisoned poison) {
            poison.entries().forEach(this::bury);
        } else if (outcome instanceof ReplayOutcome.Unclear) {
            unfoldedTo = batch.lastSequence();
        } else if (outcome instanceof ReplayOutcome.Discarded discarded) {
            bisect(entries, batch.size(), discarded.error());
        } else if (outcome instanceof ReplayOutcome.Unavailable unavailable) {
            throw new ReplayFailedException("the upstream takes no writes: " + unavailable.reason());
        } else if (outcome instanceof ReplayOutcome.Torn torn) {
            String reason = torn.reason() + "; entries up to " + batch.lastSequence()
                    + " were applied although the cursor may not say so";
            progress.halt(reason);
            throw new FencedException(reason);
        } else {
            throw new IllegalStateException("no rule for " + outcome);
        }
    }

    private void noteSending(long last) {
        if (last > store.replay().lastSent()) {
            long behind = Math.min(source.committedSequence(), last + batchSize.ahead(settings.get()));
            store.replay().sending(Math.max(last, behind));
        }
    }

    private void applied(Batch batch, ReplayOutcome.Applied applied) throws IOException, ReplayFailedException {
        long last = batch.lastSequence();
        applied.refused().forEach(ReplaySession::warnOf);
        progress.bury(applied.refused());
        progress.conflicts(applied.unmet());
        overtakenInARow = 0;
        stamping.added(applied.stamped());
        progress.applied(batch.entries(), clockMs.getAsLong());
        progress.settled(last);
        if (replicas.haveIt()) {
            store.replay().acknowledge(last);
            Failpoint.REPLAY_ACKNOWLEDGED.pass();
            pass(last);
        }
        poisoned.removeIf(sequence -> sequence <= last);
        ReplaySettings now = settings.get();
        batchSize.applied(batch.size(), applied.serverMicros(), now);
        throttle.sent(batch.entries(), now.entriesPerSecondMax());
        tenure.gotOn();
    }

    /** Half as many next time; one alone is the culprit. */
    private void bisect(List<Journal.Entry> entries, int commands, String error) {
        List<Journal.Entry> suspects = entries.stream()
                .filter(entry -> entry.isForUpstream() && !poisoned.contains(entry.sequence()))
                .toList();
        if (suspects.size() == 1) {
            Journal.Entry culprit = suspects.get(0);
            bury(culprit.sequence(), Batch.letters(source, culprit, clockMs.getAsLong(), error));
        } else {
            batchSize.halve(commands);
        }
    }

    private void bury(long sequence, List<DeadLetter> letters) {
        letters.stream().limit(1).forEach(ReplaySession::warnOf);
        progress.bury(letters);
        poisoned.add(sequence);
        tenure.gotOn();
    }

    private static void warnOf(DeadLetter letter) {
        // The upstream's text may repeat values, so only its first word is logged; the dead letter has all of it.
        log.warn(
                "The upstream refuses a {} of entry {}, which is now a dead letter: {}",
                letter.command().get(0),
                letter.sequence(),
                new Refusal(letter.error()).code());
    }

    private void buryUnusable(List<Journal.Entry> entries) throws IOException, ReplayFailedException {
        for (Journal.Entry entry : entries) {
            if (!entry.isForUpstream() || poisoned.contains(entry.sequence())) {
                continue;
            }
            String tooBig = progress.limits().whyTooBig(entry);
            String error = tooBig.isEmpty() ? planner.whyUnusable(entry) : tooBig;
            if (!error.isEmpty()) {
                bury(entry.sequence(), Batch.letters(source, entry, clockMs.getAsLong(), error));
            }
        }
    }
}
