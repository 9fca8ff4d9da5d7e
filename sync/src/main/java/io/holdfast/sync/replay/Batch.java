package io.holdfast.sync.replay;

import io.holdfast.engine.command.Effect;
import io.holdfast.engine.exec.Journal;
import io.holdfast.engine.rule.RedisInteger;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.sync.conflict.ConflictCheck;
import io.holdfast.sync.conflict.Unmet;
import io.holdfast.sync.journal.Conflict;
import io.holdfast.sync.journal.DeadLetter;
import io.holdfast.sync.replay.Folded.Raw;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Consecutive entries as one transaction that moves the cursor over them. Immutable once it is sealed.
 *
 * <pre>
 *   (WATCH cursor, HMGET cursor: sent with the batch before)
 *   MULTI
 *   TIME, or INFO cpu        where the upstream allows it
 *   effect …                 database 0
 *   SELECT 3, effect …       another database
 *   SELECT 0, HSET stamps …  where other nodes are to know when it was written
 *   HSET cursor
 *   TIME, or INFO cpu
 *   EXEC
 *   WATCH cursor, HMGET cursor: for the batch after
 * </pre>
 */
final class Batch {
    private static final Bytes SELECT = Bytes.of("SELECT");
    private static final int REPLIES_BEHIND_EXEC = 2;

    private final ReplaySource source;
    private final List<List<Bytes>> commands = new ArrayList<>();
    /** What each command between MULTI and EXEC is for. */
    private final List<Part> parts = new ArrayList<>();

    private final long lastSequence;
    private final Stopwatch stopwatch;
    private int db;
    private int entries;
    private boolean isFolded;
    private int asideAt = -1;
    private long sealedAtMs;

    /**
     * One command between MULTI and EXEC.
     *
     * @param effect null when it is one of our own
     * @param raws what it stands for
     * @param mayFail whether it is harmless where it is refused: it tells how long EXEC took, or is for other nodes
     */
    private record Part(@Nullable Effect effect, List<Raw> raws, boolean mayFail) {
        static final Part OWN = new Part(null, List.of(), false);
        static final Part ASIDE = new Part(null, List.of(), true);
    }

    /**
     * @param lastSequence where it moves the cursor: entries on the way that are not added are passed over
     * @param stopwatch how the upstream is asked how long it takes
     */
    Batch(ReplaySource source, long lastSequence, Stopwatch stopwatch) {
        this.source = source;
        this.lastSequence = lastSequence;
        this.stopwatch = stopwatch;
        commands.add(List.of(Bytes.of("MULTI")));
        readStopwatch();
    }

    private void readStopwatch() {
        if (stopwatch != Stopwatch.NONE) {
            commands.add(stopwatch.command());
            parts.add(Part.ASIDE);
        }
    }

    static List<Bytes> select(int db) {
        return List.of(SELECT, Bytes.of(db));
    }

    /**
     * Adds what is sent of entries.
     *
     * @param ofEntries how many they are
     * @param resentTo see {@link ReplayProgress#resentTo}
     */
    void add(Compaction compacted, int ofEntries, Wording wording, long resentTo) {
        entries += ofEntries;
        isFolded |= compacted.isFolded();
        for (Folded one : compacted.commands()) {
            Effect effect = one.effect();
            use(effect.db());
            commands.add(wording.say(withTime(one, compacted.nowMs(), resentTo)));
            parts.add(new Part(effect, one.raws(), false));
        }
    }

    /**
     * What sets an end that has come since is sent with a later one: the key would end at once, and what was done to it before it
     * ended here, or after it was given more time, would make it anew without the rest.
     */
    private static List<Bytes> withTime(Folded one, long nowMs, long resentTo) {
        Effect effect = one.effect();
        int at = effect.endAt();
        Journal.Entry entry = one.raws().get(0).entry();
        if (at < 0 || entry.scope() != Journal.Scope.UPSTREAM || entry.sequence() <= resentTo) {
            return effect.command();
        }
        long endsMs = RedisInteger.parseOr(effect.command().get(at), Long.MAX_VALUE);
        if (endsMs >= nowMs || entry.timeMs() > endsMs) {
            return effect.command(); // it is to come; or it had come when this was written, which says so
        }
        List<Bytes> later = new ArrayList<>(effect.command());
        later.set(at, Bytes.of(nowMs + ConflictCheck.GRACE_MS));
        return later;
    }

    /** Adds what other nodes are to know, behind all effects; the reply to the first says how much of it is new. */
    void addAside(List<List<Bytes>> beside, Wording wording) {
        if (!beside.isEmpty()) {
            use(0);
            asideAt = parts.size();
            for (List<Bytes> command : beside) {
                commands.add(wording.say(command));
                parts.add(Part.ASIDE);
            }
        }
    }

    /** Adds the cursor, EXEC, and what the next batch begins with. */
    void seal(Bytes key, Cursor cursor, long atMs) {
        sealedAtMs = atMs;
        use(0);
        commands.add(cursor.write(key, atMs));
        parts.add(Part.OWN);
        readStopwatch();
        commands.add(List.of(Bytes.of("EXEC")));
        commands.addAll(Cursor.watchAndRead(key));
    }

    private void use(int wanted) {
        if (db != wanted) {
            db = wanted;
            commands.add(select(wanted));
            parts.add(Part.OWN);
        }
    }

    /** The newest entry it passes over. */
    long lastSequence() {
        return lastSequence;
    }

    /** How many entries were added. */
    int entries() {
        return entries;
    }

    /** How many commands are sent, our own left out. */
    int size() {
        return (int) parts.stream().filter(part -> part.effect != null).count();
    }

    /** What is sent, our own commands left out. */
    List<Effect> effects() {
        return parts.stream().map(Part::effect).filter(Objects::nonNull).toList();
    }

    List<List<Bytes>> commands() {
        return commands;
    }

    /** The reply to the HMGET behind EXEC. */
    static Reply cursorReply(List<Reply> replies) {
        return replies.get(replies.size() - 1);
    }

    /** Reads the replies to {@link #commands}; looks at every one. */
    ReplayOutcome outcome(List<Reply> replies) {
        for (Reply own : List.of(replies.get(0), replies.get(replies.size() - 1), replies.get(replies.size() - 2))) {
            if (own instanceof Reply.Failure failure) {
                return new ReplayOutcome.Unavailable(Refusal.of(failure).text());
            }
        }
        Reply exec = replies.get(replies.size() - 1 - REPLIES_BEHIND_EXEC);
        if (exec instanceof Reply.Array results) {
            return applied(results.items());
        }
        return exec instanceof Reply.Failure failure
                ? aborted(replies.subList(1, 1 + parts.size()), Refusal.of(failure))
                : new ReplayOutcome.Overtaken();
    }

    private ReplayOutcome applied(List<Reply> results) {
        if (results.size() != parts.size()) {
            return new ReplayOutcome.Torn("EXEC gave " + results.size() + " results for " + parts.size() + " commands");
        }
        var refused = new ArrayList<DeadLetter>();
        var unmet = new ArrayList<Conflict>();
        for (int i = 0; i < results.size(); i++) {
            Part part = parts.get(i);
            if (part.mayFail()) {
                continue;
            }
            if (results.get(i) instanceof Reply.Failure failure) {
                if (part.effect == null) {
                    return new ReplayOutcome.Torn(
                            "within EXEC, " + commands.get(i + 1).get(0) + " was refused: "
                                    + Refusal.of(failure).code());
                }
                String error = Refusal.of(failure).text();
                part.raws.forEach(raw -> refused.add(letter(raw, error)));
            } else if (part.effect != null) {
                Raw raw = part.raws.get(0); // what a reply tells of is never folded
                Unmet.of(part.effect, results.get(i))
                        .map(what -> what.conflict(raw.entry(), raw.effectIndex(), sealedAtMs))
                        .ifPresent(unmet::add);
            }
        }
        return new ReplayOutcome.Applied(refused, unmet, serverMicros(results), stamped(results));
    }

    private long stamped(List<Reply> results) {
        return asideAt >= 0 && results.get(asideAt) instanceof Reply.Int fresh ? fresh.value() : 0;
    }

    /** Between the two looks at the stopwatch: how long the upstream served nobody else. */
    private long serverMicros(List<Reply> results) {
        long from = stopwatch.micros(results.get(0));
        long to = stopwatch.micros(results.get(results.size() - 1));
        return from < 0 || to < from ? ReplayOutcome.Applied.UNKNOWN : to - from;
    }

    private ReplayOutcome aborted(List<Reply> queued, Refusal exec) {
        if (exec.isUpstreamsOwn()) {
            return new ReplayOutcome.Unavailable(exec.text());
        }
        var poisoned = new LinkedHashMap<Journal.Entry, Map<Integer, String>>();
        for (int i = 0; i < queued.size(); i++) {
            if (queued.get(i) instanceof Reply.Failure failure) {
                Refusal refusal = Refusal.of(failure);
                if (parts.get(i).effect == null || refusal.isUpstreamsOwn()) {
                    return new ReplayOutcome.Unavailable(refusal.text());
                }
                for (Raw raw : parts.get(i).raws) {
                    poisoned.computeIfAbsent(raw.entry(), e -> new LinkedHashMap<>())
                            .put(raw.effectIndex(), refusal.text());
                }
            }
        }
        if (isFolded) {
            return new ReplayOutcome.Unclear();
        }
        if (poisoned.isEmpty()) {
            return new ReplayOutcome.Discarded(exec.text());
        }
        var letters = new LinkedHashMap<Long, List<DeadLetter>>();
        poisoned.forEach((entry, errors) -> letters.put(entry.sequence(), letters(entry, errors)));
        return new ReplayOutcome.Poisoned(letters);
    }

    /** An entry is applied whole or not at all: those of its effects that were not refused share the fate. */
    private List<DeadLetter> letters(Journal.Entry entry, Map<Integer, String> errors) {
        String first = errors.values().iterator().next();
        var letters = new ArrayList<DeadLetter>();
        for (int i = 0; i < entry.effects().size(); i++) {
            letters.add(letter(entry, i, errors.getOrDefault(i, "discarded, because of another effect: " + first)));
        }
        return letters;
    }

    private DeadLetter letter(Raw raw, String error) {
        return letter(source, raw.entry(), raw.effectIndex(), raw.effect(), sealedAtMs, error);
    }

    private DeadLetter letter(Journal.Entry entry, int effectIndex, String error) {
        return letter(source, entry, effectIndex, sealedAtMs, error);
    }

    static DeadLetter letter(ReplaySource source, Journal.Entry entry, int effectIndex, long atMs, String error) {
        return letter(source, entry, effectIndex, entry.effects().get(effectIndex), atMs, error);
    }

    private static DeadLetter letter(
            ReplaySource source, Journal.Entry entry, int effectIndex, Effect effect, long atMs, String error) {
        return new DeadLetter(
                entry.sequence(), effectIndex, atMs, effect.db(), effect.command(), source.firstKey(effect), error);
    }

    /** Every effect of {@code entry}, all for the same reason. */
    static List<DeadLetter> letters(ReplaySource source, Journal.Entry entry, long atMs, String error) {
        var letters = new ArrayList<DeadLetter>();
        for (int i = 0; i < entry.effects().size(); i++) {
            letters.add(letter(source, entry, i, atMs, error));
        }
        return letters;
    }
}
