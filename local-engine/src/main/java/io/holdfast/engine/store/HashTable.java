package io.holdfast.engine.store;

import io.holdfast.engine.value.EncodingLimits;
import io.holdfast.engine.value.HashValue;
import io.holdfast.resp.Bytes;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/** Hashes, a field a row. */
final class HashTable implements ValueTable {
    static final String NAME = "hash_field";

    static final String CREATE = """
            create table hash_field (
                key_id integer not null,
                field blob not null,
                value blob not null,
                crc integer not null,
                primary key (key_id, field)
            ) strict, without rowid
            """;

    static final String VIEW = """
            create view hashes as
            select k.db, cast(k.key as text) as key, cast(f.field as text) as field, cast(f.value as text) as value,
                   strftime('%Y-%m-%d %H:%M:%f', k.expires_at_ms / 1000.0, 'unixepoch') as expires_at
            from keyspace k join hash_field f on f.key_id = k.id
            """;

    private static final String PUT = """
            insert into hash_field (key_id, field, value, crc) values (?, ?, ?, ?)
            on conflict (key_id, field) do update set value = excluded.value, crc = excluded.crc
            """;

    private static final String REMOVE = "delete from hash_field where key_id = ? and field = ?";

    private static final String CLEAR = "delete from hash_field where key_id = ?";

    private final RowStatement put;
    private final RowStatement remove;
    private final RowStatement clear;
    private final RowChecksum checksum = new RowChecksum();

    HashTable(Connection connection) throws SQLException {
        put = new RowStatement(connection, PUT);
        remove = new RowStatement(connection, REMOVE);
        clear = new RowStatement(connection, CLEAR);
    }

    void put(long keyId, Bytes field, Bytes value) throws SQLException {
        put.set(1, keyId).set(2, field).set(3, value);
        put.set(4, checksum.of(keyId).and(field).and(value).value()).add();
    }

    void remove(long keyId, Bytes field) throws SQLException {
        remove.set(1, keyId).set(2, field).add();
    }

    @Override
    public void clear(long keyId) throws SQLException {
        clear.set(1, keyId).add();
    }

    @Override
    public List<RowStatement> statements() {
        return List.of(put, remove, clear);
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public String columns() {
        return "field, value";
    }

    @Override
    public HashValue read(long keyId, ValueRows rows, EncodingLimits limits) throws SQLException {
        var hash = new HashValue(limits);
        while (rows.belongTo(keyId)) {
            Bytes field = rows.bytes(2);
            Bytes value = rows.bytes(3);
            rows.next(rows.checksum().and(field).and(value), hash.put(field, value));
        }
        return hash;
    }
}
