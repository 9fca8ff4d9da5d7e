package io.holdfast.engine.store;

import io.holdfast.engine.failpoint.Failpoint;
import io.holdfast.engine.keyspace.Keyspaces;
import io.holdfast.engine.profile.ViewSql;
import io.holdfast.engine.value.EncodingLimits;
import io.holdfast.engine.value.Value;
import io.holdfast.resp.Bytes;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLDataException;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/**
 * Keeps one whole state of the keyspace in {@code storage.db}, and replaces it by the next one in a single transaction.
 * Opened and loaded on the thread that starts the engine, then written on the checkpoint thread alone. Other processes
 * may read the file at any time.
 */
public final class Database implements AutoCloseable {
    /** The database's file name in the data directory. */
    public static final String FILE_NAME = "storage.db";

    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rw-------");
    /** How long a writer waits for another process that holds a lock. */
    private static final int BUSY_TIMEOUT_MS = 5_000;

    private static final Logger log = LoggerFactory.getLogger(Database.class);

    private final Path file;
    private final Connection connection;
    private final Tables tables;
    private final StorageMark mark;
    private volatile long checkpointedSequence;
    private volatile long lastId;
    private volatile long freeBytes;
    private long checkpoints;
    private boolean hasQueue;

    private Database(Path file, Connection connection, StorageMark mark) throws SQLException {
        this.file = file;
        this.connection = connection;
        this.mark = mark;
        this.tables = new Tables(connection);
        this.checkpointedSequence = tables.meta.get(MetaTable.JOURNAL_SEQUENCE);
        this.lastId = tables.meta.get(MetaTable.LAST_ID);
        this.checkpoints = tables.meta.get(MetaTable.CHECKPOINTS);
        requireNewest();
        freeBytes = countFree();
    }

    private void requireNewest() {
        long marked = mark.read();
        if (checkpoints < marked) {
            throw new StorageException(file + " has lost its checkpoints " + (checkpoints + 1) + " to " + marked
                    + ", as its write-ahead log is damaged or was removed; run holdfast repair, or restore the data"
                    + " directory from a backup");
        }
    }

    /**
     * Opens {@code storage.db} in a directory, makes it when it is not there. {@code org.sqlite.tmpdir} has to be set
     * before, to a private directory.
     *
     * @throws StorageException when the file is not ours, newer than we are, damaged or out of reach
     */
    public static Database open(Path directory) {
        Path file = privateFile(directory);
        try {
            Connection connection = connect(file);
            try {
                Schema.prepare(connection, file);
                return new Database(file, connection, new StorageMark(file.resolveSibling("")));
            } catch (SQLException | StorageException e) {
                connection.close();
                throw e;
            }
        } catch (SQLException e) {
            throw unreadable(file, e);
        }
    }

    /** SQLite gives the log and the shared memory beside it the same permissions. */
    private static Path privateFile(Path directory) {
        try {
            Path file = directory.toRealPath().resolve(FILE_NAME);
            if (Files.isSymbolicLink(file)) {
                throw new StorageException(
                        file + " is a symbolic link, which is not followed; put the file in its place");
            }
            if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
                Files.setPosixFilePermissions(file, OWNER_ONLY);
            } else {
                createPrivate(file);
            }
            return file;
        } catch (IOException e) {
            throw new StorageException("cannot use " + directory.resolve(FILE_NAME) + ": " + e.getMessage(), e);
        }
    }

    private static void createPrivate(Path file) throws IOException {
        try {
            Files.createFile(file, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
        } catch (FileAlreadyExistsException e) {
            throw new StorageException(file + " is being made by another process", e);
        }
    }

    /** The driver takes what follows a question mark for options, so a path must not have one. */
    static Connection connect(Path file) throws SQLException {
        return connect(file, new SQLiteConfig());
    }

    static Connection connect(Path file, SQLiteConfig config) throws SQLException {
        if (file.toString().indexOf('?') >= 0) {
            throw new StorageException("the data directory must not have a ? in its path: " + file);
        }
        config.setBusyTimeout(BUSY_TIMEOUT_MS);
        return config.createConnection("jdbc:sqlite:" + file);
    }

    /**
     * Brings the views and indexes up to what is wanted; nothing is written when they are. To be called before the first
     * checkpoint.
     *
     * @param wanted the statement that makes each, by its name
     * @param mark stands in the statement of each that was ever made so
     * @throws StorageException when one cannot be made; then all is as it was
     */
    public void derive(Map<String, String> wanted, String mark) {
        try {
            DerivedSchema.bring(connection, wanted, mark);
            hasQueue = wanted.containsKey(ViewSql.QUEUE);
        } catch (SQLException e) {
            rollBack();
            throw new StorageException(file + " cannot be given a view or an index: " + e.getMessage(), e);
        }
    }

    /** The newest journal entry that the tables include; 0 when there is none. Any thread. */
    public long checkpointedSequence() {
        return checkpointedSequence;
    }

    /** The code of each library of functions, by the last checkpoint. @throws StorageException when it is damaged */
    public List<Bytes> libraries() {
        try {
            return tables.libraries.all();
        } catch (SQLException e) {
            throw unreadable(file, e);
        }
    }

    /** The greatest id that a key ever had, by the last checkpoint. Any thread. */
    public long lastId() {
        return lastId;
    }

    /** As {@link #load(Keyspaces, EncodingLimits, long)}, every value into memory. */
    public void load(Keyspaces into, EncodingLimits limits) {
        load(into, limits, Long.MAX_VALUE);
    }

    /**
     * Puts every key of the last checkpoint into an empty keyspace, expired ones too; nothing is owed to the next
     * checkpoint afterwards. Every row is read and checked, also of the values that are not kept in memory.
     *
     * @param bytesMax values that would take more than so much memory stay in storage
     * @param limits decide the encodings of the values
     * @throws StorageException when the file is damaged or has keys in a database that {@code into} lacks
     */
    public void load(Keyspaces into, EncodingLimits limits, long bytesMax) {
        try {
            execute("begin"); // one state, even if somebody else writes
            loadKeys(into, limits, bytesMax);
            into.changes().idSeen(lastId);
        } catch (SQLException e) {
            throw unreadable(file, e);
        } finally {
            rollBack();
        }
    }

    private void loadKeys(Keyspaces into, EncodingLimits limits, long bytesMax) throws SQLException {
        try (var reader = new KeyReader(connection, tables, limits, bytesMax)) {
            for (var keys = reader.next(); !keys.isEmpty(); keys = reader.next()) {
                for (KeyReader.Stored key : keys) {
                    requireDatabase(key.row(), into.count());
                    if (!restore(into, key)) {
                        throw new SQLDataException("key " + key.row().key() + " of database "
                                + key.row().db() + " is there twice");
                    }
                }
            }
        }
    }

    private static boolean restore(Keyspaces into, KeyReader.Stored key) {
        KeyTable.Row row = key.row();
        Value value = key.value();
        return value == null
                ? into.restoreStored(
                        row.db(), row.key(), row.id(), row.type(), key.size(), key.bytes(), row.expiresAtMs())
                : into.restore(row.db(), row.key(), row.id(), value, row.expiresAtMs());
    }

    static SQLDataException noRows(ValueTable table, long keyId) {
        return new SQLDataException(table.name() + " has no rows of key " + keyId);
    }

    private void requireDatabase(KeyTable.Row row, int databases) {
        if (row.db() < 0 || row.db() >= databases) {
            throw new StorageException(file + " has keys in database " + row.db() + ", but only " + databases
                    + " are configured; raise databases to " + (row.db() + 1) + " or more");
        }
    }

    /**
     * Makes the batch's rows part of the tables, all of them or none, durably.
     *
     * @param sequence the newest journal entry that the tables then include
     * @param newLastId the greatest id that a key ever had
     * @throws StorageException when that failed; the tables are as they were
     */
    public void write(CheckpointBatch batch, long sequence, long newLastId) {
        boolean committed = false;
        try {
            stage(batch, sequence, newLastId);
            Failpoint.CHECKPOINT_BEFORE_COMMIT.pass();
            execute("commit");
            committed = true;
            Failpoint.CHECKPOINT_AFTER_COMMIT.pass();
            freeBytes = countFree();
        } catch (SQLException e) {
            throw new StorageException("cannot write a checkpoint to " + file + ": " + remedy(e), e);
        } finally {
            if (!committed) {
                rollBack();
            }
        }
        checkpointedSequence = sequence;
        lastId = newLastId;
        checkpoints++;
        mark.write(checkpoints);
    }

    /** Of the file, what holds nothing and will be written on first. Any thread. */
    public long freeBytes() {
        return freeBytes;
    }

    /**
     * Gives what holds nothing back to the disk; on the thread that writes checkpoints. A file that was made by an older
     * Holdfast keeps it, to be written on again.
     *
     * @return by how much it has got smaller, bytes
     * @throws StorageException when SQLite refuses
     */
    public long shrink() {
        try {
            execute("pragma wal_checkpoint(truncate)");
            long before = freeBytes;
            try (Statement statement = connection.createStatement()) {
                statement.executeUpdate("pragma incremental_vacuum"); // which, unlike execute, goes on to its end
            }
            execute("pragma wal_checkpoint(truncate)");
            freeBytes = countFree();
            return Math.max(0, before - freeBytes);
        } catch (SQLException e) {
            throw new StorageException(file + " cannot be made smaller: " + remedy(e), e);
        }
    }

    private long countFree() throws SQLException {
        return number("pragma freelist_count") * number("pragma page_size");
    }

    private long number(String pragma) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(pragma)) {
            return rows.getLong(1);
        }
    }

    /** Whether there is a table for what waits for the upstream. */
    public boolean hasQueue() {
        return hasQueue;
    }

    /**
     * Replaces the table of what waits for the upstream; on the thread that writes checkpoints. A profile must have made it.
     *
     * @throws StorageException when that failed; the table is as it was
     */
    public void queue(List<QueuedOperation> rows) {
        boolean committed = false;
        try {
            execute("begin immediate");
            QueueTable.replace(connection, rows);
            execute("commit");
            committed = true;
        } catch (SQLException e) {
            throw new StorageException("cannot write to " + file + ": " + remedy(e), e);
        } finally {
            if (!committed) {
                rollBack();
            }
        }
    }

    /** All of {@link #write} but its commit. */
    void stage(CheckpointBatch batch, long sequence, long newLastId) throws SQLException {
        tables.discard(); // of an attempt that failed
        execute("begin immediate");
        tables.meta.put(MetaTable.JOURNAL_SEQUENCE, sequence);
        tables.meta.put(MetaTable.LAST_ID, newLastId);
        tables.meta.put(MetaTable.CHECKPOINTS, checkpoints + 1);
        batch.writeTo(tables);
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            throw new StorageException("cannot close " + file + ": " + e.getMessage(), e);
        }
    }

    // Transactions are begun and ended in SQL: the driver's own commit() begins the next one at once, and its notion of
    // being in a transaction survives a roll-back by SQLite.
    private void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private void rollBack() {
        try {
            execute("rollback");
        } catch (SQLException e) {
            // After a full disk or an I/O error SQLite has done so itself and there is nothing left to roll back.
            log.debug("rolling back in {}: {}", file, e.getMessage());
        }
    }

    private static String remedy(SQLException e) {
        return switch (codeOf(e)) {
            case SQLITE_FULL -> "the disk is full; free some space, nothing is lost as long as the journal stays";
            case SQLITE_BUSY -> "another process holds a lock on it; end that process's transaction";
            case SQLITE_READONLY -> "it may not be written; see to its owner and permissions";
            case SQLITE_CORRUPT, SQLITE_NOTADB -> damage(e);
            default -> e.getMessage() + "; the journal keeps what is not in it";
        };
    }

    static StorageException unreadable(Path file, SQLException e) {
        return new StorageException(
                switch (codeOf(e)) {
                    case SQLITE_BUSY -> file + " is locked by another process; end it and start again";
                    case SQLITE_CANTOPEN, SQLITE_READONLY, SQLITE_PERM ->
                        "cannot open " + file + " (" + e.getMessage() + "); see to its owner and permissions";
                    case SQLITE_FULL -> "cannot open " + file + ": the disk is full; free some space";
                    case SQLITE_IOERR -> "cannot read " + file + " (" + e.getMessage() + "); check the disk";
                    default -> file + ": " + damage(e);
                },
                e);
    }

    private static String damage(SQLException e) {
        return "it is damaged (" + e.getMessage()
                + "); run holdfast repair, or restore the data directory from a backup";
    }

    /** The primary code, whose extensions say more than a remedy needs. */
    private static SQLiteErrorCode codeOf(SQLException e) {
        if (e instanceof SQLDataException) {
            return SQLiteErrorCode.SQLITE_CORRUPT; // ours: rows that do not fit together
        }
        return e instanceof SQLiteException sqlite
                ? SQLiteErrorCode.getErrorCode(sqlite.getResultCode().code & 0xff)
                : SQLiteErrorCode.SQLITE_ERROR;
    }
}
