package io.holdfast.engine.store;

import io.holdfast.engine.value.StreamEntry;
import io.holdfast.engine.value.StreamId;
import io.holdfast.resp.Bytes;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/** The entries of streams, one a row. */
final class StreamEntryTable implements RowLayout {
    static final String NAME = "stream_entry";

    static final String CREATE = """
            create table stream_entry (
                key_id integer not null,
                ms integer not null,
                seq integer not null,
                fields blob not null,
                crc integer not null,
                primary key (key_id, ms, seq)
            ) strict, without rowid
            """;

    static final String VIEW = """
            create view streams as
            select k.db, cast(k.key as text) as key, printf('%llu-%llu', e.ms, e.seq) as id,
                   cast(e.fields as text) as fields,
                   strftime('%Y-%m-%d %H:%M:%f', k.expires_at_ms / 1000.0, 'unixepoch') as expires_at
            from keyspace k join stream_entry e on e.key_id = k.id
            """;

    private static final String PUT = """
            insert into stream_entry (key_id, ms, seq, fields, crc) values (?, ?, ?, ?, ?)
            on conflict (key_id, ms, seq) do update set fields = excluded.fields, crc = excluded.crc
            """;

    private static final String REMOVE = """
            delete from stream_entry where key_id = ? and ms between ? and ? and seq between ? and ?
            """;

    private static final String CLEAR = "delete from stream_entry where key_id = ?";

    private static final long UNSIGNED_MAX = -1;

    private final RowStatement put;
    private final RowStatement remove;
    private final RowStatement clear;
    private final RowChecksum checksum = new RowChecksum();

    StreamEntryTable(Connection connection) throws SQLException {
        put = new RowStatement(connection, PUT);
        remove = new RowStatement(connection, REMOVE);
        clear = new RowStatement(connection, CLEAR);
    }

    void put(long keyId, StreamEntry entry) throws SQLException {
        long ms = entry.id().ms();
        long seq = entry.id().seq();
        Bytes fields = EntryFields.encode(entry.fieldsAndValues());
        put.set(1, keyId).set(2, ms).set(3, seq).set(4, fields);
        put.set(5, checksum.of(keyId).and(ms).and(seq).and(fields).value()).add();
    }

    /** Both ends inclusive. */
    void remove(long keyId, StreamId from, StreamId to) throws SQLException {
        if (from.ms() == to.ms()) {
            remove(keyId, from.ms(), from.ms(), from.seq(), to.seq());
            return;
        }
        remove(keyId, from.ms(), from.ms(), from.seq(), UNSIGNED_MAX);
        if (from.ms() + 1 != to.ms()) {
            remove(keyId, from.ms() + 1, to.ms() - 1, 0, UNSIGNED_MAX);
        }
        remove(keyId, to.ms(), to.ms(), 0, to.seq());
    }

    /** The bounds are unsigned and SQLite's integers are not: what lies on both sides of 2^63 is two ranges. */
    private void remove(long keyId, long msFrom, long msTo, long seqFrom, long seqTo) throws SQLException {
        if (msFrom >= 0 && msTo < 0) {
            remove(keyId, msFrom, Long.MAX_VALUE, seqFrom, seqTo);
            remove(keyId, Long.MIN_VALUE, msTo, seqFrom, seqTo);
        } else if (seqFrom >= 0 && seqTo < 0) {
            remove(keyId, msFrom, msTo, seqFrom, Long.MAX_VALUE);
            remove(keyId, msFrom, msTo, Long.MIN_VALUE, seqTo);
        } else {
            remove.set(1, keyId)
                    .set(2, msFrom)
                    .set(3, msTo)
                    .set(4, seqFrom)
                    .set(5, seqTo)
                    .add();
        }
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
        return "ms, seq, fields";
    }

    @Override
    public String order() {
        return "ms, seq";
    }
}
