package io.holdfast.engine.store;

import io.holdfast.engine.profile.ViewSql;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/** What waits for the upstream, for people to look at; written anew as a whole. It is there where a profile wants it. */
final class QueueTable {
    private static final String ADD = """
            insert into %s (id, operation_type, redis_key, redis_value, redis_score, hash_field, ttl_seconds, created_at,
                sync_status, sync_attempts, last_sync_attempt)
            values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """.formatted(ViewSql.QUEUE);

    private static final String CLEAR = "delete from " + ViewSql.QUEUE;

    private QueueTable() {}

    /** In the transaction that is open. */
    static void replace(Connection connection, List<QueuedOperation> rows) throws SQLException {
        try (Statement clear = connection.createStatement();
                PreparedStatement add = connection.prepareStatement(ADD)) {
            clear.executeUpdate(CLEAR);
            for (QueuedOperation row : rows) {
                add.setLong(1, row.id());
                add.setString(2, row.operation());
                add.setString(3, row.key());
                add.setString(4, row.value());
                add.setObject(5, row.score());
                add.setString(6, row.field());
                add.setObject(7, row.ttlSeconds());
                add.setLong(8, row.createdAt());
                add.setString(9, row.status());
                add.setInt(10, row.attempts());
                add.setObject(11, row.lastAttempt());
                add.executeUpdate();
            }
        }
    }
}
