package io.holdfast.engine.value;

import io.holdfast.resp.Bytes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The rows of one value as storage would have them after applying what a {@link RowSink} gets. */
final class RowModel implements RowSink {
    @Nullable Bytes string;

    final Map<Bytes, Bytes> fields = new HashMap<>();
    final Set<Bytes> members = new HashSet<>();
    final Map<Bytes, Double> scores = new HashMap<>();
    final TreeMap<Long, Bytes> items = new TreeMap<>();
    final TreeMap<StreamId, StreamEntry> entries = new TreeMap<>();
    /** Groups, consumers and pending entries, as text, by their numbers. */
    final TreeMap<String, String> groupRows = new TreeMap<>();

    String stream = "";
    int rowsWritten;
    int clears;

    /** The rows that this drain took. */
    int rowsOf(Value value) {
        int before = rowsWritten;
        value.drainChanges(this);
        return rowsWritten - before;
    }

    List<Bytes> list() {
        return new ArrayList<>(items.values());
    }

    @Override
    public void clear() {
        clears++;
        string = null;
        fields.clear();
        members.clear();
        scores.clear();
        items.clear();
        entries.clear();
        groupRows.clear();
    }

    @Override
    public void string(Bytes value) {
        rowsWritten++;
        string = value;
    }

    @Override
    public void field(Bytes field, Bytes value) {
        rowsWritten++;
        fields.put(field, value);
    }

    @Override
    public void fieldGone(Bytes field) {
        rowsWritten++;
        fields.remove(field);
    }

    @Override
    public void member(Bytes member) {
        rowsWritten++;
        members.add(member);
    }

    @Override
    public void memberGone(Bytes member) {
        rowsWritten++;
        members.remove(member);
    }

    @Override
    public void scored(Bytes member, double score) {
        rowsWritten++;
        scores.put(member, score);
    }

    @Override
    public void scoredGone(Bytes member) {
        rowsWritten++;
        scores.remove(member);
    }

    @Override
    public void item(long position, Bytes value) {
        rowsWritten++;
        items.put(position, value);
    }

    @Override
    public void itemsGone(long from, long to) {
        rowsWritten++;
        items.subMap(from, true, to, true).clear();
    }

    @Override
    public void stream(StreamId lastId, StreamId maxDeletedId, long entriesAdded) {
        rowsWritten++;
        stream = lastId + " " + maxDeletedId + " " + entriesAdded;
    }

    @Override
    public void entry(StreamEntry entry) {
        rowsWritten++;
        entries.put(entry.id(), entry);
    }

    @Override
    public void entriesGone(StreamId from, StreamId to) {
        rowsWritten++;
        entries.subMap(from, true, to, true).clear();
    }

    @Override
    public void group(int group, Bytes name, StreamId lastDelivered, long entriesRead) {
        rowsWritten++;
        groupRows.put(group + "/", name + " " + lastDelivered + " " + entriesRead);
    }

    @Override
    public void groupGone(int group) {
        rowsWritten++;
        groupRows.keySet().removeIf(row -> row.startsWith(group + "/"));
    }

    @Override
    public void consumer(int group, int consumer, Bytes name, long seenMs, long activeMs) {
        rowsWritten++;
        groupRows.put(group + "/consumer " + consumer, name + " " + seenMs + " " + activeMs);
    }

    @Override
    public void consumerGone(int group, int consumer) {
        rowsWritten++;
        groupRows.remove(group + "/consumer " + consumer);
    }

    @Override
    public void pending(int group, StreamId id, int consumer, long deliveredMs, long deliveries) {
        rowsWritten++;
        groupRows.put(group + "/pending " + id, consumer + " " + deliveredMs + " " + deliveries);
    }

    @Override
    public void pendingGone(int group, StreamId id) {
        rowsWritten++;
        groupRows.remove(group + "/pending " + id);
    }
}
