package io.holdfast.sync.conflict;

import io.holdfast.engine.command.Effect;
import io.holdfast.engine.exec.Journal;
import io.holdfast.engine.keyspace.Watches.Watched;
import io.holdfast.engine.value.StreamId;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.sync.conflict.GroupState.Fate;
import io.holdfast.sync.conflict.Resolution.Part;
import io.holdfast.sync.journal.Conflict;
import io.holdfast.sync.journal.Conflict.Winner;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Joins what was done here to the consumer groups of streams with what others did to them upstream: decision 0016. For one batch, on
 * the replay thread.
 *
 * <pre>
 *   expect entry … ──► look: WATCH stream, XINFO GROUPS, XPENDING, XRANGE ──► merge entry …
 * </pre>
 */
final class GroupMerge {
    /** Who is given what nobody has read where it is not known who read past it. */
    private static final Bytes NOBODY = Bytes.of("holdfast");

    private static final Bytes SELECT = Bytes.of("SELECT");
    private static final Bytes WATCH = Bytes.of("WATCH");
    private static final Bytes TIME = Bytes.of("TIME");
    private static final Bytes NAME = Bytes.of("name");
    private static final Bytes LAST_DELIVERED = Bytes.of("last-delivered-id");
    private static final long SECOND_MS = 1000;
    private static final long MS_MICROS = 1000;

    /** A group of a stream. */
    record Name(int db, Bytes key, Bytes group) {}

    private record Stream(int db, Bytes key) {}

    private final IntPredicate isUsable;
    private final long nowMs;
    private final long aheadMs;
    private final Map<Name, StreamId> supposed;
    private final Map<Stream, Map<Bytes, GroupState>> streams = new LinkedHashMap<>();
    private final List<Conflict> conflicts = new ArrayList<>();

    /**
     * @param isUsable whether the upstream has a database
     * @param nowMs Unix milliseconds
     * @param aheadMs how far the upstream's clock is ahead of that
     * @param supposed how far groups are by entries that were planned and not sent
     */
    GroupMerge(IntPredicate isUsable, long nowMs, long aheadMs, Map<Name, StreamId> supposed) {
        this.isUsable = isUsable;
        this.nowMs = nowMs;
        this.aheadMs = aheadMs;
        this.supposed = supposed;
    }

    /** One of the entries that will be decided about, in any order. */
    void expect(Journal.Entry entry) {
        for (Effect effect : entry.effects()) {
            GroupCommand command = GroupCommand.of(effect.command());
            if (command != null && isUsable.test(effect.db())) {
                var name = new Name(effect.db(), command.key(), command.group());
                streams.computeIfAbsent(new Stream(effect.db(), command.key()), s -> new LinkedHashMap<>())
                        .computeIfAbsent(command.group(), g -> new GroupState(name))
                        .expect(command);
            }
        }
    }

    boolean isEmpty() {
        return streams.isEmpty();
    }

    /** Decisions that were not merges. */
    List<Conflict> conflicts() {
        return conflicts;
    }

    /** How far the groups are once the batch is applied, and those of batches before that were only planned. */
    Map<Name, StreamId> positions() {
        Map<Name, StreamId> positions = new HashMap<>(supposed);
        forEach(group -> {
            if (group.exists()) {
                positions.put(group.name(), group.position());
            }
        });
        return positions;
    }

    private void forEach(Consumer<GroupState> action) {
        streams.values().forEach(groups -> groups.values().forEach(action));
    }

    // ---- asking

    /**
     * Asks the upstream about them.
     *
     * @param guards whether the streams are WATCHed; that fences what others write into them, not what they do to their groups,
     *     of which no Redis tells
     */
    void look(Asker upstream, boolean guards) throws IOException {
        if (streams.isEmpty()) {
            return;
        }
        var questions = new ArrayList<List<Bytes>>();
        streams.keySet().forEach(stream -> {
            questions.add(select(stream.db()));
            questions.add(guards ? List.of(WATCH, stream.key()) : select(stream.db()));
            questions.add(List.of(Bytes.of("XINFO"), Bytes.of("GROUPS"), stream.key()));
        });
        questions.add(select(0));
        List<Reply> replies = upstream.ask(questions);
        int at = 2;
        for (Map<Bytes, GroupState> groups : streams.values()) {
            found(replies.get(at), groups);
            at += 3;
        }
        boolean isMore = true;
        while (isMore) {
            isMore = lookFurther(upstream);
        }
    }

    private static List<Bytes> select(int db) {
        return List.of(SELECT, Bytes.of(db));
    }

    private void found(Reply reply, Map<Bytes, GroupState> groups) {
        if (!(reply instanceof Reply.Array all)) {
            return; // no such stream, or not for this user to know: sent as it was written
        }
        for (Reply one : all.items()) {
            List<Reply> fields = ((Reply.Array) one).items();
            GroupState group = groups.get(field(fields, NAME));
            if (group != null) {
                group.found(StreamId.parse(field(fields, LAST_DELIVERED).latin1()), supposed.get(group.name()));
            }
        }
    }

    private static Bytes field(List<Reply> fields, Bytes name) {
        for (int i = 0; i + 1 < fields.size(); i += 2) {
            if (Content.text(fields.get(i)).equals(name)) {
                return Content.text(fields.get(i + 1));
            }
        }
        throw new IllegalStateException("XINFO GROUPS does not say " + name);
    }

    /** One page of each that has more to tell. */
    private boolean lookFurther(Asker upstream) throws IOException {
        var questions = new ArrayList<List<Bytes>>();
        var answers = new ArrayList<Answer>();
        questions.add(List.of(TIME));
        forEach(group -> {
            List<Bytes> pending = group.pendingQuestion();
            List<Bytes> entries = group.entriesQuestion();
            if (pending != null || entries != null) {
                questions.add(select(group.name().db()));
            }
            if (pending != null) {
                answers.add(new Answer(questions.size(), group, true));
                questions.add(pending);
            }
            if (entries != null) {
                answers.add(new Answer(questions.size(), group, false));
                questions.add(entries);
            }
        });
        if (answers.isEmpty()) {
            return false;
        }
        questions.add(select(0));
        List<Reply> replies = upstream.ask(questions);
        long askedMs = timeMs(replies.get(0));
        for (Answer answer : answers) {
            Reply reply = replies.get(answer.at);
            if (answer.isPending) {
                answer.group.pendingAnswer(reply, askedMs);
            } else {
                answer.group.entriesAnswer(reply);
            }
        }
        return true;
    }

    private record Answer(int at, GroupState group, boolean isPending) {}

    /** By our clock, as deliveries are journaled, but as the one that stamps them upstream goes; ours where this user may not ask. */
    private long timeMs(Reply time) {
        return time instanceof Reply.Array parts && parts.items().size() == 2
                ? number(parts.items().get(0)) * SECOND_MS
                        + number(parts.items().get(1)) / MS_MICROS
                        - aheadMs
                : nowMs;
    }

    private static long number(Reply digits) {
        return Long.parseLong(Content.text(digits).latin1());
    }

    // ---- deciding

    /**
     * What is sent of {@code entry}.
     *
     * @param decided what its other conflicts leave of it; null: all
     * @return null where it is sent as it was written
     */
    @Nullable Resolution merge(Journal.Entry entry, @Nullable Resolution decided) {
        if (streams.isEmpty()) {
            return decided;
        }
        List<Part> before = decided == null ? Resolution.asItIs(entry).parts() : decided.parts();
        List<Part> after = new ArrayList<>();
        for (int i = 0; i < before.size(); i++) {
            one(new Place(entry, before, i), after);
        }
        return after.equals(before) ? decided : new Resolution(after);
    }

    /** One command of an entry. */
    private record Place(Journal.Entry entry, List<Part> parts, int at) {
        Part part() {
            return parts.get(at);
        }

        Part with(List<Bytes> command) {
            return new Part(part().effectIndex(), new Effect(part().effect().db(), command));
        }

        private static boolean is(@Nullable GroupCommand command, GroupCommand like, GroupCommand.Kind kind) {
            return command != null
                    && command.kind() == kind
                    && command.key().equals(like.key())
                    && command.group().equals(like.group());
        }

        /** Whether the id of a SETID was meant: what is delivered never goes to 0-0. */
        boolean isMeant(GroupCommand setId) {
            if (setId.position().isZero()) {
                return true;
            }
            GroupCommand before =
                    at == 0 ? null : GroupCommand.of(parts.get(at - 1).effect().command());
            return before != null
                    && is(before, setId, GroupCommand.Kind.SETID)
                    && before.position().isZero();
        }

        /** Whether what is claimed is delivered for the first time: then the group moves on behind it. */
        boolean isDelivery(GroupCommand claim) {
            return parts.subList(at + 1, parts.size()).stream()
                    .anyMatch(later -> is(GroupCommand.of(later.effect().command()), claim, GroupCommand.Kind.SETID));
        }

        /** Who was given the entries before {@code setId}. */
        Bytes reader(GroupCommand setId) {
            for (int i = at - 1; i >= 0; i--) {
                GroupCommand earlier = GroupCommand.of(parts.get(i).effect().command());
                if (earlier != null && is(earlier, setId, GroupCommand.Kind.CLAIM)) {
                    return earlier.consumer();
                }
            }
            return NOBODY;
        }
    }

    private void one(Place place, List<Part> after) {
        Effect effect = place.part().effect();
        GroupCommand command = GroupCommand.of(effect.command());
        if (command == null) {
            forgetWhatIsReplaced(effect);
            after.add(place.part());
            return;
        }
        GroupState group = streams.getOrDefault(new Stream(effect.db(), command.key()), Map.of())
                .get(command.group());
        if (group == null || (!group.exists() && command.kind() != GroupCommand.Kind.CREATE)) {
            after.add(place.part());
            return;
        }
        switch (command.kind()) {
            case CLAIM -> claim(place, command, group, after);
            case ACKNOWLEDGE -> {
                group.acknowledged(command.ids());
                after.add(place.part());
            }
            case SETID -> setId(place, command, group, after);
            case CREATE -> create(place, command, group, after);
            case DESTROY -> destroy(place, command, group, after);
            case DELCONSUMER -> delConsumer(place, command, group, after);
        }
    }

    /** A key that is written whole or removed has none of the groups that were found, and those that it gets are ours. */
    private void forgetWhatIsReplaced(Effect effect) {
        Bytes name = effect.command().get(0);
        boolean isOfStream = name.at(0) == 'X' || name.at(0) == 'x';
        boolean isOfEnd = name.equalsIgnoreCase("PEXPIREAT") || name.equalsIgnoreCase("PERSIST");
        if (!isOfStream && !isOfEnd) {
            effect.command().stream().skip(1).forEach(key -> streams.remove(new Stream(effect.db(), key)));
        }
    }

    private void claim(Place place, GroupCommand claim, GroupState group, List<Part> after) {
        boolean isDelivery = place.isDelivery(claim);
        List<StreamId> kept = new ArrayList<>();
        for (StreamId id : claim.ids()) {
            Fate fate = group.fate(id, Math.max(place.entry.timeMs(), claim.deliveredMs()));
            boolean isTwice = switch (fate) {
                case OURS -> false;
                case PENDING_BEFORE -> isDelivery && group.wasRead(id);
                case PENDING_SINCE, DONE -> true;
            };
            if (isTwice) {
                note(place, claim, id.toBytes(), Winner.BOTH_TOOK, claim.claiming(List.of(id)), group.deliveredMs(id));
            }
            if (fate == Fate.OURS || fate == Fate.PENDING_BEFORE) {
                kept.add(id);
            }
        }
        group.claimed(kept, claim.consumer());
        if (!kept.isEmpty()) {
            after.add(place.with(claim.claiming(kept)));
        }
    }

    private void setId(Place place, GroupCommand setId, GroupState group, List<Part> after) {
        if (place.isMeant(setId)) {
            group.setTo(setId.position());
            after.add(place.part());
            return;
        }
        if (!setId.position().isAfter(group.position())) {
            return; // others are further
        }
        List<StreamId> skipped = group.skippedUpTo(setId.position());
        if (skipped == null) { // they will be delivered, and what was read here behind the first of them once more
            note(place, setId, null, Winner.UPSTREAM, setId.words(), 0);
            return;
        }
        if (!skipped.isEmpty()) {
            Bytes reader = place.reader(setId);
            after.add(place.with(undelivered(setId, reader, skipped)));
            group.claimed(skipped, reader);
        }
        group.moveTo(setId.position());
        after.add(place.part());
    }

    /** As if idle for ever, so that whoever looks for what was left behind takes it at once. */
    private static List<Bytes> undelivered(GroupCommand of, Bytes consumer, List<StreamId> ids) {
        List<Bytes> claim = new ArrayList<>(List.of(Bytes.of("XCLAIM"), of.key(), of.group(), consumer, Bytes.of(0)));
        ids.forEach(id -> claim.add(id.toBytes()));
        for (String word : new String[] {"TIME", "0", "RETRYCOUNT", "0", "FORCE", "JUSTID"}) {
            claim.add(Bytes.of(word));
        }
        return claim;
    }

    private void create(Place place, GroupCommand create, GroupState group, List<Part> after) {
        if (!group.exists()) {
            after.add(place.part());
        } else if (!create.position().equals(group.position())) {
            note(place, create, null, Winner.UPSTREAM, create.words(), 0);
        }
    }

    private void destroy(Place place, GroupCommand destroy, GroupState group, List<Part> after) {
        if (group.newestMs(null) > place.entry.timeMs()) {
            note(place, destroy, null, Winner.UPSTREAM, destroy.words(), group.newestMs(null));
        } else {
            group.gone();
            after.add(place.part());
        }
    }

    private void delConsumer(Place place, GroupCommand removal, GroupState group, List<Part> after) {
        Bytes consumer = removal.consumer();
        if (group.newestMs(consumer) > place.entry.timeMs()) {
            note(place, removal, consumer, Winner.UPSTREAM, removal.words(), group.newestMs(consumer));
        } else {
            group.withoutConsumer(consumer);
            after.add(place.part());
        }
    }

    private void note(
            Place place, GroupCommand command, @Nullable Bytes part, Winner winner, List<Bytes> local, long theirsMs) {
        var key = new Watched(place.part().effect().db(), command.key());
        conflicts.add(new ConflictNote(place.entry, place.part().effectIndex(), key, ConflictPolicy.MERGE, winner)
                .part(part)
                .local(local)
                .touched(theirsMs)
                .conflict(nowMs));
    }
}
