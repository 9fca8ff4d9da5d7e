package io.holdfast.engine.store;

import io.holdfast.resp.Bytes;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLDataException;
import java.sql.SQLException;

/** What a checkpoint says of itself: named whole numbers. */
final class MetaTable {
    static final String CREATE = """
            create table meta (
                name text primary key,
                value integer not null,
                crc integer not null
            ) strict, without rowid
            """;

    /** The newest journal entry whose effects the tables hold. */
    static final String JOURNAL_SEQUENCE = "journal_sequence";

    /** The greatest id that a key ever had. */
    static final String LAST_ID = "last_id";

    /** How many checkpoints there have been. */
    static final String CHECKPOINTS = "checkpoints";

    private static final String PUT = """
            insert into meta (name, value, crc) values (?, ?, ?)
            on conflict (name) do update set value = excluded.value, crc = excluded.crc
            """;

    private static final String GET = "select value, crc from meta where name = ?";

    private final PreparedStatement put;
    private final PreparedStatement get;
    private final RowChecksum checksum = new RowChecksum();

    MetaTable(Connection connection) throws SQLException {
        put = connection.prepareStatement(PUT);
        get = connection.prepareStatement(GET);
    }

    void put(String name, long value) throws SQLException {
        put.setString(1, name);
        put.setLong(2, value);
        put.setLong(3, checksum(name, value));
        put.executeUpdate();
    }

    /** 0 where no checkpoint was written yet. */
    long get(String name) throws SQLException {
        get.setString(1, name);
        try (ResultSet rows = get.executeQuery()) {
            if (!rows.next()) {
                return 0;
            }
            long value = rows.getLong(1);
            if (rows.getLong(2) != checksum(name, value)) {
                throw new SQLDataException("what meta says of " + name + " does not match its checksum");
            }
            return value;
        }
    }

    private long checksum(String name, long value) {
        return checksum.of(value).and(Bytes.of(name)).value();
    }
}
