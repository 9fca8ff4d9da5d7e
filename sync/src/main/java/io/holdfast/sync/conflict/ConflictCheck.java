package io.holdfast.sync.conflict;

import io.holdfast.engine.exec.Journal;
import io.holdfast.engine.exec.Journal.Scope;
import io.holdfast.engine.keyspace.Watches.Watched;
import io.holdfast.engine.value.StreamId;
import io.holdfast.resp.Bytes;
import io.holdfast.sync.journal.Conflict;
import io.holdfast.sync.journal.Conflicts;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.IntPredicate;
import java.util.function.LongPredicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares each key with its base when the first entry that changes it is about to be replayed, remembers what differs for as
 * long as the backlog lasts, and decides what is sent of an entry that overwrites it. Lives on the replay thread.
 *
 * <pre>
 *   BASE k ── k upstream, WATCHed ──► the same: forgotten
 *                                ──► differs: a divergence ──► each later effect on what differs: policy ──► conflict
 * </pre>
 */
public final class ConflictCheck {
    private static final Logger log = LoggerFactory.getLogger(ConflictCheck.class);

    /**
     * What is to end while it is replayed, or was to end before, is given so long instead: what follows in the journal says
     * whether it has ended here, or when else it is to. Nothing follows only if that could not be written.
     */
    public static final long GRACE_MS = TimeUnit.MINUTES.toMillis(10);

    /** Bases that no entry has followed yet; one that is pushed out is a key that is not compared. */
    private static final int BASES_MAX = 10_000;

    private final ConflictRules rules;
    private final String node;
    private final Conflicts store;
    private final Touches touches;
    private final LongPredicate isDead;
    private final Stamping stamping;

    private final Map<Watched, Base> bases = new LinkedHashMap<>();

    private Map<Watched, Divergence> known = new HashMap<>();
    /** Of an earlier session, until the first entries say what was applied of it. */
    private final Map<Watched, KeptDivergence> kept = new HashMap<>();
    /** How far consumer groups are that entries which are not sent, only planned, have moved. */
    private Map<GroupMerge.Name, StreamId> supposed = Map.of();
    /** Keys that a batch which is not known to be applied changes. */
    private final Set<Watched> onTheWay = new HashSet<>();

    /**
     * @param node names the copies of losers
     * @param touches of keys, as they were before anybody here has asked for them
     * @param isDead whether the entry of a sequence is not to be replayed
     * @param stamping says which write was later where other nodes wrote
     */
    public ConflictCheck(
            ConflictRules rules,
            String node,
            Conflicts store,
            Touches touches,
            LongPredicate isDead,
            Stamping stamping) {
        this.rules = rules;
        this.node = node;
        this.store = store;
        this.touches = touches;
        this.isDead = isDead;
        this.stamping = stamping;
        store.diverging().forEach((key, words) -> kept.put(key, KeptDivergence.ofWords(words)));
    }

    /** What is sent of each entry of one batch. */
    public final class Round {
        private final List<Journal.Entry> entries;
        private final Map<Watched, Divergence> after;
        private final Map<Long, Resolution> resolutions;
        private final List<Conflict> conflicts;
        private final Set<Watched> compared;
        private final GroupMerge groups;
        private final Set<Watched> waiting;

        private Round(
                List<Journal.Entry> entries,
                Set<Watched> compared,
                Map<Watched, Divergence> after,
                Map<Long, Resolution> resolutions,
                List<Conflict> conflicts,
                GroupMerge groups,
                Set<Watched> waiting) {
            this.entries = entries;
            this.compared = compared;
            this.after = after;
            this.resolutions = resolutions;
            this.conflicts = conflicts;
            this.groups = groups;
            this.waiting = waiting;
        }

        /** Those that were decided about: there may be fewer than were asked for, but one at least. */
        public List<Journal.Entry> entries() {
            return entries;
        }

        public Resolution of(Journal.Entry entry) {
            Resolution decided = resolutions.get(entry.sequence());
            return decided == null ? Resolution.asItIs(entry) : decided;
        }

        /** Whether others have changed nothing that any entry overwrites. */
        public boolean isAsItWas() {
            return resolutions.isEmpty();
        }

        /** Whether others have changed nothing that {@code entry} overwrites. */
        public boolean isAsItWas(Journal.Entry entry) {
            return !resolutions.containsKey(entry.sequence());
        }

        /** Writes down what was decided, before it is sent; an earlier attempt may have decided otherwise. */
        public void keep() {
            Set<Watched> changing = new HashSet<>(known.keySet());
            changing.addAll(after.keySet());
            changing.removeIf(key -> Objects.equals(known.get(key), after.get(key)));
            changing.addAll(onTheWay);
            onTheWay.addAll(changing);
            long last = entries.get(entries.size() - 1).sequence();
            Map<Watched, List<Bytes>> changed = new HashMap<>();
            changing.forEach(
                    key -> changed.put(key, new KeptDivergence(last, known.get(key), after.get(key)).toWords()));
            store.decided(entries.get(0).sequence(), last, conflicts, changed);
        }

        /** Decisions that were not merges, in the order of their effects. */
        public List<Conflict> conflicts() {
            return conflicts;
        }

        /** Whether others have changed {@code key}, and it is not yet again as it was written here. */
        public boolean isDiverging(int db, Bytes key) {
            return after.containsKey(new Watched(db, key));
        }

        /** Whether {@code key} was compared with its base for this batch. */
        public boolean isCompared(int db, Bytes key) {
            return compared.contains(new Watched(db, key));
        }

        /** What is decided next takes them for applied. */
        public void suppose() {
            settle();
            supposed = groups.positions();
        }

        private void settle() {
            known = after;
            bases.keySet().retainAll(waiting);
        }

        /** They were applied. */
        public void applied() {
            settle();
            onTheWay.clear();
            if (!conflicts.isEmpty()) {
                log.warn(
                        "Others had changed what entries {} to {} write: {} conflicts were decided, see them with HOLDFAST"
                                + " CONFLICTS LIST",
                        conflicts.get(0).sequence(),
                        conflicts.get(conflicts.size() - 1).sequence(),
                        conflicts.size());
            }
        }
    }

    /** These entries are not replayed, but say what keys were. */
    public void pass(List<Journal.Entry> entries) {
        entries.forEach(this::note);
    }

    private void recall(long next) {
        kept.forEach((key, either) -> {
            Divergence divergence = either.at(next);
            if (divergence != null) {
                known.put(key, divergence);
            }
        });
        kept.clear();
    }

    private void note(Journal.Entry entry) {
        if (entry.scope() == Scope.BASE) {
            bases.put(key(entry), Base.of(entry));
            if (bases.size() > BASES_MAX) {
                Watched oldest = bases.keySet().iterator().next();
                bases.remove(oldest);
                log.warn("A key in database {} is not compared with the upstream: too many wait for it", oldest.db());
            }
        }
    }

    private static Watched key(Journal.Entry base) {
        var first = base.effects().get(0);
        return new Watched(first.db(), first.command().get(1));
    }

    /**
     * Decides about the entries of one batch, oldest first.
     *
     * @param isUsable whether the upstream has a database
     */
    public Round resolve(List<Journal.Entry> entries, Asker upstream, IntPredicate isUsable, Circumstances now)
            throws IOException {
        long nowMs = now.nowMs();
        recall(entries.get(0).sequence());
        entries.forEach(this::note);
        var after = new HashMap<>(known);
        Map<Watched, Base> compared = new LinkedHashMap<>(bases);
        compared.keySet().removeIf(key -> !isUsable.test(key.db()));
        var revival = new Revival(compared, nowMs, now.resentTo());
        if (!compared.isEmpty()) {
            after.keySet().removeAll(compared.keySet()); // of an earlier outage
            var comparison = new Comparison(compared, upstream, now.guards(), nowMs);
            var found = comparison.run(touches, now.lostData());
            after.putAll(stamping.isOn() ? new StampLook(upstream).run(found) : found);
            revival.of(comparison.ended());
        }
        var groups = new GroupMerge(isUsable, nowMs, now.aheadMs(), supposed);
        entries.stream().filter(this::isSent).forEach(groups::expect);
        if (after.isEmpty() && groups.isEmpty() && revival.isEmpty()) {
            return new Round(entries, compared.keySet(), after, Map.of(), List.of(), groups, Set.of());
        }
        groups.look(upstream, now.guards());
        var decisions = new Decisions(rules, node, upstream, now.guards(), nowMs, stamping, touches, after);
        Map<Long, Resolution> resolutions = new HashMap<>();
        List<Journal.Entry> decided = new ArrayList<>();
        for (Journal.Entry entry : entries) {
            if (isSent(entry)) {
                if (decisions.hasToWait(entry)) {
                    break;
                }
                Resolution resolution = revival.before(entry, groups.merge(entry, decisions.decide(entry)));
                if (resolution != null) {
                    resolutions.put(entry.sequence(), resolution);
                }
            }
            decided.add(entry);
        }
        List<Conflict> conflicts = new ArrayList<>(decisions.conflicts());
        conflicts.addAll(groups.conflicts());
        conflicts.sort(Comparator.comparingLong(Conflict::sequence).thenComparingInt(Conflict::effectIndex));
        Set<Watched> waiting = decided.size() < entries.size() ? revival.left() : Set.of();
        return new Round(decided, compared.keySet(), after, resolutions, conflicts, groups, waiting);
    }

    private boolean isSent(Journal.Entry entry) {
        return entry.scope() == Scope.UPSTREAM && !isDead.test(entry.sequence());
    }

    /** Everything is replayed: what others change from now on meets nothing that was written here before. */
    public void caughtUp() {
        bases.clear();
        touches.clear();
        kept.clear();
        known = new HashMap<>();
        store.nothingDiverges();
    }
}
