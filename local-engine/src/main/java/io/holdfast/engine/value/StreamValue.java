package io.holdfast.engine.value;

import io.holdfast.resp.Bytes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.NavigableMap;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Entries that are only ever added at one end, under rising ids, and groups of consumers that read them. An empty stream
 * stays, with its last id and its groups. Owned by the engine loop.
 */
public final class StreamValue implements Value {
    private final EncodingLimits limits;
    private final StreamLog log;
    private final StreamRows rows = new StreamRows();
    private final NavigableMap<Bytes, ConsumerGroup> groups = new TreeMap<>();
    private StreamId firstId = StreamId.ZERO;
    private StreamId lastId = StreamId.ZERO;
    private StreamId maxDeletedId = StreamId.ZERO;
    private long entriesAdded;

    /** Visits entries; false ends the visit. */
    @FunctionalInterface
    public interface Visitor {
        boolean visit(StreamEntry entry);
    }

    public StreamValue(EncodingLimits limits) {
        this(limits, new StreamLog(limits));
    }

    private StreamValue(EncodingLimits limits, StreamLog log) {
        this.limits = limits;
        this.log = log;
    }

    // ---- entries

    public long length() {
        return log.length();
    }

    /** The id that was given last; 0-0 when none ever was. */
    public StreamId lastId() {
        return lastId;
    }

    /** The first entry's id; 0-0 when there is none. */
    public StreamId firstId() {
        return firstId;
    }

    /** The last entry's id; 0-0 when there is none. */
    public StreamId lastEntryId() {
        StreamEntry last = lastEntry();
        return last == null ? StreamId.ZERO : last.id();
    }

    /** The greatest id of an entry that was deleted by its id; 0-0 when none was. */
    public StreamId maxDeletedId() {
        return maxDeletedId;
    }

    /** How many entries were ever added. */
    public long entriesAdded() {
        return entriesAdded;
    }

    public @Nullable StreamEntry firstEntry() {
        return edge(false);
    }

    public @Nullable StreamEntry lastEntry() {
        return edge(true);
    }

    public @Nullable StreamEntry entry(StreamId id) {
        return only(id, id, false);
    }

    private @Nullable StreamEntry edge(boolean last) {
        return only(StreamId.ZERO, StreamId.MAX, last);
    }

    private @Nullable StreamEntry only(StreamId from, StreamId to, boolean reverse) {
        var found = new ArrayList<StreamEntry>(1);
        log.forEach(from, to, reverse, entry -> {
            found.add(entry);
            return false;
        });
        return found.isEmpty() ? null : found.get(0);
    }

    public boolean contains(StreamId id) {
        return log.contains(id);
    }

    /** Visits the entries between two ids, both inclusive; {@code reverse} begins with the greatest. */
    public void forEach(StreamId from, StreamId to, boolean reverse, Visitor visitor) {
        log.forEach(from, to, reverse, visitor::visit);
    }

    /** Adds an entry, whose id must be greater than the last one given. */
    public void append(StreamEntry entry) {
        rows.appended(entry.id());
        log.append(entry);
        lastId = entry.id();
        entriesAdded++;
        if (log.length() == 1) {
            firstId = entry.id();
        }
    }

    /** False where there is no such entry. */
    public boolean delete(StreamId id) {
        if (!log.delete(id)) {
            return false;
        }
        rows.deleted(id, log.length());
        if (id.isAfter(maxDeletedId)) {
            maxDeletedId = id;
            rows.headChanged();
        }
        if (id.equals(firstId)) {
            findFirst();
        }
        return true;
    }

    /** Returns how many entries went. */
    public long trim(StreamTrim trim) {
        long gone = log.trim(trim);
        if (gone > 0) {
            findFirst();
        }
        return gone;
    }

    private void findFirst() {
        StreamEntry first = firstEntry();
        firstId = first == null ? StreamId.ZERO : first.id();
    }

    /** Sets what XSETID sets. */
    public void setIds(StreamId last, StreamId maxDeleted, long added) {
        lastId = last;
        maxDeletedId = maxDeleted;
        entriesAdded = added;
        rows.headChanged();
    }

    /** The entries as they are stored, the deleted ones that still take room among them. */
    public Collection<StreamNode> nodes() {
        return log.nodes();
    }

    /** Adds stored entries, whose ids must be greater than those of any before; {@link #setIds} has to follow. */
    public void restore(StreamNode node) {
        rows.forget();
        log.restore(node);
        findFirst();
    }

    /** The listpacks that Redis would have. */
    public int nodeCount() {
        return log.nodeCount();
    }

    /** The nodes of the radix tree that Redis would have over its listpacks. */
    public long radixNodes() {
        return log.radixNodes();
    }

    // ---- groups

    /** All groups, by name. */
    public Collection<ConsumerGroup> groups() {
        return Collections.unmodifiableCollection(groups.values());
    }

    public @Nullable ConsumerGroup group(Bytes name) {
        return groups.get(name);
    }

    /** Adds a group that is not there. */
    public ConsumerGroup createGroup(Bytes name, StreamId lastDelivered, long entriesRead) {
        var group = new ConsumerGroup(name, lastDelivered, entriesRead);
        groups.put(name, group);
        return group;
    }

    public void removeGroup(ConsumerGroup group) {
        rows.gone(group);
        groups.remove(group.name());
    }

    /** The group is being given the entry {@code id}, and what came before it. */
    public void delivering(ConsumerGroup group, StreamId id, GroupCounting counting) {
        if (!id.isAfter(group.lastDelivered())) {
            return;
        }
        long read = group.entriesRead();
        boolean goesOn = counting == GroupCounting.UP_TO_7
                ? !hasGapsFrom(id)
                : !group.lastDelivered().isBefore(firstId) && !hasGapsFrom(group.lastDelivered());
        if (read != ConsumerGroup.UNKNOWN && goesOn) {
            read++;
        } else if (entriesAdded > 0) {
            read = entriesUpTo(id);
        }
        group.delivered(id, read);
    }

    /** How many entries the group has yet to be given; empty where deleted ones make that unknown. */
    public OptionalLong lag(ConsumerGroup group, GroupCounting counting) {
        if (entriesAdded == 0) {
            return OptionalLong.of(0);
        }
        boolean lacksAll = group.lastDelivered().isBefore(firstId) && maxDeletedId.isBefore(firstId);
        if (counting == GroupCounting.SINCE_8 && lacksAll) {
            return OptionalLong.of(length());
        }
        boolean counted = group.entriesRead() != ConsumerGroup.UNKNOWN && !hasGapsFrom(group.lastDelivered());
        long read = counted ? group.entriesRead() : entriesUpTo(group.lastDelivered());
        return read == ConsumerGroup.UNKNOWN ? OptionalLong.empty() : OptionalLong.of(entriesAdded - read);
    }

    /** Whether an entry at or behind {@code id} may have been deleted. */
    private boolean hasGapsFrom(StreamId id) {
        return length() > 0 && !maxDeletedId.isZero() && !firstId.isAfter(maxDeletedId) && !id.isAfter(maxDeletedId);
    }

    /**
     * How many of the entries ever added have ids up to {@code id}, or {@link ConsumerGroup#UNKNOWN} where that cannot be
     * told.
     */
    public long entriesUpTo(StreamId id) {
        if (entriesAdded == 0) {
            return 0;
        }
        int toLast = id.compareTo(lastId);
        if (toLast == 0 || (length() == 0 && toLast < 0)) {
            return entriesAdded;
        }
        boolean noGaps = maxDeletedId.isZero() || maxDeletedId.isBefore(firstId);
        int toFirst = id.compareTo(firstId);
        if (toLast > 0 || !noGaps || toFirst > 0) {
            return ConsumerGroup.UNKNOWN;
        }
        return entriesAdded - length() + (toFirst == 0 ? 1 : 0);
    }

    // ---- as any value

    @Override
    public ValueType type() {
        return ValueType.STREAM;
    }

    @Override
    public Encoding encoding() {
        return Encoding.STREAM;
    }

    @Override
    public long size() {
        return log.length();
    }

    /** Never: a stream without entries still has its last id and its groups. */
    @Override
    public boolean isEmpty() {
        return false;
    }

    @Override
    public StreamValue copy() {
        var copy = new StreamValue(limits, log.copy());
        copy.firstId = firstId;
        copy.setIds(lastId, maxDeletedId, entriesAdded);
        groups.forEach((name, group) -> copy.groups.put(name, group.copy()));
        return copy;
    }

    @Override
    public boolean hasChanges() {
        return rows.hasChanges(this);
    }

    @Override
    public void drainChanges(RowSink sink) {
        rows.drain(this, sink);
    }

    @Override
    public void markAllChanged() {
        rows.forget();
    }

    /** Storage holds all of it; the groups have the numbers that {@link #restoreGroup} was told. */
    @Override
    public void markClean() {
        rows.stored(this);
        for (ConsumerGroup group : groups.values()) {
            group.rows().stored(group.rows().number());
        }
    }

    /**
     * Adds a group as storage has it.
     *
     * @param number as {@link RowSink#group} was told
     */
    public ConsumerGroup restoreGroup(int number, Bytes name, StreamId lastDelivered, long entriesRead) {
        ConsumerGroup group = createGroup(name, lastDelivered, entriesRead);
        rows.stored(group, number);
        return group;
    }

    @Override
    public long approximateBytes() {
        long bytes = HeapEstimate.VALUE + log.heapBytes();
        for (ConsumerGroup group : groups.values()) {
            bytes += group.heapBytes();
        }
        return bytes;
    }
}
