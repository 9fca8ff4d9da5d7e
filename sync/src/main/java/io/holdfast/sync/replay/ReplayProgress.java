package io.holdfast.sync.replay;

import io.holdfast.sync.journal.Conflict;
import io.holdfast.sync.journal.DeadLetter;
import io.holdfast.sync.journal.SyncStore;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What replay has done, durably where it must be, and for anybody to read without waiting for a disk. Written on the replay
 * thread alone.
 */
final class ReplayProgress {
    private static final Logger log = LoggerFactory.getLogger(ReplayProgress.class);

    /** In {@link SyncStore#settings()}: the upstream came back empty, and nobody has seen to it yet. */
    private static final String UPSTREAM_LOST = "replay.upstream-lost";
    /** There too: what the cursor says is not true, and replaying on would repeat entries. */
    private static final String HALTED = "replay.halted";
    /** There too: a person has been asked, by a halt, whether to go on with an upstream that lost its data; or has said so. */
    private static final String LOSS_HALTED = "replay.loss-halted";

    private static final String LOSS_ACCEPTED = "replay.loss-accepted";
    /** There too: the newest entry when the upstream was last put in charge, and keys that were written back. */
    private static final String OUTAGE_BEGAN = "replay.outage-began";

    /** The history of the upstream in which the cursor was claimed: see {@link Lineage}. */
    static final String LINEAGE = "replay.lineage";

    private static final String RESURRECTED = "replay.resurrected-keys";
    /** And the upstream process that was last found without any key. */
    private static final String FOUND_EMPTY = "replay.found-empty";

    /** The newest entry that was confirmed and is sent once more. */
    private static final String RESENT_TO = "replay.resent-to";

    /** Clocks that are set by NTP are closer. */
    private static final long WORTH_SAYING_MS = 1_000;

    private final SyncStore store;
    private volatile ReplayStatus.State state = ReplayStatus.State.IDLE;
    private volatile ReplayStatus.Fence fence = ReplayStatus.Fence.KILL;
    private volatile boolean upstreamLost;
    private volatile long replayedEntries;
    private volatile long lastSyncMs;
    private volatile long confirmedSequence;
    private volatile long resurrectedKeys;
    private @Nullable Long outageBegan;
    private volatile String replicas = "";
    private volatile String journalGap = "";
    private volatile Capabilities capabilities = Capabilities.UNASKED;
    private volatile UpstreamClock clock = UpstreamClock.AS_OURS;
    private long settledSequence;
    private long resentTo;

    ReplayProgress(SyncStore store) {
        this.store = store;
        upstreamLost = store.settings().get(UPSTREAM_LOST).isPresent();
        replayedEntries = store.replay().replayed();
        lastSyncMs = store.replay().lastSyncMs();
        confirmedSequence = store.replay().acknowledged();
        resurrectedKeys = number(RESURRECTED).orElse(0L);
        outageBegan = number(OUTAGE_BEGAN).orElse(null);
        resentTo = number(RESENT_TO).orElse(0L);
    }

    synchronized void enter(ReplayStatus.State now) {
        state = now;
    }

    /** Nothing is under way any more; where a person has to decide, that stays so until the next session. */
    synchronized void leave() {
        if (state != ReplayStatus.State.HALTED && state != ReplayStatus.State.FENCED) {
            state = ReplayStatus.State.IDLE;
        }
    }

    /** How the connections of before are fenced; true when that is news. */
    boolean fencedBy(ReplayStatus.Fence now) {
        boolean changed = fence != now;
        fence = now;
        return changed;
    }

    void upstreamLost(String what) {
        store.settings().put(UPSTREAM_LOST, what);
        upstreamLost = true;
    }

    /** Nothing is to be replayed until {@link #settle}; durable when it returns. */
    void halt(String reason) {
        store.settings().put(HALTED, reason);
    }

    /** @throws FencedException when {@link #halt} was called and nobody has settled it */
    void checkNotHalted() throws FencedException {
        var reason = store.settings().get(HALTED);
        if (reason.isPresent()) {
            throw new FencedException(reason.get());
        }
    }

    /** A person has to decide what becomes of it; durable when it returns. */
    void haltForLoss(String what) {
        store.settings().put(LOSS_HALTED, what);
        upstreamLost(what);
    }

    boolean isLossAccepted() {
        return store.settings().get(LOSS_ACCEPTED).isPresent();
    }

    /** False when nobody asked; durable when it returns. Any thread. */
    boolean acceptLoss() {
        if (store.settings().get(LOSS_HALTED).isEmpty()) {
            return false;
        }
        store.settings().put(LOSS_ACCEPTED, "yes");
        return true;
    }

    /** The cursor is claimed: a person has decided, or has brought the data back. */
    void claimed() {
        if (store.settings().get(LOSS_HALTED).isPresent()) {
            store.settings().remove(LOSS_ACCEPTED);
            store.settings().remove(LOSS_HALTED);
            store.settings().remove(UPSTREAM_LOST);
            upstreamLost = false;
        }
    }

    /** Any thread. */
    void settle() {
        store.settings().remove(HALTED);
        store.settings().remove(UPSTREAM_LOST);
        upstreamLost = false;
    }

    /** Keeps what was refused; durable when it returns. */
    void bury(List<DeadLetter> letters) {
        if (!letters.isEmpty()) {
            store.deadLetters().addAll(letters);
        }
    }

    /** Keeps what the replies told of conflicts; durable when it returns. */
    void conflicts(List<Conflict> told) {
        store.conflicts().add(told);
    }

    void applied(int entries, long atMs) {
        store.replay().replayed(entries, atMs);
        replayedEntries = store.replay().replayed();
        lastSyncMs = atMs;
    }

    /** As {@link ReplayStatus#replicas}. */
    void replicas(String have) {
        replicas = have;
    }

    /** As {@link ReplayStatus#journalGap}. */
    void journalGap(String range) {
        journalGap = range;
    }

    private Optional<Long> number(String setting) {
        return store.settings().get(setting).map(Long::valueOf);
    }

    /**
     * The upstream has everything and may be put in charge: what is written behind {@code sequence} belongs to the outage after
     * that. Durable when it returns.
     *
     * @param matters whether anybody may ask for {@link #outageBegan}
     */
    void caughtUp(long sequence, boolean matters) {
        Long now = matters ? sequence : null;
        if (!Objects.equals(now, outageBegan)) {
            if (now == null) {
                store.settings().remove(OUTAGE_BEGAN);
            } else {
                store.settings().put(OUTAGE_BEGAN, now.toString());
            }
            outageBegan = now;
        }
    }

    /** The newest entry when the upstream was last put in charge, where that was noted. */
    Optional<Long> outageBegan() {
        return Optional.ofNullable(outageBegan);
    }

    /** Entries up to {@code sequence} were upstream and are sent once more; durable when it returns. */
    void resending(long sequence) {
        if (sequence > resentTo) {
            store.settings().put(RESENT_TO, Long.toString(sequence));
            resentTo = sequence;
        }
    }

    /** Entries up to this one may belong to an outage that is over; 0 where none does. */
    long resentTo() {
        return resentTo;
    }

    /** An upstream process has no key, before anything is written back; durable when it returns. */
    void foundEmpty(String runId) {
        store.settings().put(FOUND_EMPTY, runId);
    }

    /** Whether it had none when it was first looked at: what it has by now may be what was written back. */
    boolean wasFoundEmpty(String runId) {
        return store.settings().get(FOUND_EMPTY).filter(runId::equals).isPresent();
    }

    /** Counts keys that were written back, and leaves word of it in the audit trail; durable when it returns. */
    void resurrected(long keys, long atMs, String what) {
        long sum = resurrectedKeys + keys;
        store.settings().put(RESURRECTED, Long.toString(sum));
        resurrectedKeys = sum;
        store.audit().add(atMs, "holdfast, as sync.upstream_lost says", "RESURRECT", what);
    }

    /**
     * Leaves word in the audit trail that nobody has seen the replies to these entries; durable when it returns.
     *
     * @param found what could be found out
     */
    void repliesLost(long first, long last, long atMs, String found) {
        store.audit()
                .add(
                        atMs,
                        "holdfast",
                        "REPLIES LOST",
                        "entries " + first + " to " + last + " were applied once; " + found
                                + "; what else the upstream refused among them is not known");
    }

    /** Effects of these entries that were left out, as dead letters or by a conflict that others won; by sequence. */
    Map<Long, Set<Integer>> notSent(long first, long last) {
        Map<Long, Set<Integer>> out = new HashMap<>(store.deadLetters().among(first, last));
        store.conflicts().withheld(first, last).forEach((sequence, effects) -> {
            Set<Integer> all = new HashSet<>(out.getOrDefault(sequence, Set.of()));
            all.addAll(effects);
            out.put(sequence, all);
        });
        return out;
    }

    /** In what history of the upstream the cursor was claimed. */
    static Optional<String> lineage(SyncStore store) {
        return store.settings().get(LINEAGE);
    }

    Optional<String> lineage() {
        return lineage(store);
    }

    /** The cursor is claimed in {@code lineage}; durable when it returns. */
    void claimedIn(Lineage lineage, boolean hadCursor) {
        Optional<String> before = lineage();
        lineage.claimed(before, hadCursor)
                .filter(now -> !before.equals(Optional.of(now)))
                .ifPresent(now -> store.settings().put(LINEAGE, now));
    }

    /** What the upstream lets us do; says it where that, or the upstream's process, is another than before. */
    void capabilities(Capabilities found) {
        if (!found.equals(capabilities)) {
            String line = "The guarantee with this upstream ({} {}): {}";
            if (found.guarantee() == Guarantee.EXACTLY_ONCE) {
                log.info(line, found.flavour(), found.version(), found.sentence());
            } else {
                log.warn(line, found.flavour(), found.version(), found.sentence());
            }
        }
        capabilities = found;
        if (found.guarantee() != Guarantee.UNKNOWN) {
            fence = found.killsClients() ? ReplayStatus.Fence.KILL : ReplayStatus.Fence.WAIT;
        }
    }

    /** For the upstream that was asked last. */
    Wording wording() {
        return new Wording(capabilities.dialect(), clock);
    }

    /** Of the upstream that was asked last. */
    UpstreamLimits limits() {
        return capabilities.limits();
    }

    /** How the upstream's clock goes; says it where that is another than ours. */
    void clock(UpstreamClock found) {
        long movedMs = Math.abs(found.aheadMs() - clock.aheadMs());
        if (movedMs >= WORTH_SAYING_MS) {
            log.warn(
                    "The upstream's clock is {} ms ahead of ours, give or take what the network takes: when keys end is told by its"
                            + " clock; set both by NTP",
                    found.aheadMs());
        }
        clock = found;
    }

    /** Any thread. */
    UpstreamClock clock() {
        return clock;
    }

    /** The replies to everything up to this entry were seen to. */
    void settled(long sequence) {
        settledSequence = sequence;
    }

    long settledSequence() {
        return settledSequence;
    }

    void confirmed(long sequence) {
        confirmedSequence = sequence;
    }

    /** Any thread. */
    long confirmedSequence() {
        return confirmedSequence;
    }

    /** Any thread. */
    ReplayStatus status() {
        return new ReplayStatus(
                state,
                fence,
                upstreamLost,
                replayedEntries,
                store.deadLetters().count(),
                store.conflicts().open(),
                lastSyncMs,
                confirmedSequence,
                replicas,
                resurrectedKeys,
                journalGap,
                capabilities);
    }
}
