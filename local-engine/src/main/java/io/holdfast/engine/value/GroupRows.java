package io.holdfast.engine.value;

import java.util.HashSet;
import java.util.Set;

/**
 * Which rows of a consumer group storage has to write. A group's rows are those with its number; a group that is made
 * again, or that has changed mostly, gets another number, so that no row is removed and written in one checkpoint.
 */
final class GroupRows {
    /** Up to so many changes are remembered one by one, more only where more is pending. */
    private static final int CHANGED_MAX = 1024;

    private final Set<StreamConsumer> consumers = new HashSet<>();
    private final Set<Integer> consumersGone = new HashSet<>();
    private final Set<StreamId> pending = new HashSet<>();
    private int number; // 0: storage has nothing of it
    private boolean head = true;
    private boolean mostly;

    void headChanged() {
        head = true;
    }

    void changed(StreamConsumer consumer) {
        if (isTracked()) {
            consumers.add(consumer);
        }
    }

    void gone(StreamConsumer consumer) {
        if (isTracked()) {
            consumers.remove(consumer);
            consumersGone.add(consumer.id());
        }
    }

    /** @param size what is pending now */
    void changed(StreamId id, int size) {
        if (isTracked()) {
            pending.add(id);
            mostly = pending.size() > Math.max(CHANGED_MAX, size);
        }
    }

    private boolean isTracked() {
        return number != 0 && !mostly;
    }

    boolean hasChanges() {
        return number == 0 || head || mostly || !consumers.isEmpty() || !consumersGone.isEmpty() || !pending.isEmpty();
    }

    /** True where the next drain writes the whole group, under a number that none ever had. */
    boolean needsNumber() {
        return number == 0 || mostly;
    }

    int number() {
        return number;
    }

    /** Storage holds the group as it is, under this number. */
    void stored(int as) {
        number = as;
        head = false;
        mostly = false;
        consumers.clear();
        consumersGone.clear();
        pending.clear();
    }

    /** Storage holds nothing of the group. */
    void forget() {
        stored(0);
        head = true;
    }

    /** @param fresh a number that no group of the stream ever had */
    void drain(ConsumerGroup group, int fresh, RowSink sink) {
        if (mostly) {
            sink.groupGone(number);
            forget();
        }
        if (number == 0) {
            stored(fresh);
            head = true;
            consumers.addAll(group.consumers());
            pending.addAll(group.pending().keySet());
        }
        if (head) {
            sink.group(number, group.name(), group.lastDelivered(), group.entriesRead());
        }
        consumersGone.forEach(id -> sink.consumerGone(number, id));
        for (StreamConsumer each : consumers) {
            sink.consumer(number, each.id(), each.name(), each.seenMs(), each.activeMs());
        }
        for (StreamId id : pending) {
            PendingEntry entry = group.pending(id);
            if (entry == null) {
                sink.pendingGone(number, id);
            } else {
                sink.pending(number, id, entry.consumer().id(), entry.deliveredMs(), entry.deliveries());
            }
        }
        stored(number);
    }
}
