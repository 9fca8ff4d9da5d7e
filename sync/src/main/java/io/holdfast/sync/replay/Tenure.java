package io.holdfast.sync.replay;

import io.holdfast.engine.exec.Journal;
import io.holdfast.engine.failpoint.Failpoint;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.sync.journal.DeadLetter;
import io.holdfast.sync.journal.ReplayState;
import java.io.IOException;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds the upstream's cursor for one session: reads it, decides what it means, writes our name beside it, and sends batches
 * that move it. A batch is applied only if nobody has touched the cursor since it was read. Lives on the replay thread.
 */
final class Tenure {
    private static final Logger log = LoggerFactory.getLogger(Tenure.class);

    /** How often in a row others may touch the cursor before this is not a coincidence. */
    private static final int CLAIMS_MAX = 16;

    private final ReplayConfig config;
    private final ReplaySource source;
    private final Backlog backlog;
    private final ReplayState state;
    private final ReplayProgress progress;
    private final Upstream upstream;
    private final Replicas replicas;
    private final Resurrection resurrection;
    private final Supplier<ReplaySettings> settings;
    private final LongSupplier clockMs;
    private final Bytes key;

    private String runId = "";
    private boolean held;
    private boolean dataLost;
    /** Every batch since was answered: nothing that was sent is in doubt. */
    private boolean claimedInThisSession;

    private int claimsInARow;

    Tenure(
            ReplayConfig config,
            ReplaySource source,
            Backlog backlog,
            ReplayState state,
            ReplayProgress progress,
            Upstream upstream,
            Replicas replicas,
            Resurrection resurrection,
            Supplier<ReplaySettings> settings,
            LongSupplier clockMs) {
        this.config = config;
        this.source = source;
        this.backlog = backlog;
        this.state = state;
        this.progress = progress;
        this.upstream = upstream;
        this.replicas = replicas;
        this.resurrection = resurrection;
        this.settings = settings;
        this.clockMs = clockMs;
        key = Cursor.key(config.nodeId());
    }

    /** False when the cursor must be claimed before the next batch. */
    boolean isHeld() {
        return held;
    }

    /** True when the upstream was found to have lost its data: what is missing was deleted by nobody. */
    boolean isDataLost() {
        return dataLost;
    }

    /**
     * Reads the cursor in the upstream that was met, opens the backlog where it says, and makes it ours.
     *
     * @throws FencedException when it is not ours to write
     * @throws HaltedException when a person has to decide first
     */
    void claim(Greeting.Met met) throws IOException, ReplayFailedException, FencedException, HaltedException {
        runId = met.runId();
        progress.enter(ReplayStatus.State.CLAIMING);
        while (!held) {
            if (++claimsInARow > CLAIMS_MAX) {
                throw new ReplayFailedException("the cursor in the upstream is touched by others all the time");
            }
            upstream.send(Cursor.watchAndRead(key));
            Reply fields = upstream.receive(2).get(1);
            if (fields instanceof Reply.Failure failure) {
                throw new ReplayFailedException("the upstream refuses its cursor: "
                        + Refusal.of(failure).code());
            }
            Cursor found = Cursor.of(fields);
            write(settle(found, met), met.lineage(), found.sequence() != null);
        }
    }

    private void write(long from, Lineage lineage, boolean hadCursor)
            throws IOException, ReplayFailedException, FencedException {
        state.writingCursor();
        state.sending(from);
        var batch = new Batch(source, from, Stopwatch.NONE);
        ReplayOutcome outcome = move(batch);
        if (outcome instanceof ReplayOutcome.Applied) {
            claimedInThisSession = true;
            progress.claimedIn(lineage, hadCursor);
            state.sawRunId(runId);
            progress.claimed();
            if (from <= state.acknowledged() || replicas.haveIt()) { // an earlier session may not have waited
                state.acknowledge(from);
                source.confirmed(from);
                progress.confirmed(from);
            }
        } else if (outcome instanceof ReplayOutcome.Unavailable unavailable) {
            throw new ReplayFailedException("the upstream takes no writes: " + unavailable.reason());
        } else if (!(outcome instanceof ReplayOutcome.Overtaken)) {
            throw new ReplayFailedException("the upstream refuses its cursor: " + outcome);
        }
    }

    /** Sends {@code batch} and moves the cursor to its end. */
    ReplayOutcome move(Batch batch) throws IOException, FencedException {
        var moved = new Cursor(batch.lastSequence(), config.epoch(), config.bootId());
        batch.seal(key, moved, clockMs.getAsLong());
        upstream.send(batch.commands());
        (held ? Failpoint.REPLAY_SENT : Failpoint.REPLAY_CLAIM_SENT).pass();
        List<Reply> replies = upstream.receive(batch.commands().size());
        ReplayOutcome outcome = batch.outcome(replies);
        held = outcome instanceof ReplayOutcome.Applied
                && Batch.cursorReply(replies) instanceof Reply.Array fields
                && Cursor.of(fields).equals(moved);
        return outcome;
    }

    /** The last batch was applied and did what was asked: the others who touch the cursor are not all the time there. */
    void gotOn() {
        claimsInARow = 0;
    }

    /** Decides where to go on, and opens the backlog there. */
    private long settle(Cursor found, Greeting.Met met)
            throws IOException, ReplayFailedException, FencedException, HaltedException {
        long known = state.acknowledged();
        Claim claim = Claim.of(found, Claim.Memory.of(config, state, met, progress.lineage()));
        if (claim instanceof Claim.FirstContact || claim instanceof Claim.Agreed) {
            return backlog.open(known, known);
        } else if (claim instanceof Claim.ReplyLost lost) {
            if (progress.settledSequence() >= lost.cursor()) {
                return backlog.open(lost.cursor(), lost.cursor()); // they waited for replicas
            }
            lookForRefused(known, lost.cursor());
            return backlog.open(lost.cursor(), lost.cursor());
        } else if (claim instanceof Claim.WentBack back) {
            log.error(
                    "The upstream went back: it had the entries up to {} and now has those up to {}; replaying from there",
                    known,
                    back.cursor());
            progress.resending(known);
            return backlog.open(back.cursor(), known);
        } else if (claim instanceof Claim.Evicted) {
            return settleEvicted(known);
        } else if (claim instanceof Claim.Lost) {
            return settleLost(known);
        } else if (claim instanceof Claim.Foreign foreign) {
            throw new FencedException(foreign.reason());
        }
        throw new IllegalStateException("no rule for " + claim);
    }

    /** Before the cursor is claimed, which makes them known. */
    private void lookForRefused(long known, long cursor) throws IOException {
        long nowMs = clockMs.getAsLong();
        var lost = new LostReplies(source, upstream, progress.notSent(known + 1, cursor));
        List<DeadLetter> refused = lost.refused(known, cursor, nowMs);
        String found = refused == null
                ? "the journal cannot tell what it refused among them"
                : refused.size() + " effects that do not show there are dead letters, in doubt";
        log.warn(
                "Entries {} to {} are upstream, but its replies were not noted here: {}; effects that it refused for"
                        + " another reason are not known",
                known + 1,
                cursor,
                found);
        if (refused != null) {
            progress.bury(refused);
        }
        progress.repliesLost(known + 1, cursor, nowMs, found);
    }

    private long settleLost(long known) throws IOException, ReplayFailedException, HaltedException {
        String what = "entries up to " + known + " were confirmed and are gone";
        if (settings.get().whenLost() == UpstreamLoss.HALT && !progress.isLossAccepted()) {
            progress.haltForLoss(what);
            throw new HaltedException("the upstream lost its data: " + what);
        }
        boolean resurrects = settings.get().whenLost() == UpstreamLoss.RESURRECT;
        boolean empty = isEmpty() || (resurrects && progress.wasFoundEmpty(runId));
        log.error(
                "UPSTREAM LOST ITS DATA: another process answers, without this node's cursor{}; {}",
                empty ? " and without any key" : "",
                what);
        if (resurrects && empty) {
            progress.foundEmpty(
                    runId); // a crash on the way leaves keys, and the next attempt has to decide as this one
        }
        long from = resurrects ? resurrection.run(known, empty) : known;
        if (from < known) {
            progress.resending(known);
        }
        dataLost = true;
        progress.upstreamLost(what);
        // Where keys are, it may have kept its data and lost the cursor alone before it restarted.
        return empty ? backlog.open(from, known) : buryInDoubt(known, inDoubtTo(known));
    }

    private boolean isEmpty() throws IOException, ReplayFailedException {
        upstream.send(List.of(Greeting.ASK_FOR_KEYS));
        return Greeting.hasNoKey(upstream.receive(1).get(0));
    }

    private long settleEvicted(long known) throws ReplayFailedException {
        long lastSent = inDoubtTo(known);
        log.error(
                "The cursor {} is missing in an upstream that has not restarted: evicted, flushed or deleted. {} entries"
                        + " after {} are in doubt, the rest goes on; its maxmemory-policy should not be allkeys-*",
                key,
                lastSent - known,
                known);
        return buryInDoubt(known, lastSent);
    }

    private long inDoubtTo(long known) {
        return claimedInThisSession ? known : Math.max(known, state.lastSent());
    }

    /** What was sent and never confirmed may be there or not: it is not sent again, but kept for a person to decide. */
    private long buryInDoubt(long known, long lastSent) throws ReplayFailedException {
        long from = backlog.open(known, known);
        while (from < lastSent) {
            List<Journal.Entry> next = backlog.next(1);
            if (next.isEmpty() || next.get(0).sequence() > lastSent) {
                break;
            }
            Journal.Entry entry = next.get(0);
            if (entry.isForUpstream()) {
                String error = "in doubt: it was sent, and the cursor that tells whether it was applied is gone";
                progress.bury(Batch.letters(source, entry, clockMs.getAsLong(), error));
            }
            from = entry.sequence();
            backlog.pass(from);
        }
        return from;
    }
}
