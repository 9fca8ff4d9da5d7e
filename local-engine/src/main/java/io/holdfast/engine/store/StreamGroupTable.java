package io.holdfast.engine.store;

import io.holdfast.engine.value.StreamId;
import io.holdfast.resp.Bytes;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/** The consumer groups of streams, one a row, with a number of their own: a group made again has another one. */
final class StreamGroupTable implements RowLayout {
    static final String NAME = "stream_group";

    /** The entries read are −1 where they are not known. */
    static final String CREATE = """
            create table stream_group (
                key_id integer not null,
                group_no integer not null,
                name blob not null,
                last_ms integer not null,
                last_seq integer not null,
                entries_read integer not null,
                crc integer not null,
                primary key (key_id, group_no)
            ) strict, without rowid
            """;

    static final String VIEW = """
            create view stream_groups as
            select k.db, cast(k.key as text) as key, cast(g.name as text) as name,
                   printf('%llu-%llu', g.last_ms, g.last_seq) as last_delivered_id,
                   nullif(g.entries_read, -1) as entries_read,
                   (select count(*) from stream_consumer c where c.key_id = g.key_id and c.group_no = g.group_no)
                       as consumers,
                   (select count(*) from stream_pending p where p.key_id = g.key_id and p.group_no = g.group_no)
                       as pending
            from keyspace k join stream_group g on g.key_id = k.id
            """;

    private static final String PUT = """
            insert into stream_group (key_id, group_no, name, last_ms, last_seq, entries_read, crc) values (?, ?, ?, ?, ?, ?, ?)
            on conflict (key_id, group_no) do update set
                last_ms = excluded.last_ms, last_seq = excluded.last_seq, entries_read = excluded.entries_read, crc = excluded.crc
            """;

    private static final String REMOVE = "delete from stream_group where key_id = ? and group_no = ?";

    private static final String CLEAR = "delete from stream_group where key_id = ?";

    private final RowStatement put;
    private final RowStatement remove;
    private final RowStatement clear;
    private final RowChecksum checksum = new RowChecksum();

    StreamGroupTable(Connection connection) throws SQLException {
        put = new RowStatement(connection, PUT);
        remove = new RowStatement(connection, REMOVE);
        clear = new RowStatement(connection, CLEAR);
    }

    void put(long keyId, int group, Bytes name, StreamId lastDelivered, long entriesRead) throws SQLException {
        put.set(1, keyId).set(2, group).set(3, name);
        put.set(4, lastDelivered.ms()).set(5, lastDelivered.seq()).set(6, entriesRead);
        checksum.of(keyId).and((long) group).and(name);
        checksum.and(lastDelivered.ms()).and(lastDelivered.seq()).and(entriesRead);
        put.set(7, checksum.value()).add();
    }

    void remove(long keyId, int group) throws SQLException {
        remove.set(1, keyId).set(2, group).add();
    }

    void clear(long keyId) throws SQLException {
        clear.set(1, keyId).add();
    }

    List<RowStatement> statements() {
        return List.of(put, remove, clear);
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public String columns() {
        return "group_no, name, last_ms, last_seq, entries_read";
    }

    @Override
    public String order() {
        return "group_no";
    }
}
