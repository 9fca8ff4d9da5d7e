package io.holdfast.engine.store;

import io.holdfast.engine.value.ConsumerGroup;
import io.holdfast.engine.value.EncodingLimits;
import io.holdfast.engine.value.StreamConsumer;
import io.holdfast.engine.value.StreamEntry;
import io.holdfast.engine.value.StreamId;
import io.holdfast.engine.value.StreamValue;
import java.sql.Connection;
import java.sql.SQLDataException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * Streams, one a row, with the tables of their entries, groups, consumers and pending entries. Ids are two integers as
 * Redis counts them, unsigned: from 2^63 on they are negative here.
 */
final class StreamTable implements ValueTable {
    static final String CREATE = """
            create table stream_value (
                key_id integer primary key,
                last_ms integer not null,
                last_seq integer not null,
                max_deleted_ms integer not null,
                max_deleted_seq integer not null,
                entries_added integer not null
            ) strict
            """;

    private static final String PUT = """
            insert into stream_value (key_id, last_ms, last_seq, max_deleted_ms, max_deleted_seq, entries_added)
            values (?, ?, ?, ?, ?, ?)
            on conflict (key_id) do update set
                last_ms = excluded.last_ms, last_seq = excluded.last_seq,
                max_deleted_ms = excluded.max_deleted_ms, max_deleted_seq = excluded.max_deleted_seq,
                entries_added = excluded.entries_added
            """;

    private static final String CLEAR = "delete from stream_value where key_id = ?";

    private static final String SELECT_ALL = """
            select key_id, last_ms, last_seq, max_deleted_ms, max_deleted_seq, entries_added
            from stream_value order by key_id
            """;

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
        put.set(4, maxDeleted.ms())
                .set(5, maxDeleted.seq())
                .set(6, entriesAdded)
                .add();
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
    public String selectAll() {
        return SELECT_ALL;
    }

    @Override
    public List<String> selectParts() {
        return List.of(
                StreamEntryTable.SELECT_ALL,
                StreamGroupTable.SELECT_ALL,
                StreamConsumerTable.SELECT_ALL,
                StreamPendingTable.SELECT_ALL);
    }

    @Override
    public StreamValue read(long keyId, ValueRows rows, EncodingLimits limits, SplittableRandom levels)
            throws SQLException {
        if (!rows.belongTo(keyId)) {
            throw new SQLDataException("stream_value has no row of key " + keyId);
        }
        var stream = new StreamValue(limits);
        readEntries(keyId, rows.part(ENTRIES), stream);
        stream.setIds(id(rows, 2), id(rows, 4), rows.integer(6));
        rows.next();
        var byNumber = new HashMap<Integer, ConsumerGroup>();
        for (ValueRows group = rows.part(GROUPS); group.belongTo(keyId); group.next()) {
            int number = (int) group.integer(2);
            byNumber.put(number, stream.restoreGroup(number, group.bytes(3), id(group, 4), group.integer(6)));
        }
        readPending(keyId, rows, byNumber);
        return stream;
    }

    private static StreamId id(ValueRows rows, int column) throws SQLException {
        return new StreamId(rows.integer(column), rows.integer(column + 1));
    }

    /** Rows come in the order of signed numbers, so those with a negative one wait for their turn. */
    private static void readEntries(long keyId, ValueRows rows, StreamValue stream) throws SQLException {
        var waiting = new TreeMap<StreamId, StreamEntry>();
        for (; rows.belongTo(keyId); rows.next()) {
            var entry = new StreamEntry(id(rows, 2), EntryFields.decode(rows.bytes(4), keyId));
            if (entry.id().ms() < 0 || entry.id().seq() < 0) {
                waiting.put(entry.id(), entry);
            } else {
                Map<StreamId, StreamEntry> due = waiting.headMap(entry.id());
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
        for (ValueRows row = rows.part(CONSUMERS); row.belongTo(keyId); row.next()) {
            var member = new Member((int) row.integer(2), (int) row.integer(3));
            ConsumerGroup group = group(groups, member.group(), keyId);
            members.put(member, group.restoreConsumer(member.consumer(), row.bytes(4), row.integer(5), row.integer(6)));
        }
        for (ValueRows row = rows.part(PENDING); row.belongTo(keyId); row.next()) {
            int number = (int) row.integer(2);
            StreamConsumer consumer = members.get(new Member(number, (int) row.integer(5)));
            if (consumer == null) {
                throw new SQLDataException("stream_pending has a row without its consumer, of key " + keyId);
            }
            group(groups, number, keyId).deliver(id(row, 3), consumer, row.integer(6), row.integer(7));
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
