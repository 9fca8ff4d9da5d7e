package io.holdfast.engine.store;

import io.holdfast.engine.value.EncodingLimits;
import io.holdfast.engine.value.StringValue;
import io.holdfast.resp.Bytes;
import java.sql.Connection;
import java.sql.SQLDataException;
import java.sql.SQLException;
import java.util.List;

/** Strings, one a row. */
final class StringTable implements ValueTable {
    static final String NAME = "string_value";

    static final String CREATE = """
            create table string_value (
                key_id integer primary key,
                value blob not null,
                crc integer not null
            ) strict
            """;

    static final String VIEW = """
            create view strings as
            select k.db, cast(k.key as text) as key, cast(v.value as text) as value,
                   strftime('%Y-%m-%d %H:%M:%f', k.expires_at_ms / 1000.0, 'unixepoch') as expires_at
            from keyspace k join string_value v on v.key_id = k.id
            """;

    private static final String PUT = """
            insert into string_value (key_id, value, crc) values (?, ?, ?)
            on conflict (key_id) do update set value = excluded.value, crc = excluded.crc
            """;

    private static final String CLEAR = "delete from string_value where key_id = ?";

    private final RowStatement put;
    private final RowStatement clear;
    private final RowChecksum checksum = new RowChecksum();

    StringTable(Connection connection) throws SQLException {
        put = new RowStatement(connection, PUT);
        clear = new RowStatement(connection, CLEAR);
    }

    void put(long keyId, Bytes value) throws SQLException {
        put.set(1, keyId).set(2, value);
        put.set(3, checksum.of(keyId).and(value).value()).add();
    }

    @Override
    public void clear(long keyId) throws SQLException {
        clear.set(1, keyId).add();
    }

    @Override
    public List<RowStatement> statements() {
        return List.of(put, clear);
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public String columns() {
        return "value";
    }

    @Override
    public StringValue read(long keyId, ValueRows rows, EncodingLimits limits) throws SQLException {
        if (!rows.belongTo(keyId)) {
            throw new SQLDataException("string_value has no row of key " + keyId);
        }
        Bytes content = rows.bytes(2);
        rows.next(rows.checksum().and(content), true);
        return new StringValue(content);
    }
}
