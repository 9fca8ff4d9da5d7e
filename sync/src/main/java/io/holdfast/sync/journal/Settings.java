package io.holdfast.sync.journal;

import java.util.Optional;

/** The table {@code setting}: what an operator ordered and a restart must not undo, such as a forced outage and its reason. */
public final class Settings {
    static final String TABLE = """
            create table setting (
                name text primary key,
                value text not null
            ) without rowid
            """;

    private static final String GET = """
            select value from setting where name = ?
            """;
    private static final String PUT = """
            insert into setting (name, value) values (?, ?)
            on conflict (name) do update set value = excluded.value
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
                    return rows.next() ? Optional.of(rows.getString(1)) : Optional.empty();
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
                return put.executeUpdate();
            }
        });
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
