package io.holdfast.engine.value;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which rows of a stream storage has, and which of them are still right. Entries never change, they come at one end and
 * mostly go at the other:
 *
 * <pre>
 *   rows in storage   [ - - - - - - - - )              storedFirst … storedLast
 *   the stream now            [ = = × = = + + + )      × deleted among others
 * </pre>
 */
final class StreamRows {
    /** Up to so many deleted entries are remembered, more only where the stream is more than twice as long. */
    private static final int DELETED_MAX = 1024;

    private boolean known; // false: storage has nothing that is worth keeping
    private @Nullable StreamId storedFirst; // null: storage has no entry
    private StreamId storedLast = StreamId.ZERO;
    private final Set<StreamId> deleted = new HashSet<>();
    private final List<Integer> groupsGone = new ArrayList<>();
    private boolean head = true;
    private int lastGroup;

    void headChanged() {
        head = true;
    }

    /** An id can come back below others that are gone, after XSETID. */
    void appended(StreamId id) {
        head = true;
        if (storedFirst != null && id.compareTo(storedLast) <= 0) {
            forget();
        }
    }

    void deleted(StreamId id, long length) {
        if (known && storedFirst != null && id.compareTo(storedLast) <= 0) {
            deleted.add(id);
            if (deleted.size() > Math.max(DELETED_MAX, length / 2)) {
                forget();
            }
        }
    }

    void gone(ConsumerGroup group) {
        if (group.rows().number() != 0) {
            groupsGone.add(group.rows().number());
        }
    }

    void forget() {
        known = false;
        head = true;
        storedFirst = null;
        storedLast = StreamId.ZERO;
        deleted.clear();
        groupsGone.clear();
    }

    /** Storage holds the group as it is. */
    void stored(ConsumerGroup group, int number) {
        group.rows().stored(number);
        lastGroup = Math.max(lastGroup, number);
    }

    void stored(StreamValue stream) {
        known = true;
        head = false;
        storedFirst = stream.length() == 0 ? null : stream.firstId();
        storedLast = stream.lastEntryId();
        deleted.clear();
        groupsGone.clear();
    }

    boolean hasChanges(StreamValue stream) {
        StreamId first = stream.length() == 0 ? null : stream.firstId();
        return !known
                || head
                || !Objects.equals(first, storedFirst)
                || !deleted.isEmpty()
                || !groupsGone.isEmpty()
                || stream.groups().stream().anyMatch(group -> group.rows().hasChanges());
    }

    void drain(StreamValue stream, RowSink sink) {
        if (!known) {
            sink.clear();
            stream.groups().forEach(group -> group.rows().forget());
        }
        if (head) {
            sink.stream(stream.lastId(), stream.maxDeletedId(), stream.entriesAdded());
        }
        drainGone(stream, sink);
        StreamId from = storedFirst == null ? StreamId.ZERO : storedLast.next();
        if (from != null) {
            stream.forEach(from, StreamId.MAX, false, entry -> {
                sink.entry(entry);
                return true;
            });
        }
        groupsGone.forEach(sink::groupGone);
        stream.groups().forEach(group -> {
            boolean fresh = group.rows().needsNumber();
            lastGroup += fresh ? 1 : 0;
            group.rows().drain(group, lastGroup, sink);
        });
        stored(stream);
    }

    private void drainGone(StreamValue stream, RowSink sink) {
        if (storedFirst == null) {
            return;
        }
        StreamId first = stream.firstId();
        if (stream.length() == 0 || first.isAfter(storedLast)) {
            sink.entriesGone(storedFirst, storedLast);
            return;
        }
        if (first.isAfter(storedFirst)) {
            sink.entriesGone(storedFirst, Objects.requireNonNull(first.previous())); // no entry has the id 0-0
        }
        for (StreamId id : deleted) {
            if (id.isAfter(first)) {
                sink.entriesGone(id, id);
            }
        }
    }
}
