package io.holdfast.sync.journal;

import io.holdfast.engine.store.RowChecksum;
import io.holdfast.resp.Bytes;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The table {@code setting}: what an operator ordered and a restart must not undo, such as a forced outage and its reason. */
public final class Settings {
    static final String TABLE = """
            create table setting (
                name text primary key,
                value text not null,
                crc integer not null
            ) without rowid
            """;

    private static final String GET = """
            select name, value, crc from setting where name = ?
            """;
    static final String ALL = """
            select name, value, crc from setting
            """;
    private static final String PUT = """
            insert into setting (name, value, crc) values (?, ?, ?)
            on conflict (name) do update set value = excluded.value, crc = excluded.crc
            """;
    private static final String REMOVE = """
            delete from setting where name = ?
            """;

    private final SqliteFile file;

    Settings(SqliteFile file) {
        this.file = file;
    }

    /** The value of {@code name}. */
    public Optional<String> get(String name) {
        return file.run("read the setting " + name, c -> {
            try (var query = c.prepareStatement(GET)) {
                query.setString(1, name);
                try (var rows = query.executeQuery()) {
                    if (!rows.next()) {
                        return Optional.empty();
                    }
                    return Optional.of(checked(rows));
                }
            }
        });
    }

    /** Sets {@code name}; durable when it returns. */
    public void put(String name, String value) {
        file.run("write the setting " + name, c -> {
            try (var put = c.prepareStatement(PUT)) {
                put.setString(1, name);
                put.setString(2, value);
                put.setLong(3, checksum(name, value));
                return put.executeUpdate();
            }
        });
    }

    /** Every value. */
    public List<String> all() {
        return file.run("read the settings", c -> {
            List<String> values = new ArrayList<>();
            try (var query = c.prepareStatement(ALL);
                    var rows = query.executeQuery()) {
                while (rows.next()) {
                    values.add(checked(rows));
                }
            }
            return values;
        });
    }

    static String checked(ResultSet row) throws SQLException {
        String value = row.getString(2);
        SqliteFile.require(checksum(row.getString(1), value) == row.getLong(3), "the setting " + row.getString(1));
        return value;
    }

    private static long checksum(String name, String value) {
        return new RowChecksum().of(0).and(Bytes.of(name)).and(Bytes.of(value)).value();
    }

    /** Unsets {@code name}; durable when it returns. */
    public void remove(String name) {
        file.run("remove the setting " + name, c -> {
            try (var remove = c.prepareStatement(REMOVE)) {
                remove.setString(1, name);
                return remove.executeUpdate();
            }
        });
    }
}
