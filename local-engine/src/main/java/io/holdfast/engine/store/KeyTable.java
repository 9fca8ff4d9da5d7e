package io.holdfast.engine.store;

import io.holdfast.engine.keyspace.KeyRecord;
import io.holdfast.engine.value.ValueType;
import io.holdfast.resp.Bytes;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLDataException;
import java.sql.SQLException;
import java.util.List;

/** The keys, one a row. An expired key stays until the engine meets it; expiry is null where there is none. */
final class KeyTable {
    static final String CREATE = """
            create table keyspace (
                id integer primary key,
                db integer not null,
                key blob not null,
                type text not null,
                expires_at_ms integer,
                unique (db, key)
            ) strict
            """;

    /** A key as storage has it. */
    record Row(long id, int db, Bytes key, ValueType type, long expiresAtMs) {}

    // After SWAPDB two ids take each other's (db, key). The one that is written first pushes the other's old row out;
    // the other one's new row belongs to the same checkpoint and follows.
    private static final String PUT =
            "insert or replace into keyspace (id, db, key, type, expires_at_ms) values (?, ?, ?, ?, ?)";

    private static final String UPDATE = """
            update keyspace set type = ?2, expires_at_ms = ?3
            where id = ?1 and (type <> ?2 or expires_at_ms is not ?3)
            """;

    private static final String REMOVE = "delete from keyspace where id = ?";

    static final String SELECT_ALL = "select id, db, key, type, expires_at_ms from keyspace order by id";

    private final RowStatement put;
    private final RowStatement update;
    private final RowStatement remove;

    KeyTable(Connection connection) throws SQLException {
        put = new RowStatement(connection, PUT);
        update = new RowStatement(connection, UPDATE);
        remove = new RowStatement(connection, REMOVE);
    }

    /** Writes a key that is new, or stands under another database. */
    void put(Row row) throws SQLException {
        put.set(1, row.id()).set(2, row.db()).set(3, row.key());
        put.set(4, row.type().redisName());
        setExpiry(put, 5, row).add();
    }

    /** Brings type and expiry up to date, and touches nothing where they are: as for every change of an element. */
    void update(Row row) throws SQLException {
        update.set(1, row.id()).set(2, row.type().redisName());
        setExpiry(update, 3, row).add();
    }

    void remove(long id) throws SQLException {
        remove.set(1, id).add();
    }

    List<RowStatement> statements() {
        return List.of(remove, put, update);
    }

    /** The row at which {@code rows}, of {@link #SELECT_ALL}'s columns, stands. */
    static Row read(ResultSet rows) throws SQLException {
        long id = rows.getLong(1);
        int db = rows.getInt(2);
        byte[] key = rows.getBytes(3);
        if (key == null) {
            throw new SQLDataException("key " + id + " has no name");
        }
        ValueType type = type(rows.getString(4), id);
        long expiresAtMs = rows.getLong(5);
        return new Row(id, db, Bytes.wrap(key), type, rows.wasNull() ? KeyRecord.NEVER : expiresAtMs);
    }

    private static ValueType type(String name, long id) throws SQLException {
        for (ValueType type : ValueType.values()) {
            if (type.redisName().equals(name)) {
                return type;
            }
        }
        throw new SQLDataException("key " + id + " is of unknown type " + name);
    }

    private static RowStatement setExpiry(RowStatement statement, int parameter, Row row) throws SQLException {
        return row.expiresAtMs() == KeyRecord.NEVER
                ? statement.setNull(parameter)
                : statement.set(parameter, row.expiresAtMs());
    }
}
