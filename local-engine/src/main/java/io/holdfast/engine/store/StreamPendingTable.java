package io.holdfast.engine.store;

import io.holdfast.engine.value.StreamId;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/** What was delivered to consumers and not acknowledged, an entry a row. */
final class StreamPendingTable implements RowLayout {
    static final String NAME = "stream_pending";

    static final String CREATE = """
            create table stream_pending (
                key_id integer not null,
                group_no integer not null,
                ms integer not null,
                seq integer not null,
                consumer_no integer not null,
                delivered_ms integer not null,
                deliveries integer not null,
                crc integer not null,
                primary key (key_id, group_no, ms, seq)
            ) strict, without rowid
            """;

    static final String VIEW = """
            create view pending_entries as
            select k.db, cast(k.key as text) as key, cast(g.name as text) as group_name,
                   cast(c.name as text) as consumer, printf('%llu-%llu', p.ms, p.seq) as id,
                   strftime('%Y-%m-%d %H:%M:%f', p.delivered_ms / 1000.0, 'unixepoch') as delivered_at, p.deliveries
            from keyspace k
            join stream_group g on g.key_id = k.id
            join stream_pending p on p.key_id = k.id and p.group_no = g.group_no
            join stream_consumer c
                on c.key_id = k.id and c.group_no = g.group_no and c.consumer_no = p.consumer_no
            """;

    private static final String PUT = """
            insert into stream_pending (key_id, group_no, ms, seq, consumer_no, delivered_ms, deliveries, crc)
            values (?, ?, ?, ?, ?, ?, ?, ?)
            on conflict (key_id, group_no, ms, seq) do update set
                consumer_no = excluded.consumer_no, delivered_ms = excluded.delivered_ms,
                deliveries = excluded.deliveries, crc = excluded.crc
            """;

    private static final String REMOVE =
            "delete from stream_pending where key_id = ? and group_no = ? and ms = ? and seq = ?";

    private static final String REMOVE_ALL = "delete from stream_pending where key_id = ? and group_no = ?";

    private static final String CLEAR = "delete from stream_pending where key_id = ?";

    private final RowStatement put;
    private final RowStatement remove;
    private final RowStatement removeAll;
    private final RowStatement clear;
    private final RowChecksum checksum = new RowChecksum();

    StreamPendingTable(Connection connection) throws SQLException {
        put = new RowStatement(connection, PUT);
        remove = new RowStatement(connection, REMOVE);
        removeAll = new RowStatement(connection, REMOVE_ALL);
        clear = new RowStatement(connection, CLEAR);
    }

    void put(long keyId, int group, StreamId id, int consumer, long deliveredMs, long deliveries) throws SQLException {
        put.set(1, keyId).set(2, group).set(3, id.ms()).set(4, id.seq());
        put.set(5, consumer).set(6, deliveredMs).set(7, deliveries);
        checksum.of(keyId).and((long) group).and(id.ms()).and(id.seq());
        checksum.and((long) consumer).and(deliveredMs).and(deliveries);
        put.set(8, checksum.value()).add();
    }

    void remove(long keyId, int group, StreamId id) throws SQLException {
        remove.set(1, keyId).set(2, group).set(3, id.ms()).set(4, id.seq()).add();
    }

    /** Everything pending in one group. */
    void removeAll(long keyId, int group) throws SQLException {
        removeAll.set(1, keyId).set(2, group).add();
    }

    void clear(long keyId) throws SQLException {
        clear.set(1, keyId).add();
    }

    List<RowStatement> statements() {
        return List.of(put, remove, removeAll, clear);
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public String columns() {
        return "group_no, ms, seq, consumer_no, delivered_ms, deliveries";
    }

    @Override
    public String order() {
        return "group_no, ms, seq";
    }
}
