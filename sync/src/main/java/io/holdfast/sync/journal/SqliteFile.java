package io.holdfast.sync.journal;

import io.holdfast.engine.store.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLDataException;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;

/**
 * One connection to one SQLite file of ours: durable at every commit, refused when it is somebody else's. One piece of work
 * at a time, on any thread.
 */
final class SqliteFile implements AutoCloseable {
    private static final String URL_PREFIX = "jdbc:sqlite:";
    private static final String NATIVE_LIBRARY_DIRECTORY = "org.sqlite.tmpdir";
    private static final int BUSY_TIMEOUT_MS = 5_000;

    private final Path file;
    private final Connection connection;

    private SqliteFile(Path file, Connection connection) {
        this.file = file;
        this.connection = connection;
    }

    /** What is done with the connection; it commits by itself unless it is given to {@link #transaction}. */
    @FunctionalInterface
    interface Work<T> {
        T on(Connection connection) throws SQLException;
    }

    /**
     * Opens {@code file}, which is made with {@code schema} if it is missing. A file of an earlier version is brought to the next one by
     * what {@code upgrades} has for it, all the way or not at all.
     *
     * @param applicationId what SQLite's {@code application_id} must be
     * @param version what {@code user_version} must be
     * @param upgrades statements by the version that they start from
     * @throws StorageException when it is not, or the file cannot be opened
     */
    static SqliteFile open(
            Path file, int applicationId, int version, List<String> schema, Map<Integer, List<String>> upgrades) {
        try {
            Path directory = file.toAbsolutePath().resolveSibling("").toRealPath();
            Path path = directory.resolve(file.getFileName());
            prepare(directory, path);
            // A fixed prefix and a real, absolute path: no text of a user becomes a parameter of the URL.
            Connection connection = DriverManager.getConnection(URL_PREFIX + path);
            try {
                configure(connection);
                identify(connection, path, applicationId, version, schema);
                upgrade(connection, path, version, upgrades);
                return new SqliteFile(path, connection);
            } catch (SQLException | StorageException e) {
                connection.close();
                throw e;
            }
        } catch (IOException | SQLException e) {
            throw new StorageException("database " + file + " cannot be opened: " + e.getMessage(), e);
        }
    }

    /** @throws SQLException when a row is not what was written, as its checksum says */
    static void require(boolean isAsWritten, String what) throws SQLException {
        if (!isAsWritten) {
            throw new SQLDataException(what + " does not match its checksum; run holdfast repair");
        }
    }

    synchronized <T> T run(String what, Work<T> work) {
        try {
            return work.on(connection);
        } catch (SQLException e) {
            throw new StorageException("database " + file + " could not " + what + ": " + e.getMessage(), e);
        }
    }

    /** All of it is done, durably, or nothing. */
    synchronized <T> T transaction(String what, Work<T> work) {
        return run(what, c -> inTransaction(c, work));
    }

    @Override
    public synchronized void close() {
        run("close", c -> {
            c.close();
            return true;
        });
    }

    private static void prepare(Path directory, Path path) throws IOException {
        Path libraries = directory.resolve("tmp");
        if (!Files.isDirectory(libraries, LinkOption.NOFOLLOW_LINKS)) {
            Files.createDirectory(libraries, DiskFiles.OWNER_DIRECTORY);
        }
        if (System.getProperty(NATIVE_LIBRARY_DIRECTORY) == null) {
            // Read once, when the driver unpacks its library: in /tmp, others could get at it.
            System.setProperty(NATIVE_LIBRARY_DIRECTORY, libraries.toString());
        }
        if (Files.isSymbolicLink(path)) {
            throw new StorageException("database " + path + " is a symbolic link");
        }
        if (Files.notExists(path)) {
            Files.createFile(path, DiskFiles.OWNER_FILE); // SQLite gives its other files the permissions of this one
        }
    }

    private static void configure(Connection connection) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute("pragma busy_timeout = " + BUSY_TIMEOUT_MS);
            statement.execute("pragma trusted_schema = off");
            statement.execute("pragma cell_size_check = on");
            statement.execute("pragma journal_mode = wal");
            statement.execute("pragma synchronous = full");
        }
    }

    private static void identify(Connection connection, Path path, int applicationId, int version, List<String> schema)
            throws SQLException {
        if (number(connection, "select count(*) from sqlite_schema") == 0) {
            inTransaction(connection, c -> {
                try (var statement = c.createStatement()) {
                    for (String table : schema) {
                        statement.execute(table);
                    }
                    statement.execute("pragma application_id = " + applicationId);
                    statement.execute("pragma user_version = " + version);
                }
                return true;
            });
        }
        if (number(connection, "pragma application_id") != applicationId) {
            throw new StorageException("database " + path + " was not made by Holdfast");
        }
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery("pragma quick_check(1)")) {
            require("ok".equals(rows.getString(1)), "the structure of the file");
        }
    }

    private static void upgrade(Connection connection, Path path, int version, Map<Integer, List<String>> upgrades)
            throws SQLException {
        int from = number(connection, "pragma user_version");
        int found = inTransaction(connection, c -> {
            int reached = from;
            try (var statement = c.createStatement()) {
                for (List<String> step = upgrades.get(reached); step != null; step = upgrades.get(reached)) {
                    for (String sql : step) {
                        statement.execute(sql);
                    }
                    statement.execute("pragma user_version = " + ++reached);
                }
            }
            return reached;
        });
        if (found < version) {
            throw new StorageException(
                    "database " + path + " was written by a Holdfast before its first release: its format" + " is "
                            + found + "; choose another data directory");
        }
        if (found > version) {
            throw new StorageException("database " + path + " was written by a newer Holdfast: its format is " + found
                    + ", this one reads up to " + version);
        }
    }

    /** Runs {@code sql} with these numbers in place of its question marks; gives how many rows it changed. */
    static int update(Connection connection, String sql, long... numbers) throws SQLException {
        try (var statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < numbers.length; i++) {
                statement.setLong(i + 1, numbers[i]);
            }
            return statement.executeUpdate();
        }
    }

    private static int number(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            return rows.getInt(1);
        }
    }

    private static <T> T inTransaction(Connection connection, Work<T> work) throws SQLException {
        boolean done = false;
        connection.setAutoCommit(false);
        try {
            T result = work.on(connection);
            connection.commit();
            done = true;
            return result;
        } finally {
            if (!done) {
                connection.rollback();
            }
            connection.setAutoCommit(true);
        }
    }
}
