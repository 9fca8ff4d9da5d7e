package io.holdfast.sync.conflict;

import io.holdfast.engine.value.StreamId;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What the upstream says of a consumer group, as far as the entries of one batch need it, and what they have made of it since. For
 * the replay thread.
 */
final class GroupState {
    /** Entries that were delivered to nobody and that one batch passes; with more of them the group stays where it is. */
    static final int SKIPPED_MAX = 1000;

    private static final int PAGE = 1000;
    private static final int PAGE_OF_ENTRIES = 200;

    /** A delivery that waits to be acknowledged. */
    record Pending(Bytes consumer, long deliveredMs) {}

    private final GroupMerge.Name name;
    private final Set<StreamId> claimed = new HashSet<>();
    private final Set<StreamId> delivered = new HashSet<>();
    private StreamId highest = StreamId.ZERO;
    private boolean isRemoving;

    private boolean exists;
    private StreamId readTo = StreamId.ZERO;
    private StreamId position = StreamId.ZERO;
    private final Map<StreamId, Pending> pending = new HashMap<>();
    private final Map<Bytes, Long> newestMs = new HashMap<>();
    private final TreeSet<StreamId> skipped = new TreeSet<>();
    private boolean skipsTooMany;

    /** Of entries that this batch has changed: null where one is not pending any more. */
    private final Map<StreamId, @Nullable Bytes> since = new HashMap<>();

    private @Nullable String nextPending;
    private @Nullable String nextEntry;

    GroupState(GroupMerge.Name name) {
        this.name = name;
    }

    GroupMerge.Name name() {
        return name;
    }

    /** An effect on it that will be decided about. */
    void expect(GroupCommand command) {
        switch (command.kind()) {
            case CLAIM -> {
                claimed.addAll(command.ids());
                delivered.addAll(command.ids());
            }
            case ACKNOWLEDGE -> delivered.addAll(command.ids());
            case SETID -> highest = later(highest, command.position());
            case DESTROY, DELCONSUMER -> isRemoving = true;
            case CREATE -> {}
        }
    }

    private static StreamId later(StreamId one, StreamId other) {
        return one.isBefore(other) ? other : one;
    }

    // ---- asking

    /**
     * It is there.
     *
     * @param lastDelivered up to where its entries were delivered
     * @param supposed where entries that were not sent, only planned, have moved it; null: nowhere
     */
    void found(StreamId lastDelivered, @Nullable StreamId supposed) {
        exists = true;
        readTo = lastDelivered;
        position = supposed == null ? lastDelivered : later(lastDelivered, supposed);
        if (isRemoving) {
            nextPending = "-";
        } else if (!claimed.isEmpty()) {
            nextPending = new TreeSet<>(claimed).first().toString();
        }
        if (highest.isAfter(position)) {
            nextEntry = "(" + position;
        }
    }

    boolean exists() {
        return exists;
    }

    /** What it is from now on is what was written here. */
    void gone() {
        exists = false;
    }

    /** What is to be asked next of what is pending; null when all is known. */
    @Nullable List<Bytes> pendingQuestion() {
        if (nextPending == null) {
            return null;
        }
        String to = isRemoving ? "+" : new TreeSet<>(claimed).last().toString();
        return words("XPENDING", name.key(), name.group(), nextPending, to, PAGE);
    }

    /** @param askedMs the upstream's clock a little before it answered */
    void pendingAnswer(Reply reply, long askedMs) {
        List<Reply> rows = reply instanceof Reply.Array array ? array.items() : List.of();
        nextPending = null;
        for (Reply row : rows) {
            List<Reply> columns = ((Reply.Array) row).items();
            StreamId id = StreamId.parse(Content.text(columns.get(0)).latin1());
            Bytes consumer = Content.text(columns.get(1));
            long deliveredMs = askedMs - ((Reply.Int) columns.get(2)).value();
            newestMs.merge(consumer, deliveredMs, Math::max);
            if (claimed.contains(id)) {
                pending.put(id, new Pending(consumer, deliveredMs));
            }
            nextPending = "(" + id;
        }
        if (rows.size() < PAGE) {
            nextPending = null;
        }
    }

    /** What is to be asked next of entries that this batch passes; null when all is known. */
    @Nullable List<Bytes> entriesQuestion() {
        return nextEntry == null
                ? null
                : words("XRANGE", name.key(), nextEntry, highest.toString(), "COUNT", PAGE_OF_ENTRIES);
    }

    void entriesAnswer(Reply reply) {
        List<Reply> entries = reply instanceof Reply.Array array ? array.items() : List.of();
        nextEntry = null;
        for (Reply entry : entries) {
            StreamId id = StreamId.parse(
                    Content.text(((Reply.Array) entry).items().get(0)).latin1());
            if (!delivered.contains(id)) {
                skipped.add(id);
            }
            nextEntry = "(" + id;
        }
        skipsTooMany = skipped.size() > SKIPPED_MAX;
        if (entries.size() < PAGE_OF_ENTRIES || skipsTooMany) {
            nextEntry = null;
        }
    }

    private static List<Bytes> words(Object... words) {
        List<Bytes> command = new ArrayList<>();
        for (Object word : words) {
            command.add(word instanceof Bytes bytes ? bytes : Bytes.of(word.toString()));
        }
        return command;
    }

    // ---- what the batch finds and changes

    /** What became of an entry that is claimed here. */
    enum Fate {
        /** It is pending as this batch has left it, or has not been delivered upstream. */
        OURS,
        /** It is pending upstream, delivered no later than here. */
        PENDING_BEFORE,
        /** It is pending upstream, delivered later than here. */
        PENDING_SINCE,
        /** It was delivered upstream and acknowledged, or acknowledged by an entry before in this batch. */
        DONE
    }

    Fate fate(StreamId id, long deliveredMs) {
        if (since.containsKey(id)) {
            return since.get(id) == null ? Fate.DONE : Fate.OURS;
        }
        Pending theirs = pending.get(id);
        if (theirs != null) {
            return theirs.deliveredMs() > deliveredMs ? Fate.PENDING_SINCE : Fate.PENDING_BEFORE;
        }
        return id.isAfter(readTo) ? Fate.OURS : Fate.DONE;
    }

    /** Whether others have read up to {@code id}. */
    boolean wasRead(StreamId id) {
        return !id.isAfter(readTo);
    }

    /** When it was delivered upstream, Unix milliseconds; 0 when that is not known. */
    long deliveredMs(StreamId id) {
        Pending theirs = pending.get(id);
        return theirs == null ? 0 : theirs.deliveredMs();
    }

    /** When something pending was delivered last to {@code consumer}, or to any where that is null; 0 where nothing is. */
    long newestMs(@Nullable Bytes consumer) {
        return consumer == null
                ? newestMs.values().stream().mapToLong(Long::longValue).max().orElse(0)
                : newestMs.getOrDefault(consumer, 0L);
    }

    void claimed(List<StreamId> ids, Bytes consumer) {
        ids.forEach(id -> since.put(id, consumer));
    }

    void acknowledged(List<StreamId> ids) {
        ids.forEach(id -> since.put(id, null));
    }

    void withoutConsumer(Bytes consumer) {
        since.replaceAll((id, owner) -> consumer.equals(owner) ? null : owner);
        pending.values().removeIf(theirs -> theirs.consumer().equals(consumer));
    }

    StreamId position() {
        return position;
    }

    void moveTo(StreamId id) {
        position = id;
    }

    /** As XGROUP SETID does it: what lies behind is to be delivered, again or for the first time. */
    void setTo(StreamId id) {
        position = id;
        readTo = id;
        since.values().removeIf(owner -> owner == null); // what was acknowledged may be delivered once more
    }

    /** Entries of the upstream up to {@code id}, which lies behind the position, that nobody was given, here or there; null when they are too many. */
    @Nullable List<StreamId> skippedUpTo(StreamId id) {
        if (skipsTooMany) {
            return null;
        }
        return List.copyOf(skipped.subSet(position, false, id, true));
    }
}
