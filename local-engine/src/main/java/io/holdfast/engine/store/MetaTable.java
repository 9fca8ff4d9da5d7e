package io.holdfast.engine.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/** What a checkpoint says of itself: named whole numbers. */
final class MetaTable {
    static final String CREATE = """
            create table meta (
                name text primary key,
                value integer not null
            ) strict, without rowid
            """;

    /** The newest journal entry whose effects the tables hold. */
    static final String JOURNAL_SEQUENCE = "journal_sequence";

    /** The greatest id that a key ever had. */
    static final String LAST_ID = "last_id";

    private static final String PUT = """
            insert into meta (name, value) values (?, ?)
            on conflict (name) do update set value = excluded.value
            """;

    private static final String GET = "select value from meta where name = ?";

    private final PreparedStatement put;
    private final PreparedStatement get;

    MetaTable(Connection connection) throws SQLException {
        put = connection.prepareStatement(PUT);
        get = connection.prepareStatement(GET);
    }

    void put(String name, long value) throws SQLException {
        put.setString(1, name);
        put.setLong(2, value);
        put.executeUpdate();
    }

    /** 0 where no checkpoint was written yet. */
    long get(String name) throws SQLException {
        get.setString(1, name);
        try (ResultSet rows = get.executeQuery()) {
            return rows.next() ? rows.getLong(1) : 0;
        }
    }
}
