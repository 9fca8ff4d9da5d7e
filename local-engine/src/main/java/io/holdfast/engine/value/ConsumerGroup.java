package io.holdfast.engine.value;

import io.holdfast.resp.Bytes;
import java.util.Collection;
import java.util.Collections;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A group of consumers that share the entries of a stream: what it was given, and what of that nobody has acknowledged.
 * Owned by the engine loop.
 */
public final class ConsumerGroup {
    /** {@link #entriesRead} where it is not known. */
    public static final long UNKNOWN = -1;

    private final Bytes name;
    private final GroupRows rows = new GroupRows();
    private final NavigableMap<Bytes, StreamConsumer> consumers = new TreeMap<>();
    private final NavigableMap<StreamId, PendingEntry> pending = new TreeMap<>();
    private StreamId lastDelivered;
    private long entriesRead;
    private int lastConsumerId;

    ConsumerGroup(Bytes name, StreamId lastDelivered, long entriesRead) {
        this.name = name;
        this.lastDelivered = lastDelivered;
        this.entriesRead = entriesRead;
    }

    ConsumerGroup copy() {
        var copy = new ConsumerGroup(name, lastDelivered, entriesRead);
        for (StreamConsumer consumer : consumers.values()) {
            StreamConsumer copied =
                    copy.restoreConsumer(consumer.id(), consumer.name(), consumer.seenMs, consumer.activeMs);
            for (PendingEntry entry : consumer.pending.values()) {
                copy.deliver(entry.id(), copied, entry.deliveredMs, entry.deliveries);
            }
        }
        return copy;
    }

    public Bytes name() {
        return name;
    }

    /** The greatest id that was given to a consumer. */
    public StreamId lastDelivered() {
        return lastDelivered;
    }

    /** How many of the entries ever added were given to consumers, or {@link #UNKNOWN}. */
    public long entriesRead() {
        return entriesRead;
    }

    public void delivered(StreamId last, long read) {
        lastDelivered = last;
        entriesRead = read;
        rows.headChanged();
    }

    // ---- consumers

    /** All consumers, by name. */
    public Collection<StreamConsumer> consumers() {
        return Collections.unmodifiableCollection(consumers.values());
    }

    public @Nullable StreamConsumer consumer(Bytes consumerName) {
        return consumers.get(consumerName);
    }

    /** Adds a consumer that is not there. */
    public StreamConsumer createConsumer(Bytes consumerName, long nowMs) {
        return restoreConsumer(lastConsumerId + 1, consumerName, nowMs, StreamConsumer.NEVER);
    }

    /**
     * Adds a consumer as it was.
     *
     * @param id as {@link StreamConsumer#id}
     */
    public StreamConsumer restoreConsumer(int id, Bytes consumerName, long seenMs, long activeMs) {
        var consumer = new StreamConsumer(id, consumerName);
        consumer.seenMs = seenMs;
        consumer.activeMs = activeMs;
        consumers.put(consumerName, consumer);
        lastConsumerId = Math.max(lastConsumerId, id);
        rows.changed(consumer);
        return consumer;
    }

    /** Removes a consumer with all that is pending for it; returns how much that was. */
    public int removeConsumer(StreamConsumer consumer) {
        for (StreamId id : consumer.pending.keySet()) {
            pending.remove(id);
            rows.changed(id, pending.size());
        }
        consumers.remove(consumer.name());
        rows.gone(consumer);
        return consumer.pending.size();
    }

    /** The consumer has asked for entries. */
    public void seen(StreamConsumer consumer, long nowMs) {
        consumer.seenMs = nowMs;
        rows.changed(consumer);
    }

    /** The consumer has got entries. */
    public void active(StreamConsumer consumer, long nowMs) {
        consumer.activeMs = nowMs;
        rows.changed(consumer);
    }

    // ---- pending entries

    /** What was delivered and not acknowledged, of all consumers. */
    public NavigableMap<StreamId, PendingEntry> pending() {
        return Collections.unmodifiableNavigableMap(pending);
    }

    public @Nullable PendingEntry pending(StreamId id) {
        return pending.get(id);
    }

    /** The entry is pending for this consumer from now on, whoever had it before. */
    public void deliver(StreamId id, StreamConsumer to, long deliveredMs, long deliveries) {
        PendingEntry entry = pending.get(id);
        if (entry == null) {
            entry = new PendingEntry(id, to);
            pending.put(id, entry);
            to.pending.put(id, entry);
        } else if (entry.consumer != to) {
            entry.consumer.pending.remove(id);
            entry.consumer = to;
            to.pending.put(id, entry);
        }
        entry.deliveredMs = deliveredMs;
        entry.deliveries = deliveries;
        rows.changed(id, pending.size());
    }

    /** False where nothing with this id is pending. */
    public boolean acknowledge(StreamId id) {
        PendingEntry entry = pending.remove(id);
        if (entry == null) {
            return false;
        }
        entry.consumer.pending.remove(id);
        rows.changed(id, pending.size());
        return true;
    }

    // ---- storage

    GroupRows rows() {
        return rows;
    }

    long heapBytes() {
        return 200L + 250L * consumers.size() + 176L * pending.size();
    }
}
