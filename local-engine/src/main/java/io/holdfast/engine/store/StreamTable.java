package io.holdfast.engine.store;

import io.holdfast.engine.value.ConsumerGroup;
import io.holdfast.engine.value.EncodingLimits;
import io.holdfast.engine.value.StreamConsumer;
import io.holdfast.engine.value.StreamEntry;
import io.holdfast.engine.value.StreamId;
import io.holdfast.engine.value.StreamValue;
import io.holdfast.resp.Bytes;
import java.sql.Connection;
import java.sql.SQLDataException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Streams, one a row, with the tables of their entries, groups, consumers and pending entries. Ids are two integers as
 * Redis counts them, unsigned: from 2^63 on they are negative here.
 */
final class StreamTable implements ValueTable {
    static final String NAME = "stream_value";

    static final String CREATE = """
            create table stream_value (
                key_id integer primary key,
                last_ms integer not null,
                last_seq integer not null,
                max_deleted_ms integer not null,
                max_deleted_seq integer not null,
                entries_added integer not null,
                crc integer not null
            ) strict
            """;

    private static final String PUT = """
            insert into stream_value (key_id, last_ms, last_seq, max_deleted_ms, max_deleted_seq, entries_added, crc)
            values (?, ?, ?, ?, ?, ?, ?)
            on conflict (key_id) do update set
                last_ms = excluded.last_ms, last_seq = excluded.last_seq,
                max_deleted_ms = excluded.max_deleted_ms, max_deleted_seq = excluded.max_deleted_seq,
                entries_added = excluded.entries_added, crc = excluded.crc
            """;

    private static final String CLEAR = "delete from stream_value where key_id = ?";

    private static final int ENTRIES = 0;
    private static final int GROUPS = 1;
    private static final int CONSUMERS = 2;
    private static final int PENDING = 3;

    final StreamEntryTable entries;
    final StreamGroupTable groups;
    final StreamConsumerTable consumers;
    final StreamPendingTable pending;
    private final RowStatement put;
    private final RowStatement clear;
    private final RowChecksum checksum = new RowChecksum();

    StreamTable(Connection connection) throws SQLException {
        entries = new StreamEntryTable(connection);
        groups = new StreamGroupTable(connection);
        consumers = new StreamConsumerTable(connection);
        pending = new StreamPendingTable(connection);
        put = new RowStatement(connection, PUT);
        clear = new RowStatement(connection, CLEAR);
    }

    void put(long keyId, StreamId last, StreamId maxDeleted, long entriesAdded) throws SQLException {
        put.set(1, keyId).set(2, last.ms()).set(3, last.seq());
        put.set(4, maxDeleted.ms()).set(5, maxDeleted.seq()).set(6, entriesAdded);
        checksum.of(keyId).and(last.ms()).and(last.seq());
        checksum.and(maxDeleted.ms()).and(maxDeleted.seq()).and(entriesAdded);
        put.set(7, checksum.value()).add();
    }

    void removeGroup(long keyId, int group) throws SQLException {
        groups.remove(keyId, group);
        consumers.removeAll(keyId, group);
        pending.removeAll(keyId, group);
    }

    @Override
    public void clear(long keyId) throws SQLException {
        clear.set(1, keyId).add();
        entries.clear(keyId);
        groups.clear(keyId);
        consumers.clear(keyId);
        pending.clear(keyId);
    }

    @Override
    public List<RowStatement> statements() {
        var all = new ArrayList<>(List.of(put, clear));
        all.addAll(entries.statements());
        all.addAll(groups.statements());
        all.addAll(consumers.statements());
        all.addAll(pending.statements());
        return all;
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public String columns() {
        return "last_ms, last_seq, max_deleted_ms, max_deleted_seq, entries_added";
    }

    @Override
    public List<RowLayout> parts() {
        return List.of(entries, groups, consumers, pending);
    }

    @Override
    public StreamValue read(long keyId, ValueRows rows, EncodingLimits limits) throws SQLException {
        if (!rows.belongTo(keyId)) {
            throw new SQLDataException("stream_value has no row of key " + keyId);
        }
        var stream = new StreamValue(limits);
        readEntries(keyId, rows.part(ENTRIES), stream);
        readIds(rows, stream);
        if (rows.belongTo(keyId)) {
            throw new SQLDataException("stream_value has two rows of key " + keyId);
        }
        Map<Integer, ConsumerGroup> byNumber = readGroups(keyId, rows.part(GROUPS), stream);
        readPending(keyId, rows, byNumber);
        return stream;
    }

    private static void readIds(ValueRows rows, StreamValue stream) throws SQLException {
        StreamId last = id(rows, 2);
        StreamId maxDeleted = id(rows, 4);
        long entriesAdded = rows.integer(6);
        stream.setIds(last, maxDeleted, entriesAdded);
        RowChecksum ids = rows.checksum().and(last.ms()).and(last.seq());
        rows.next(ids.and(maxDeleted.ms()).and(maxDeleted.seq()).and(entriesAdded), true);
    }

    private static Map<Integer, ConsumerGroup> readGroups(long keyId, ValueRows rows, StreamValue stream)
            throws SQLException {
        var byNumber = new HashMap<Integer, ConsumerGroup>();
        while (rows.belongTo(keyId)) {
            int number = (int) rows.integer(2);
            Bytes name = rows.bytes(3);
            StreamId lastDelivered = id(rows, 4);
            long entriesRead = rows.integer(6);
            boolean isNew = stream.group(name) == null && !byNumber.containsKey(number);
            if (isNew) {
                byNumber.put(number, stream.restoreGroup(number, name, lastDelivered, entriesRead));
            }
            RowChecksum of = rows.checksum().and((long) number).and(name);
            rows.next(of.and(lastDelivered.ms()).and(lastDelivered.seq()).and(entriesRead), isNew);
        }
        return byNumber;
    }

    private static StreamId id(ValueRows rows, int column) throws SQLException {
        return new StreamId(rows.integer(column), rows.integer(column + 1));
    }

    /** Rows come in the order of signed numbers, so those with a negative one wait for their turn. */
    private static void readEntries(long keyId, ValueRows rows, StreamValue stream) throws SQLException {
        var waiting = new TreeMap<StreamId, StreamEntry>();
        long ms = Long.MIN_VALUE;
        long seq = Long.MIN_VALUE;
        boolean isFirst = true;
        while (rows.belongTo(keyId)) {
            StreamId id = id(rows, 2);
            Bytes fields = rows.bytes(4);
            boolean isNew = isFirst || id.ms() > ms || (id.ms() == ms && id.seq() > seq);
            isFirst = false;
            ms = id.ms();
            seq = id.seq();
            rows.next(rows.checksum().and(ms).and(seq).and(fields), isNew);
            var entry = new StreamEntry(id, EntryFields.decode(fields, keyId));
            if (ms < 0 || seq < 0) {
                waiting.put(id, entry);
            } else {
                Map<StreamId, StreamEntry> due = waiting.headMap(id);
                due.values().forEach(stream::append);
                due.clear();
                stream.append(entry);
            }
        }
        waiting.values().forEach(stream::append);
    }

    private static void readPending(long keyId, ValueRows rows, Map<Integer, ConsumerGroup> groups)
            throws SQLException {
        record Member(int group, int consumer) {}
        var members = new HashMap<Member, StreamConsumer>();
        ValueRows consumers = rows.part(CONSUMERS);
        while (consumers.belongTo(keyId)) {
            var member = new Member((int) consumers.integer(2), (int) consumers.integer(3));
            Bytes name = consumers.bytes(4);
            long seenMs = consumers.integer(5);
            long activeMs = consumers.integer(6);
            ConsumerGroup group = group(groups, member.group(), keyId);
            boolean isNew = group.consumer(name) == null && !members.containsKey(member);
            if (isNew) {
                members.put(member, group.restoreConsumer(member.consumer(), name, seenMs, activeMs));
            }
            RowChecksum of = consumers.checksum().and((long) member.group()).and((long) member.consumer());
            consumers.next(of.and(name).and(seenMs).and(activeMs), isNew);
        }
        ValueRows pending = rows.part(PENDING);
        while (pending.belongTo(keyId)) {
            int number = (int) pending.integer(2);
            StreamId id = id(pending, 3);
            int consumer = (int) pending.integer(5);
            long deliveredMs = pending.integer(6);
            long deliveries = pending.integer(7);
            StreamConsumer member = members.get(new Member(number, consumer));
            if (member == null) {
                throw new SQLDataException("stream_pending has a row without its consumer, of key " + keyId);
            }
            ConsumerGroup group = group(groups, number, keyId);
            boolean isNew = group.pending(id) == null;
            group.deliver(id, member, deliveredMs, deliveries);
            RowChecksum of = pending.checksum().and((long) number).and(id.ms()).and(id.seq());
            pending.next(of.and((long) consumer).and(deliveredMs).and(deliveries), isNew);
        }
    }

    private static ConsumerGroup group(Map<Integer, ConsumerGroup> groups, int number, long keyId) throws SQLException {
        ConsumerGroup group = groups.get(number);
        if (group == null) {
            throw new SQLDataException("stream_group has no group " + number + " of key " + keyId);
        }
        return group;
    }
}
