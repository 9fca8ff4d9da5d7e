package io.holdfast.sync.conflict;

import io.holdfast.engine.command.Effect;
import io.holdfast.engine.exec.Journal;
import io.holdfast.engine.keyspace.KeyRecord;
import io.holdfast.engine.keyspace.Watches.Watched;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.sync.conflict.Merge.Target;
import io.holdfast.sync.conflict.Resolution.Part;
import io.holdfast.sync.journal.Conflict;
import io.holdfast.sync.journal.Conflict.Winner;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who wins, entry by entry. An entry of one effect loses what it overwrites of others and keeps the rest; an entry of several,
 * a transaction, is sent whole or not at all. For one batch.
 */
final class Decisions {
    private static final Bytes SELECT = Bytes.of("SELECT");
    private static final Bytes WATCH = Bytes.of("WATCH");
    private static final Bytes REPLACE = Bytes.of("REPLACE");
    private static final Bytes ABSTTL = Bytes.of("ABSTTL");
    private static final String COPY_NAME = ":conflict:";
    private static final int NODE_DIGITS = 8;

    private final ConflictRules rules;
    private final String node;
    private final Asker upstream;
    private final boolean guards;
    private final long nowMs;
    private final Stamping stamping;
    private final Touches touches;
    private final Map<Watched, Divergence> diverging;
    private final List<Conflict> conflicts = new ArrayList<>();
    /** What the entries before in this batch change: it is not upstream yet. */
    private final Set<Watched> changedBefore = new HashSet<>();

    /**
     * @param guards whether keys that are asked about are WATCHed
     * @param diverging changed as writes win
     */
    Decisions(
            ConflictRules rules,
            String node,
            Asker upstream,
            boolean guards,
            long nowMs,
            Stamping stamping,
            Touches touches,
            Map<Watched, Divergence> diverging) {
        this.rules = rules;
        this.node = node.substring(0, Math.min(NODE_DIGITS, node.length()));
        this.upstream = upstream;
        this.guards = guards;
        this.nowMs = nowMs;
        this.stamping = stamping;
        this.touches = touches;
        this.diverging = diverging;
    }

    List<Conflict> conflicts() {
        return conflicts;
    }

    /** Whether what {@code entry} removes has to be asked for once the entries before it are upstream. */
    boolean hasToWait(Journal.Entry entry) {
        return entry.effects().size() == 1
                && meetings(entry).stream()
                        .anyMatch(meeting -> meeting.isRemovalToMerge() && changedBefore.contains(meeting.key()));
    }

    /** What is sent of {@code entry}; null when nobody else has touched what it overwrites. */
    @Nullable Resolution decide(Journal.Entry entry) throws IOException {
        List<Meeting> meetings = meetings(entry);
        entry.effects().forEach(effect -> changedBefore.add(new Watched(effect.db(), keyOf(effect))));
        if (meetings.isEmpty() && entry.effects().stream().noneMatch(this::setsChangedEnd)) {
            return null;
        }
        boolean isWithheld =
                entry.effects().size() > 1 && meetings.stream().anyMatch(meeting -> !isOurs(meeting, entry));
        return isWithheld ? withhold(entry, meetings) : send(entry, meetings);
    }

    private boolean isOurs(Meeting meeting, Journal.Entry entry) {
        return meeting.isOurs(isTouchedBehind(meeting.divergence(), entry), stamping.of(entry));
    }

    private boolean isTouchedBehind(Divergence divergence, Journal.Entry entry) {
        return touches.isBehind(divergence.touchedMs(), entry.timeMs());
    }

    private List<Meeting> meetings(Journal.Entry entry) {
        List<Meeting> meetings = new ArrayList<>();
        for (int i = 0; i < entry.effects().size(); i++) {
            Effect effect = entry.effects().get(i);
            for (Target target : Merge.of(effect.command()).targets(effect.command())) {
                var key = new Watched(effect.db(), target.key());
                Divergence divergence = diverging.get(key);
                if (divergence == null) {
                    continue;
                }
                boolean hasEnded = target.endsMs() != null && Ends.hasPassed(target.endsMs(), nowMs);
                boolean endsOthers = hasEnded && divergence.isOfValue();
                if (divergence.meets(target) && divergence.isAlready(target) && !hasEnded) {
                    settle(key, target);
                } else if (divergence.meets(target) || endsOthers) {
                    meetings.add(new Meeting(i, target, key, divergence, rules.of(key.key()), hasEnded));
                } else if (target.removes() && target.part() == null) {
                    diverging.remove(key); // when others wanted it to end does not matter any more
                }
            }
        }
        return meetings;
    }

    /** A transaction that would overwrite what others wrote is not sent: every effect of it is kept for a person. */
    private Resolution withhold(Journal.Entry entry, List<Meeting> meetings) {
        Meeting first = meetings.stream()
                .filter(meeting -> !isOurs(meeting, entry))
                .findFirst()
                .orElseThrow();
        Winner winner = first.policy() == ConflictPolicy.PARK ? Winner.PARKED : Winner.UPSTREAM;
        for (int i = 0; i < entry.effects().size(); i++) {
            int index = i;
            Effect effect = entry.effects().get(i);
            Meeting own = meetings.stream()
                    .filter(meeting -> meeting.effectIndex() == index)
                    .findFirst()
                    .orElse(null);
            var key = own == null ? new Watched(effect.db(), keyOf(effect)) : own.key();
            conflicts.add(new ConflictNote(entry, i, key, first.policy(), winner)
                    .part(own == null ? null : own.target().part())
                    .base(own == null ? null : own.base())
                    .local(effect.command())
                    .touched(first.writtenMs())
                    .by(first.writtenBy())
                    .conflict(nowMs));
        }
        return new Resolution(List.of());
    }

    private static Bytes keyOf(Effect effect) {
        return effect.command().size() > 1 ? effect.command().get(1) : Bytes.EMPTY;
    }

    private Resolution send(Journal.Entry entry, List<Meeting> meetings) throws IOException {
        List<Part> parts = new ArrayList<>();
        for (int i = 0; i < entry.effects().size(); i++) {
            int index = i;
            List<Meeting> its = meetings.stream()
                    .filter(meeting -> meeting.effectIndex() == index)
                    .toList();
            Effect effect = entry.effects().get(i);
            boolean alone = entry.effects().size() == 1;
            sendEffect(entry, effect, i, its, alone, parts);
        }
        return new Resolution(parts);
    }

    private void sendEffect(
            Journal.Entry entry, Effect effect, int index, List<Meeting> meetings, boolean alone, List<Part> parts)
            throws IOException {
        List<Target> lost = new ArrayList<>();
        List<Part> beside = new ArrayList<>();
        for (Meeting meeting : meetings) {
            if (alone && meeting.isRemovalToMerge()) {
                lost.add(meeting.target());
                beside.addAll(removeWhatWasSeen(entry, meeting, index));
            } else if (isOurs(meeting, entry)) {
                parts.addAll(win(entry, effect, meeting));
            } else {
                lost.add(meeting.target());
                beside.addAll(lose(entry, effect, meeting));
            }
        }
        List<Target> all = Merge.of(effect.command()).targets(effect.command());
        List<Bytes> left = lost.isEmpty() ? effect.command() : Merge.without(effect.command(), all, lost);
        for (Target target : all) {
            boolean isDecided =
                    meetings.stream().anyMatch(meeting -> meeting.target().equals(target));
            if (left != null && !isDecided && target.endsMs() != null) {
                left = end(entry, effect, index, target, left, beside);
            }
        }
        if (left != null) {
            parts.add(new Part(index, new Effect(effect.db(), left)));
        }
        parts.addAll(beside);
    }

    // ---- when a key ends

    private boolean setsChangedEnd(Effect effect) {
        for (Target target : Merge.of(effect.command()).targets(effect.command())) {
            Divergence divergence = diverging.get(new Watched(effect.db(), target.key()));
            if (target.endsMs() != null
                    && divergence != null
                    && divergence.ends().areChanged()) {
                return true;
            }
        }
        return false;
    }

    /**
     * What is sent in place of {@code command}, which sets the end of a key whose value nobody else has changed; null when
     * nothing is. Adds to {@code behind} what has to follow it.
     */
    private @Nullable List<Bytes> end(
            Journal.Entry entry, Effect effect, int index, Target target, List<Bytes> command, List<Part> behind) {
        var key = new Watched(effect.db(), target.key());
        Divergence divergence = diverging.get(key);
        if (divergence == null || target.endsMs() == null || !divergence.ends().areChanged()) {
            return command;
        }
        long oursMs = target.endsMs();
        ConflictPolicy policy = rules.of(key.key());
        Ends.Decision decided = divergence.ends().decide(policy, oursMs, !isTouchedBehind(divergence, entry), nowMs);
        if (decided.dropped() != null && !target.isOver(entry.timeMs())) {
            noteEnd(entry, index, key, divergence, policy, decided.dropped(), oursMs);
        }
        if (decided.endsMs() != oursMs && !target.writes() && divergence.ends().isTheirs()) {
            return null; // it stands, to the millisecond
        }
        diverging.put(key, divergence.ended());
        if (decided.endsMs() == oursMs) {
            return command;
        }
        List<Bytes> ending = Ends.command(key.key(), decided.endsMs());
        if (!target.writes()) {
            return ending;
        }
        if (decided.endsMs() != KeyRecord.NEVER) {
            behind.add(new Part(index, new Effect(effect.db(), ending)));
        }
        return Merge.of(command) == Merge.STRING ? Merge.withoutEnd(command) : command;
    }

    private void noteEnd(
            Journal.Entry entry,
            int index,
            Watched key,
            Divergence divergence,
            ConflictPolicy policy,
            Winner winner,
            long oursMs) {
        Ends ends = divergence.ends();
        conflicts.add(new ConflictNote(entry, index, key, policy, winner)
                .base(ends.baseMs() < 0 ? null : Bytes.of(ends.baseMs()))
                .local(Ends.command(key.key(), oursMs))
                .upstream(winner == Winner.LOCAL ? Ends.command(key.key(), ends.theirsMs()) : List.of())
                .touched(divergence.touchedMs())
                .conflict(nowMs));
    }

    // ---- ours wins, or theirs

    /** What has to be sent before the write that wins. */
    private List<Part> win(Journal.Entry entry, Effect effect, Meeting meeting) throws IOException {
        boolean copies = meeting.policy() == ConflictPolicy.KEEP_BOTH
                && !meeting.divergence().type().equals("none");
        List<Bytes> theirs = theirs(meeting);
        note(entry, effect, meeting, copies ? Winner.LOCAL_AND_COPY : Winner.LOCAL, theirs);
        if (meeting.target().part() == null) {
            diverging.remove(meeting.key()); // its end as well: a value that is written whole brings its own
        } else {
            settle(meeting.key(), meeting.target());
        }
        if (!copies || theirs.isEmpty()) {
            return List.of();
        }
        return List.of(new Part(
                meeting.effectIndex(), new Effect(effect.db(), under(copyName(entry, meeting), theirs))));
    }

    /** From now on it is as it was written here. */
    private void settle(Watched key, Target target) {
        diverging.computeIfPresent(key, (k, divergence) -> divergence.without(target.part()));
    }

    /** What is sent in place of the write that loses. */
    private List<Part> lose(Journal.Entry entry, Effect effect, Meeting meeting) {
        boolean copies = meeting.policy() == ConflictPolicy.KEEP_BOTH
                && !meeting.target().removes()
                && !meeting.hasEnded();
        Winner winner = copies ? Winner.UPSTREAM_AND_COPY : Winner.UPSTREAM;
        if (meeting.target().isOver(entry.timeMs())) {
            return List.of(); // it had ended here: nobody wished for that now
        }
        note(entry, effect, meeting, meeting.policy() == ConflictPolicy.PARK ? Winner.PARKED : winner, List.of());
        if (!copies) {
            return List.of();
        }
        List<Bytes> ours = under(copyName(entry, meeting), ours(effect, meeting.target()));
        return List.of(new Part(meeting.effectIndex(), new Effect(effect.db(), ours)));
    }

    private void note(Journal.Entry entry, Effect effect, Meeting meeting, Winner winner, List<Bytes> theirs) {
        conflicts.add(new ConflictNote(entry, meeting.effectIndex(), meeting.key(), meeting.policy(), winner)
                .part(meeting.target().part())
                .base(meeting.base())
                .local(ours(effect, meeting.target()))
                .upstream(theirs)
                .touched(meeting.writtenMs())
                .by(meeting.writtenBy())
                .conflict(nowMs));
    }

    /** What the effect does to one target alone. */
    private static List<Bytes> ours(Effect effect, Target target) {
        List<Target> all = Merge.of(effect.command()).targets(effect.command());
        List<Target> others =
                all.stream().filter(other -> !other.equals(target)).toList();
        List<Bytes> command = others.isEmpty() ? null : Merge.without(effect.command(), all, others);
        return command == null ? effect.command() : command;
    }

    /** The command that would bring back what the upstream has; none when it has nothing. */
    private List<Bytes> theirs(Meeting meeting) throws IOException {
        Divergence divergence = meeting.divergence();
        Bytes key = meeting.key().key();
        Bytes part = meeting.target().part();
        if (part != null) {
            Divergence.Difference difference = divergence.parts().get(part);
            Bytes value = difference == null ? null : difference.upstream();
            if (value == null) {
                return List.of();
            }
            return divergence.type().equals("hash")
                    ? List.of(Bytes.of("HSET"), key, part, value)
                    : List.of(Bytes.of("ZADD"), key, value, part);
        }
        if (divergence.type().equals("none")) {
            return List.of();
        }
        Bytes text = divergence.upstream();
        if (text == null) {
            return dumped(meeting.key());
        }
        long endsMs = divergence.ends().theirsMs();
        return endsMs < 0
                ? List.of(Bytes.of("SET"), key, text)
                : List.of(Bytes.of("SET"), key, text, Bytes.of("PXAT"), Bytes.of(endsMs));
    }

    /** It ends when the key was to, however much later it is brought back. */
    private List<Bytes> dumped(Watched key) throws IOException {
        List<Reply> replies =
                ask(key, List.of(List.of(Bytes.of("DUMP"), key.key()), List.of(Bytes.of("PTTL"), key.key())));
        long endsMs = replies.get(1) instanceof Reply.Int ttl && ttl.value() >= 0 ? nowMs + ttl.value() : 0;
        return replies.get(0) instanceof Reply.Bulk payload
                ? List.of(Bytes.of("RESTORE"), key.key(), Bytes.of(endsMs), payload.value(), REPLACE, ABSTTL)
                : List.of();
    }

    /** The replies to {@code commands}, and the key is WATCHed from before them. */
    private List<Reply> ask(Watched key, List<List<Bytes>> commands) throws IOException {
        List<List<Bytes>> all = new ArrayList<>();
        all.add(List.of(SELECT, Bytes.of(key.db())));
        if (guards) {
            all.add(List.of(WATCH, key.key()));
        }
        int first = all.size();
        all.addAll(commands);
        all.add(List.of(SELECT, Bytes.of(0)));
        return upstream.ask(all).subList(first, first + commands.size());
    }

    private Bytes copyName(Journal.Entry entry, Meeting meeting) {
        var name = new ByteArrayOutputStream();
        name.writeBytes(meeting.key().key().array());
        name.writeBytes(Bytes.of(COPY_NAME + node + ":" + entry.timeMs()).array());
        return Bytes.wrap(name.toByteArray());
    }

    private static List<Bytes> under(Bytes name, List<Bytes> command) {
        List<Bytes> renamed = new ArrayList<>(command);
        renamed.set(1, name);
        return renamed;
    }

    // ---- removing a collection that others have changed

    /** What others added or changed stays; what others changed and was to go is a conflict that they win. */
    private List<Part> removeWhatWasSeen(Journal.Entry entry, Meeting meeting, int index) throws IOException {
        Divergence divergence = meeting.divergence();
        Bytes key = meeting.key().key();
        String type = divergence.type();
        List<Bytes> read = switch (type) {
            case "hash" -> List.of(Bytes.of("HKEYS"), key);
            case "set" -> List.of(Bytes.of("SMEMBERS"), key);
            default -> List.of(Bytes.of("ZRANGE"), key, Bytes.of(0), Bytes.of(-1));
        };
        List<Bytes> removal = new ArrayList<>();
        removal.add(Bytes.of(type.equals("hash") ? "HDEL" : type.equals("set") ? "SREM" : "ZREM"));
        removal.add(key);
        if (ask(meeting.key(), List.of(read)).get(0) instanceof Reply.Array all) {
            for (Reply each : all.items()) {
                Bytes part = Content.text(each);
                Divergence.Difference difference = divergence.parts().get(part);
                if (difference == null || difference.upstream() == null) {
                    removal.add(part);
                }
            }
        }
        divergence.parts().forEach((part, difference) -> {
            if (difference.base() != null && difference.upstream() != null) {
                conflicts.add(new ConflictNote(entry, index, meeting.key(), meeting.policy(), Winner.UPSTREAM)
                        .part(part)
                        .base(difference.base())
                        .local(List.of(removal.get(0), key, part))
                        .touched(divergence.touchedMs())
                        .conflict(nowMs));
            }
        });
        return removal.size() == 2
                ? List.of()
                : List.of(new Part(index, new Effect(meeting.key().db(), removal)));
    }
}
