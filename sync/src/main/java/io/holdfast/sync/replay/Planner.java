package io.holdfast.sync.replay;

import io.holdfast.engine.command.Effect;
import io.holdfast.engine.exec.Journal;
import io.holdfast.engine.exec.Journal.Scope;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.sync.conflict.Circumstances;
import io.holdfast.sync.conflict.ConflictCheck;
import io.holdfast.sync.conflict.Resolution;
import io.holdfast.sync.conflict.Stamping;
import io.holdfast.sync.journal.DeadLetters;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Decides what is sent of the entries that come next. It only reads, here and upstream, so that a dry run goes the same way as
 * the replay. Lives on the thread of whoever plans.
 */
final class Planner {
    private final ReplaySource source;
    private final DeadLetters deadLetters;
    private final ConflictCheck conflicts;
    private final Upstream upstream;
    private final Set<Long> poisoned;
    private final Stamping stamping;
    private final Supplier<Wording> wording;
    private final LongSupplier resentTo;
    /** For each database used so far, why it cannot be; empty when it can. */
    private final Map<Integer, String> databases = new HashMap<>(Map.of(0, ""));

    /**
     * What is sent next.
     *
     * @param batch of the entries of {@code round}, not sealed yet
     * @param dead effects that are dead letters already and left out, by the sequence of their entry
     */
    record Plan(ConflictCheck.Round round, Batch batch, Map<Long, Set<Integer>> dead) {}

    /**
     * @param poisoned entries that the upstream does not take, as they become known
     * @param wording for the upstream, once that is known
     * @param resentTo the newest entry that may belong to an outage that is over: when its keys ended since is not in the journal
     */
    Planner(
            ReplaySource source,
            DeadLetters deadLetters,
            ConflictCheck conflicts,
            Upstream upstream,
            Set<Long> poisoned,
            Stamping stamping,
            Supplier<Wording> wording,
            LongSupplier resentTo) {
        this.source = source;
        this.deadLetters = deadLetters;
        this.conflicts = conflicts;
        this.upstream = upstream;
        this.poisoned = poisoned;
        this.stamping = stamping;
        this.wording = wording;
        this.resentTo = resentTo;
    }

    /**
     * Plans a batch of {@code read}, or of as many of them as can be decided about now; one at least.
     *
     * @param guards whether keys that are compared are WATCHed
     * @param nowMs Unix milliseconds
     * @param lostData whether the upstream came back without the data it had
     * @param stopwatch how the upstream is asked how long it takes
     * @param asWritten what is sent if nothing of {@code read} is left out
     */
    Plan plan(
            List<Journal.Entry> read,
            boolean guards,
            long nowMs,
            boolean lostData,
            Stopwatch stopwatch,
            Compaction asWritten)
            throws IOException {
        List<Journal.Entry> ready = withoutBasesBehind(read);
        var now = new Circumstances(guards, nowMs, wording.get().clock().aheadMs(), lostData, resentTo.getAsLong());
        ConflictCheck.Round round = conflicts.resolve(
                ready, this::ask, db -> databases.getOrDefault(db, "").isEmpty(), now);
        List<Journal.Entry> entries = round.entries();
        long last = entries.get(entries.size() - 1).sequence();
        var batch = new Batch(source, last, stopwatch);
        Map<Long, Set<Integer>> dead = deadLetters.among(entries.get(0).sequence(), last);
        List<Journal.Entry> sent = entries.stream()
                .filter(entry -> entry.isForUpstream() && !poisoned.contains(entry.sequence()))
                .toList();
        boolean isWhole = poisoned.isEmpty() && dead.isEmpty() && entries.size() == ready.size() && round.isAsItWas();
        Compaction said = isWhole ? asWritten : without(asWritten.another(), sent, round, dead);
        batch.add(said, sent.size(), wording.get(), resentTo.getAsLong());
        stamp(batch, sent, round, dead, nowMs);
        return new Plan(round, batch, dead);
    }

    private void stamp(
            Batch batch,
            List<Journal.Entry> sent,
            ConflictCheck.Round round,
            Map<Long, Set<Integer>> dead,
            long nowMs) {
        if (!stamping.isOn()) {
            return;
        }
        stamping.begin();
        for (Journal.Entry entry : sent) {
            Set<Integer> without = dead.getOrDefault(entry.sequence(), Set.of());
            for (Resolution.Part part : round.of(entry).parts()) {
                if (!without.contains(part.effectIndex())) {
                    stamping.note(entry, part.effect());
                }
            }
        }
        batch.addAside(stamping.commands(nowMs), wording.get());
    }

    private static Compaction without(
            Compaction into, List<Journal.Entry> sent, ConflictCheck.Round round, Map<Long, Set<Integer>> dead) {
        for (Journal.Entry entry : sent) {
            Set<Integer> without = dead.getOrDefault(entry.sequence(), Set.of());
            for (Resolution.Part part : round.of(entry).parts()) {
                if (!without.contains(part.effectIndex())) {
                    into.add(entry, part.effectIndex(), part.effect(), round.isAsItWas(entry));
                }
            }
        }
        return into;
    }

    /** A base belongs into the batch of what it is the base of, or a crash between the two would lose it. */
    private static List<Journal.Entry> withoutBasesBehind(List<Journal.Entry> entries) {
        int end = entries.size();
        while (end > 1 && entries.get(end - 1).scope() == Scope.BASE) {
            end--;
        }
        return entries.subList(0, end);
    }

    List<Reply> ask(List<List<Bytes>> commands) throws IOException {
        upstream.send(commands);
        return upstream.receive(commands.size());
    }

    /**
     * Why {@code entry} cannot be sent; empty when it can. A SELECT that fails within a transaction would send what follows it
     * into another database: it is tried before.
     */
    String whyUnusable(Journal.Entry entry) throws IOException, ReplayFailedException {
        for (Effect effect : entry.effects()) {
            String error = whyUnusable(effect.db());
            if (!error.isEmpty()) {
                return error;
            }
        }
        return "";
    }

    private String whyUnusable(int db) throws IOException, ReplayFailedException {
        String known = databases.get(db);
        if (known != null) {
            return known;
        }
        List<Reply> replies = ask(List.of(Batch.select(db), Batch.select(0)));
        if (replies.get(1) instanceof Reply.Failure failure) {
            throw new ReplayFailedException(
                    "the upstream refuses SELECT 0: " + Refusal.of(failure).code());
        }
        String error = "";
        if (replies.get(0) instanceof Reply.Failure failure) {
            Refusal refusal = Refusal.of(failure);
            if (refusal.isUpstreamsOwn()) {
                throw new ReplayFailedException("the upstream takes no writes: " + refusal.text());
            }
            error = refusal.text();
        }
        databases.put(db, error);
        return error;
    }
}
