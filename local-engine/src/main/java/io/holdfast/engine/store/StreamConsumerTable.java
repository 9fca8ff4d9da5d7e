package io.holdfast.engine.store;

import io.holdfast.resp.Bytes;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/** The consumers of groups, one a row, with a number of their own within their group. */
final class StreamConsumerTable implements RowLayout {
    static final String NAME = "stream_consumer";

    /** The time of the last delivery is −1 where there was none. */
    static final String CREATE = """
            create table stream_consumer (
                key_id integer not null,
                group_no integer not null,
                consumer_no integer not null,
                name blob not null,
                seen_ms integer not null,
                active_ms integer not null,
                crc integer not null,
                primary key (key_id, group_no, consumer_no)
            ) strict, without rowid
            """;

    private static final String PUT = """
            insert into stream_consumer (key_id, group_no, consumer_no, name, seen_ms, active_ms, crc)
            values (?, ?, ?, ?, ?, ?, ?)
            on conflict (key_id, group_no, consumer_no) do update set
                seen_ms = excluded.seen_ms, active_ms = excluded.active_ms, crc = excluded.crc
            """;

    private static final String REMOVE =
            "delete from stream_consumer where key_id = ? and group_no = ? and consumer_no = ?";

    private static final String REMOVE_ALL = "delete from stream_consumer where key_id = ? and group_no = ?";

    private static final String CLEAR = "delete from stream_consumer where key_id = ?";

    private final RowStatement put;
    private final RowStatement remove;
    private final RowStatement removeAll;
    private final RowStatement clear;
    private final RowChecksum checksum = new RowChecksum();

    StreamConsumerTable(Connection connection) throws SQLException {
        put = new RowStatement(connection, PUT);
        remove = new RowStatement(connection, REMOVE);
        removeAll = new RowStatement(connection, REMOVE_ALL);
        clear = new RowStatement(connection, CLEAR);
    }

    void put(long keyId, int group, int consumer, Bytes name, long seenMs, long activeMs) throws SQLException {
        put.set(1, keyId).set(2, group).set(3, consumer).set(4, name);
        put.set(5, seenMs).set(6, activeMs);
        put.set(
                        7,
                        checksum.of(keyId)
                                .and((long) group)
                                .and((long) consumer)
                                .and(name)
                                .and(seenMs)
                                .and(activeMs)
                                .value())
                .add();
    }

    void remove(long keyId, int group, int consumer) throws SQLException {
        remove.set(1, keyId).set(2, group).set(3, consumer).add();
    }

    /** All consumers of one group. */
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
        return "group_no, consumer_no, name, seen_ms, active_ms";
    }

    @Override
    public String order() {
        return "group_no, consumer_no";
    }
}
