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

    /** What {@link #read} takes. Numbers all of them but the key: the driver makes a text of one by way of two objects. */
    static final String COLUMNS = "id, db, key, " + typeCode() + ", coalesce(expires_at_ms, -1), crc";

    static final String SELECT_ALL = "select " + COLUMNS + " from keyspace order by id";

    private static final int CHECKSUM_COLUMN = 6;
    private static final int UNKNOWN_TYPE = -1;

    private static final Bytes[] TYPE_NAMES = typeNames();

    private final RowStatement put;
    private final RowStatement update;
    private final RowStatement remove;
    private final RowChecksum checksum = new RowChecksum();
    private long lastChecksum;

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

    private long checksum(Row row) {
        return checksum.of(row.id())
                .and(row.db())
                .and(row.key())
                .and(TYPE_NAMES[row.type().code()])
                .and(row.expiresAtMs())
                .value();
    }

    /** The row at which {@code rows}, of {@link #COLUMNS}, stands, checked. */
    Row read(ResultSet rows) throws SQLException {
        long id = rows.getLong(1);
        int db = rows.getInt(2);
        byte[] key = rows.getBytes(3);
        if (key == null) {
            throw new SQLDataException("key " + id + " has no name");
        }
        long type = rows.getLong(4);
        if (type < 0 || type >= TYPE_NAMES.length) {
            throw new SQLDataException("key " + id + " is of unknown type");
        }
        var row = new Row(id, db, Bytes.wrap(key), ValueType.ofCode((byte) type), rows.getLong(5));
        lastChecksum = checksum(row);
        if (lastChecksum != rows.getLong(CHECKSUM_COLUMN)) {
            throw new SQLDataException("key " + id + " does not match its checksum");
        }
        return row;
    }

    /** Of the row that was read last. */
    long lastChecksum() {
        return lastChecksum;
    }

    private static RowStatement setExpiry(RowStatement statement, int parameter, Row row) throws SQLException {
        return row.expiresAtMs() == KeyRecord.NEVER
                ? statement.setNull(parameter)
                : statement.set(parameter, row.expiresAtMs());
    }

    /** The type by its code, in SQL. */
    private static String typeCode() {
        var sql = new StringBuilder("case type");
        for (ValueType type : ValueType.values()) {
            sql.append(" when '%s' then %d".formatted(type.redisName(), type.code()));
        }
        return sql.append(" else ").append(UNKNOWN_TYPE).append(" end").toString();
    }

    private static Bytes[] typeNames() {
        var names = new Bytes[ValueType.values().length];
        for (ValueType type : ValueType.values()) {
            names[type.code()] = Bytes.of(type.redisName());
        }
        return names;
    }
}
