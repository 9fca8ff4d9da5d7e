package io.holdfast.engine.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Views, indexes and tables in {@code storage.db} that can be made anew from what is there: they hold nothing of their own, and the
 * file's format is the same with and without them. On the thread that opens the database.
 */
final class DerivedSchema {
    private static final Logger log = LoggerFactory.getLogger(DerivedSchema.class);

    private static final String FIND = """
            select type, name, sql from sqlite_schema
            where type in ('view', 'index', 'table') and sql is not null and instr(sql, ?) > 0
            """;

    private DerivedSchema() {}

    /**
     * Makes what is missing, and drops what is ours and no longer wanted; one transaction, and none when all is as it should
     * be.
     *
     * @param wanted the statement that makes each, by its name
     * @param mark stands in the statement of each that is ours
     */
    static void bring(Connection connection, Map<String, String> wanted, String mark) throws SQLException {
        Map<String, String> missing = new LinkedHashMap<>(wanted);
        Map<String, String> leftOver = new HashMap<>();
        try (PreparedStatement find = connection.prepareStatement(FIND)) {
            find.setString(1, mark);
            try (ResultSet rows = find.executeQuery()) {
                while (rows.next()) {
                    String name = rows.getString(2);
                    if (sameAs(wanted.get(name), rows.getString(3))) {
                        missing.remove(name);
                    } else {
                        leftOver.put(name, rows.getString(1));
                    }
                }
            }
        }
        if (missing.isEmpty() && leftOver.isEmpty()) {
            return;
        }
        try (Statement statement = connection.createStatement()) {
            statement.execute("begin immediate");
            // Views first: SQLite looks through all of them when an index or a table goes.
            for (String type : new String[] {"view", "index", "table"}) {
                for (Map.Entry<String, String> old : leftOver.entrySet()) {
                    if (old.getValue().equals(type)) {
                        statement.execute("drop " + type + " \"" + old.getKey().replace("\"", "\"\"") + "\"");
                    }
                }
            }
            for (String sql : missing.values()) {
                statement.execute(sql);
            }
            statement.execute("commit");
        }
        log.info("storage.db: {} views and indexes made, {} dropped", missing.size(), leftOver.size());
    }

    /** SQLite keeps the text from the name on. */
    private static boolean sameAs(@Nullable String wanted, String found) {
        return wanted != null && Schema.withoutFirstWords(wanted).equals(Schema.withoutFirstWords(found));
    }
}
