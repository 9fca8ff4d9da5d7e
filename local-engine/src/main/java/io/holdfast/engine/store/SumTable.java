package io.holdfast.engine.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLDataException;
import java.sql.SQLException;
import java.util.List;

/**
 * How many rows each table has, and the sum of their checksums, kept by triggers in the transaction that changes the rows:
 * so rows that are missing, or of another checkpoint than their neighbours, are noticed, which a row's own checksum cannot.
 */
final class SumTable {
    static final String CREATE = """
            create table row_sum (
                name text primary key,
                rows integer not null,
                checksums integer not null
            ) strict, without rowid
            """;

    private static final String GET = "select rows, checksums from row_sum where name = ?";

    private SumTable() {}

    /** What keeps count of one table, which has a column {@code crc}. */
    static List<String> count(String table) {
        return List.of(
                "insert into row_sum (name, rows, checksums) values ('%s', 0, 0)".formatted(table),
                trigger(table, "insert", "rows = rows + 1, checksums = checksums + new.crc"),
                trigger(table, "update", "checksums = checksums + new.crc - old.crc"),
                trigger(table, "delete", "rows = rows - 1, checksums = checksums - old.crc"));
    }

    private static String trigger(String table, String event, String change) {
        return """
                create trigger %1$s_%2$s after %2$s on %1$s begin
                    update row_sum set %3$s where name = '%1$s';
                end
                """.formatted(table, event, change);
    }

    /**
     * Compares what was read of a table with what was written.
     *
     * @throws SQLException when they are not the same
     */
    static void require(Connection connection, String table, long rows, long checksums) throws SQLException {
        try (PreparedStatement get = connection.prepareStatement(GET)) {
            get.setString(1, table);
            try (ResultSet sum = get.executeQuery()) {
                if (!sum.next() || sum.getLong(1) != rows || sum.getLong(2) != checksums) {
                    throw new SQLDataException("the " + rows + " rows found in " + table + " are not those written");
                }
            }
        }
    }
}
