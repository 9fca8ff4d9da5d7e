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
    static final String NAME = "keyspace";

    static final String CREATE = """
            create table keyspace (
                id integer primary key,
                db integer not null,
                key blob not null,
                type text not null,
                expires_at_ms integer,
                crc integer not null
            ) strict
            """;

    /** A key as storage has it. */
    record Row(long id, int db, Bytes key, ValueType type, long expiresAtMs) {}

    private static final String PUT = """
            insert into keyspace (id, db, key, type, expires_at_ms, crc) values (?, ?, ?, ?, ?, ?)
            on conflict (id) do update set db = excluded.db, key = excluded.key, type = excluded.type,
                expires_at_ms = excluded.expires_at_ms, crc = excluded.crc
            """;

    private static final String UPDATE = """
            update keyspace set type = ?2, expires_at_ms = ?3, crc = ?4
            where id = ?1 and (type <> ?2 or expires_at_ms is not ?3)
            """;

    private static final String REMOVE = "delete from keyspace where id = ?";

    static final String SELECT_ALL = "select id, db, key, type, expires_at_ms, crc from keyspace order by id";

    private static final int CHECKSUM_COLUMN = 6;

    private final RowStatement put;
    private final RowStatement update;
    private final RowStatement remove;
    private final RowChecksum checksum = new RowChecksum();

    KeyTable(Connection connection) throws SQLException {
        put = new RowStatement(connection, PUT);
        update = new RowStatement(connection, UPDATE);
        remove = new RowStatement(connection, REMOVE);
    }

    /** Writes a key that is new, or stands under another database. */
    void put(Row row) throws SQLException {
        put.set(1, row.id()).set(2, row.db()).set(3, row.key());
        put.set(4, row.type().redisName());
        setExpiry(put, 5, row).set(6, checksum(row)).add();
    }

    /** Brings type and expiry up to date, and touches nothing where they are: as for every change of an element. */
    void update(Row row) throws SQLException {
        update.set(1, row.id()).set(2, row.type().redisName());
        setExpiry(update, 3, row).set(4, checksum(row)).add();
    }

    void remove(long id) throws SQLException {
        remove.set(1, id).add();
    }

    List<RowStatement> statements() {
        return List.of(remove, put, update);
    }

    long checksum(Row row) {
        return checksum.of(row.id())
                .and(row.db())
                .and(row.key())
                .and(Bytes.of(row.type().redisName()))
                .and(row.expiresAtMs())
                .value();
    }

    /** The row at which {@code rows}, of {@link #SELECT_ALL}'s columns, stands, checked. */
    Row read(ResultSet rows) throws SQLException {
        long id = rows.getLong(1);
        int db = rows.getInt(2);
        byte[] key = rows.getBytes(3);
        if (key == null) {
            throw new SQLDataException("key " + id + " has no name");
        }
        ValueType type = type(rows.getString(4), id);
        long expiresAtMs = rows.getLong(5);
        var row = new Row(id, db, Bytes.wrap(key), type, rows.wasNull() ? KeyRecord.NEVER : expiresAtMs);
        if (checksum(row) != rows.getLong(CHECKSUM_COLUMN)) {
            throw new SQLDataException("key " + id + " does not match its checksum");
        }
        return row;
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
