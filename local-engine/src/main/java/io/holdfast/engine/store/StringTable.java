package io.holdfast.engine.store;

import io.holdfast.engine.value.EncodingLimits;
import io.holdfast.engine.value.StringValue;
import io.holdfast.resp.Bytes;
import java.sql.Connection;
import java.sql.SQLDataException;
import java.sql.SQLException;
import java.util.List;
import java.util.SplittableRandom;

/** Strings, one a row. */
final class StringTable implements ValueTable {
    static final String CREATE = """
            create table string_value (
                key_id integer primary key,
                value blob not null
            ) strict
            """;

    static final String VIEW = """
            create view strings as
            select k.db, cast(k.key as text) as key, cast(v.value as text) as value,
                   strftime('%Y-%m-%d %H:%M:%f', k.expires_at_ms / 1000.0, 'unixepoch') as expires_at
            from keyspace k join string_value v on v.key_id = k.id
            """;

    private static final String PUT = """
            insert into string_value (key_id, value) values (?, ?)
            on conflict (key_id) do update set value = excluded.value
            """;

    private static final String CLEAR = "delete from string_value where key_id = ?";

    private static final String SELECT_ALL = "select key_id, value from string_value order by key_id";

    private final RowStatement put;
    private final RowStatement clear;

    StringTable(Connection connection) throws SQLException {
        put = new RowStatement(connection, PUT);
        clear = new RowStatement(connection, CLEAR);
    }

    void put(long keyId, Bytes value) throws SQLException {
        put.set(1, keyId).set(2, value).add();
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
    public String selectAll() {
        return SELECT_ALL;
    }

    @Override
    public StringValue read(long keyId, ValueRows rows, EncodingLimits limits, SplittableRandom levels)
            throws SQLException {
        if (!rows.belongTo(keyId)) {
            throw new SQLDataException("string_value has no row of key " + keyId);
        }
        var value = new StringValue(rows.bytes(2));
        rows.next();
        return value;
    }
}
