package io.holdfast.sync.replay;

import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.Effect;
import io.holdfast.engine.command.KeyFlag;
import io.holdfast.engine.exec.Journal;
import io.holdfast.engine.keyspace.Watches.Watched;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.sync.conflict.ConflictCheck;
import io.holdfast.sync.conflict.NodeClock;
import io.holdfast.sync.conflict.Stamping;
import io.holdfast.sync.conflict.Touches;
import io.holdfast.sync.journal.Damage;
import io.holdfast.sync.journal.SyncStore;
import io.holdfast.sync.replay.DryRunReport.Outcome;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Goes through the backlog as the replay would, batch by batch, by the same {@link Claim}, {@link Planner} and
 * {@link ConflictCheck}, and sends nothing of it. What it reads upstream it does not WATCH. For one run, on any one thread.
 */
final class DryRun {
    /** Keys whose outcome is kept; what concerns more is passed over, and the report says so. */
    private static final int KEYS_MAX = 100_000;

    private static final String IN_DOUBT =
            "in doubt: it was sent, and the cursor that tells whether it was applied is gone";
    private static final String DEAD_ALREADY = "it is a dead letter already";

    private final ReplayConfig config;
    private final ReplaySource source;
    private final SyncStore store;
    private final CommandTable commands;
    private final Touches touches;
    private final Upstream upstream;
    private final ReplayEnvironment environment;
    private final ConflictCheck conflicts;
    private final Planner planner;

    /** Entries that would not be sent, and why. */
    private final Map<Long, String> refused = new HashMap<>();

    private final Map<Watched, Forecast> keys = new LinkedHashMap<>();
    private boolean tooManyKeys;
    private UpstreamClock clock = UpstreamClock.AS_OURS;
    private final List<Damage> damage = new ArrayList<>();

    DryRun(
            ReplayConfig config,
            ReplaySource source,
            SyncStore store,
            Touches touches,
            CommandTable commands,
            Upstream upstream,
            ReplayEnvironment environment) {
        this.config = config;
        this.source = source;
        this.store = store;
        this.commands = commands;
        this.upstream = upstream;
        this.touches = touches;
        this.environment = environment;
        var stamps = new NodeClock(config.nodeId(), store.settings());
        var stamping = new Stamping(stamps, config.settings()::stamps);
        conflicts = new ConflictCheck(
                config.conflicts(), config.nodeId(), store.conflicts(), touches, refused::containsKey, stamping);
        planner = new Planner(
                source,
                store.deadLetters(),
                conflicts,
                upstream,
                refused.keySet(),
                stamping,
                () -> new Wording(Dialect.NEWEST, clock),
                () -> 0);
    }

    DryRunReport run(DryRunScope scope) throws IOException, ReplayFailedException, FencedException {
        long began = environment.stopwatch().getAsLong();
        upstream.connect();
        Greeting.Met met = Greeting.exchange(upstream, config, environment);
        clock = met.clock();
        planner.ask(List.of(Greeting.command("CLIENT", "NO-TOUCH", "ON"))); // from Redis 7.2 on; before, see Touches
        met.tell(touches, store.replay().runId(), environment.clockMs().getAsLong());
        Claim claim = claim(met);
        long newest = source.committedSequence();
        try (var backlog =
                new Backlog(source, config.batchEntriesMax(), config.batchBytesMax(), damage::add, gap -> {})) {
            long from = backlog.open(startOf(claim), store.replay().acknowledged());
            boolean inDoubt = claim instanceof Claim.Evicted
                    || (claim instanceof Claim.Lost
                            && !Greeting.hasNoKey(
                                    planner.ask(List.of(Greeting.ASK_FOR_KEYS)).get(0)));
            long inDoubtTo = inDoubt ? store.replay().lastSent() : 0;
            long to = from;
            boolean late = false;
            List<Journal.Entry> entries = backlog.next(config.batchEntriesMax());
            while (!entries.isEmpty() && !late) {
                to = foresee(entries, inDoubtTo, claim instanceof Claim.Lost, scope);
                backlog.pass(to);
                entries = backlog.next(config.batchEntriesMax());
                late = environment.stopwatch().getAsLong() - began
                        >= scope.longest().toNanos();
            }
            return report(scope, claim, from, to, newest, late && !entries.isEmpty());
        }
    }

    private Claim claim(Greeting.Met met) throws IOException, ReplayFailedException, FencedException {
        Reply fields =
                planner.ask(List.of(Cursor.read(Cursor.key(config.nodeId())))).get(0);
        if (fields instanceof Reply.Failure failure) {
            throw new ReplayFailedException(
                    "the upstream refuses its cursor: " + Refusal.of(failure).code());
        }
        Claim claim = Claim.of(
                Cursor.of(fields), Claim.Memory.of(config, store.replay(), met, ReplayProgress.lineage(store)));
        if (claim instanceof Claim.Foreign foreign) {
            throw new FencedException(foreign.reason());
        }
        return claim;
    }

    private long startOf(Claim claim) {
        if (claim instanceof Claim.ReplyLost lost) {
            return lost.cursor();
        }
        return claim instanceof Claim.WentBack back
                ? back.cursor()
                : store.replay().acknowledged();
    }

    private static String words(Claim claim) {
        if (claim instanceof Claim.FirstContact) {
            return "nothing was replayed before";
        } else if (claim instanceof Claim.Agreed) {
            return "as it was left";
        } else if (claim instanceof Claim.ReplyLost) {
            return "further than was known: a reply was lost";
        } else if (claim instanceof Claim.WentBack) {
            return "the upstream went back";
        } else if (claim instanceof Claim.Evicted) {
            return "missing, although the upstream has not restarted";
        } else if (claim instanceof Claim.Lost) {
            return "missing: the upstream lost its data, and sync.upstream_lost says whether anything is replayed";
        }
        throw new IllegalStateException("no words for " + claim);
    }

    /** Gives the sequence up to which it got. */
    private long foresee(List<Journal.Entry> entries, long inDoubtTo, boolean lostData, DryRunScope scope)
            throws IOException, ReplayFailedException {
        if (entries.stream().noneMatch(Journal.Entry::isForUpstream)) {
            conflicts.pass(entries);
            return entries.get(entries.size() - 1).sequence();
        }
        refused.clear(); // of earlier batches
        for (Journal.Entry entry : entries) {
            if (entry.isForUpstream()) {
                String why = entry.sequence() <= inDoubtTo ? IN_DOUBT : planner.whyUnusable(entry);
                if (!why.isEmpty()) {
                    refused.put(entry.sequence(), why);
                }
            }
        }
        long nowMs = environment.clockMs().getAsLong();
        var asWritten = new Compaction(source.commands(), false, nowMs);
        asWritten.take(entries, Integer.MAX_VALUE);
        Planner.Plan plan = planner.plan(entries, false, nowMs, lostData, Stopwatch.NONE, asWritten);
        note(plan, scope);
        plan.round().suppose();
        return plan.batch().lastSequence();
    }

    private void note(Planner.Plan plan, DryRunScope scope) throws IOException {
        List<Forecast> unseen = new ArrayList<>();
        Set<Forecast> met = new LinkedHashSet<>();
        for (Journal.Entry entry : plan.round().entries()) {
            if (entry.isForUpstream()) {
                note(entry, plan, scope, unseen, met);
            }
        }
        lookAtTypes(unseen);
        plan.batch().effects().forEach(this::take);
        plan.round().conflicts().forEach(decided -> {
            Forecast forecast = keys.get(new Watched(decided.db(), decided.key()));
            if (forecast != null) {
                forecast.conflicts(decided);
            }
        });
        met.forEach(forecast -> {
            if (plan.round().isDiverging(forecast.db(), forecast.key())) {
                forecast.merges();
            }
            if (plan.round().isCompared(forecast.db(), forecast.key())) {
                forecast.compared();
            }
        });
    }

    private void note(
            Journal.Entry entry, Planner.Plan plan, DryRunScope scope, List<Forecast> unseen, Set<Forecast> met) {
        String why = refused.get(entry.sequence());
        Set<Integer> dead = plan.dead().getOrDefault(entry.sequence(), Set.of());
        for (int i = 0; i < entry.effects().size(); i++) {
            String whyNot = why == null && dead.contains(i) ? DEAD_ALREADY : why;
            Effect effect = entry.effects().get(i);
            forEachKey(effect, (spec, position, flags) -> {
                var key = new Watched(effect.db(), effect.command().get(position));
                Forecast forecast = keys.get(key);
                if (forecast == null) {
                    forecast = begin(key, entry.sequence(), scope);
                    if (forecast == null) {
                        return;
                    }
                    unseen.add(forecast);
                }
                forecast.meets(entry.sequence());
                met.add(forecast);
                if (whyNot != null) {
                    forecast.isRefused(whyNot);
                }
            });
        }
    }

    private @Nullable Forecast begin(Watched key, long sequence, DryRunScope scope) {
        if (!scope.keys().test(key.key())) {
            return null;
        }
        if (keys.size() == KEYS_MAX) {
            tooManyKeys = true;
            return null;
        }
        var forecast = new Forecast(key.db(), key.key(), sequence);
        keys.put(key, forecast);
        return forecast;
    }

    private void lookAtTypes(List<Forecast> unseen) throws IOException {
        if (unseen.isEmpty()) {
            return;
        }
        List<Watched> asked = unseen.stream()
                .map(forecast -> new Watched(forecast.db(), forecast.key()))
                .toList();
        List<@Nullable String> types = KeyTypes.ask(asked, planner::ask);
        for (int i = 0; i < unseen.size(); i++) {
            unseen.get(i).is(types.get(i));
        }
    }

    private void take(Effect effect) {
        forEachKey(effect, (spec, position, flags) -> {
            Forecast forecast =
                    keys.get(new Watched(effect.db(), effect.command().get(position)));
            if (forecast != null) {
                forecast.takes(spec, effect, flags);
            }
        });
        CommandSpec spec = commands.find(effect.command().get(0));
        if (spec == null || spec.changesUnnamedKeys()) {
            keys.values().forEach(Forecast::forgetWhatItIs);
        }
    }

    private interface KeyVisitor {
        void visit(CommandSpec spec, int position, Set<KeyFlag> flags);
    }

    private void forEachKey(Effect effect, KeyVisitor visitor) {
        Bytes[] args = effect.command().toArray(Bytes[]::new);
        CommandSpec spec = commands.find(args);
        if (spec != null) {
            spec.forEachKey(args, (position, flags) -> visitor.visit(spec, position, flags));
        }
    }

    private DryRunReport report(DryRunScope scope, Claim claim, long from, long to, long newest, boolean late) {
        long nowMs = environment.clockMs().getAsLong();
        Map<Outcome, Long> outcomes = new EnumMap<>(Outcome.class);
        List<DryRunReport.Row> rows = new ArrayList<>();
        for (Forecast forecast : keys.values()) {
            Outcome outcome = forecast.outcome(nowMs);
            outcomes.merge(outcome, 1L, Long::sum);
            if (rows.size() < scope.rowsMax() && (scope.outcome() == null || scope.outcome() == outcome)) {
                rows.add(forecast.row(nowMs));
            }
        }
        String unread = damage.isEmpty() ? "" : damage.get(0).toString();
        String incomplete = late
                ? "it took too long: what is behind entry " + to + " was not looked at"
                : tooManyKeys ? "there are more than " + KEYS_MAX + " keys: narrow it with MATCH" : unread;
        return new DryRunReport(words(claim), from, to, newest, outcomes, incomplete, rows);
    }
}
