package io.holdfast.engine.store;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.sqlite.ProgressHandler;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteConnection;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;
import org.sqlite.SQLiteLimits;

/**
 * Answers questions in SQL from {@code storage.db} and can change nothing there: the file is opened for reading, other files
 * cannot be attached, extensions not be loaded. Row by row, so that memory does not grow with the answer. On one thread.
 */
public final class TableReader implements AutoCloseable {
    /** So many steps of SQLite's machine between two looks at the clock: well under a millisecond. */
    private static final int STEPS_A_LOOK = 10_000;

    /** Where SQLite's native library is unpacked: where nobody else can change it. */
    private static final String LIBRARY_DIRECTORY = "org.sqlite.tmpdir";

    /**
     * What one answer may take.
     *
     * @param rowsMax rows; more is an error, not a shorter answer
     * @param bytesMax bytes of all values
     * @param timeMsMax milliseconds
     */
    public record Limits(long rowsMax, long bytesMax, long timeMsMax) {
        public static final Limits NONE = new Limits(Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE);
    }

    /** Who takes an answer. */
    public interface Sink {
        void columns(List<String> names);

        /** @param values null, Long, Double, String or byte[] each */
        void row(List<@Nullable Object> values);
    }

    private final Connection connection;
    private final LongSupplier monotonicMs;

    private TableReader(Connection connection, LongSupplier monotonicMs) {
        this.connection = connection;
        this.monotonicMs = monotonicMs;
    }

    /**
     * Opens the database of a data directory, whether or not Holdfast runs there.
     *
     * @param monotonicMs a clock that never jumps, milliseconds
     * @throws StorageException when there is none, or it cannot be read
     */
    public static TableReader open(Path directory, LongSupplier monotonicMs) {
        Path file = directory.resolve(Database.FILE_NAME);
        if (!Files.exists(file)) {
            throw new StorageException("there is no " + file + ": no Holdfast has kept anything there yet");
        }
        Path libraries = directory.resolve("tmp");
        if (System.getProperty(LIBRARY_DIRECTORY) == null && Files.isDirectory(libraries)) {
            System.setProperty(LIBRARY_DIRECTORY, libraries.toString());
        }
        try {
            var config = new SQLiteConfig();
            config.setReadOnly(true);
            Connection connection = Database.connect(file, config);
            try (Statement statement = connection.createStatement()) {
                ((SQLiteConnection) connection).setLimit(SQLiteLimits.SQLITE_LIMIT_ATTACHED, 0);
                statement.execute("pragma query_only = on");
                statement.execute("pragma trusted_schema = off");
                return new TableReader(connection, monotonicMs);
            } catch (SQLException e) {
                connection.close();
                throw e;
            }
        } catch (SQLException e) {
            throw Database.unreadable(file, e);
        }
    }

    /**
     * Answers a question.
     *
     * @throws QueryException when it is no question, has a mistake, or asks for more than the limits allow
     */
    public void ask(String sql, Limits limits, Sink sink) {
        String statement = QueryText.one(sql);
        long until =
                limits.timeMsMax() == Long.MAX_VALUE ? Long.MAX_VALUE : monotonicMs.getAsLong() + limits.timeMsMax();
        try (Statement asking = connection.createStatement()) {
            ProgressHandler.setHandler(connection, STEPS_A_LOOK, new ProgressHandler() {
                @Override
                protected int progress() {
                    return monotonicMs.getAsLong() > until ? 1 : 0;
                }
            });
            try (ResultSet rows = asking.executeQuery(statement)) {
                pass(rows, limits, sink);
            } finally {
                ProgressHandler.clearHandler(connection);
            }
        } catch (SQLException e) {
            throw refused(e, limits);
        }
    }

    private static void pass(ResultSet rows, Limits limits, Sink sink) throws SQLException {
        ResultSetMetaData head = rows.getMetaData();
        int columns = head.getColumnCount();
        List<String> names = new ArrayList<>(columns);
        for (int i = 1; i <= columns; i++) {
            names.add(head.getColumnLabel(i));
        }
        sink.columns(names);
        long count = 0;
        long bytes = 0;
        while (rows.next()) {
            if (++count > limits.rowsMax()) {
                throw new QueryException(
                        "the answer has more than " + limits.rowsMax() + " rows; ask for fewer with limit");
            }
            List<@Nullable Object> row = new ArrayList<>(columns);
            for (int i = 1; i <= columns; i++) {
                Object value = value(rows.getObject(i));
                bytes += value instanceof String text ? text.length() : value instanceof byte[] blob ? blob.length : 8;
                row.add(value);
            }
            if (bytes > limits.bytesMax()) {
                throw new QueryException("the answer has more than " + limits.bytesMax() + " bytes; ask for less");
            }
            sink.row(row);
        }
    }

    private static @Nullable Object value(@Nullable Object value) {
        return value instanceof Integer number ? Long.valueOf(number) : value;
    }

    private static QueryException refused(SQLException e, Limits limits) {
        if (e instanceof SQLiteException sqlite && sqlite.getResultCode() == SQLiteErrorCode.SQLITE_INTERRUPT) {
            return new QueryException("the answer takes longer than " + limits.timeMsMax() + " ms; ask for less", e);
        }
        String message = String.valueOf(e.getMessage());
        int from = message.indexOf('(');
        String inner = from >= 0 && message.endsWith(")") ? message.substring(from + 1, message.length() - 1) : message;
        return new QueryException(inner.replaceAll("\\s+", " ").strip(), e);
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            throw new StorageException("cannot close " + Database.FILE_NAME + ": " + e.getMessage(), e);
        }
    }
}
