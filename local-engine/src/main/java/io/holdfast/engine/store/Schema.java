package io.holdfast.engine.store;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLDataException;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What {@code storage.db} looks like. Its header names us (application_id) and the version of its tables (user_version),
 * so that neither a stranger's file nor that of a newer Holdfast is written to.
 *
 * <pre>
 *   keyspace ──┬─ string_value        one row a key
 *     id       ├─ hash_field          one row a field
 *              ├─ set_member          one row a member
 *              ├─ sorted_set_member   one row a member
 *              ├─ list_item           one row an element
 *              └─ stream_value        one row a stream
 *                   ├─ stream_entry      one row an entry
 *                   └─ stream_group ─┬─ stream_consumer   one row a consumer
 *                                    └─ stream_pending    one row an entry that was delivered and not acknowledged
 *   meta       journal_sequence, last_id, checkpoints
 *   function_library    the code of each library of functions
 *   row_sum    of each table: its rows, and the sum of their checksums
 *   strings, hashes, sets, sorted_sets, lists, streams, stream_groups, pending_entries    the same as text, for people
 * </pre>
 *
 * <p>Keys and values are blobs, as Redis's strings are bytes: {@code select cast(key as text) from keyspace}.
 */
final class Schema {
    /** "HOLD" in ASCII. */
    static final int APPLICATION_ID = 0x484f4c44;

    static final int VERSION = 4;

    private static final List<String> CREATE = List.of(
            KeyTable.CREATE,
            StringTable.CREATE,
            HashTable.CREATE,
            SetTable.CREATE,
            SortedSetTable.CREATE,
            ListTable.CREATE,
            MetaTable.CREATE,
            StringTable.VIEW,
            HashTable.VIEW,
            SetTable.VIEW,
            SortedSetTable.VIEW,
            ListTable.VIEW,
            StreamTable.CREATE,
            StreamEntryTable.CREATE,
            StreamGroupTable.CREATE,
            StreamConsumerTable.CREATE,
            StreamPendingTable.CREATE,
            StreamEntryTable.VIEW,
            StreamGroupTable.VIEW,
            StreamPendingTable.VIEW,
            LibraryTable.CREATE,
            SumTable.CREATE,
            "pragma application_id = " + APPLICATION_ID,
            "pragma user_version = " + VERSION);

    private Schema() {}

    /**
     * Makes the tables in a new file, or sees to it that they are ours; nothing is written before that is sure.
     *
     * @throws StorageException when the file is not ours or newer than we are
     */
    static void prepare(Connection connection, Path file) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            boolean isNew = isNew(statement);
            if (!isNew) {
                requireOurs(statement, file);
                requireIntact(statement);
            } else {
                statement.execute("pragma auto_vacuum = incremental"); // while it is empty
            }
            setUp(statement, file);
            if (isNew) {
                create(statement);
            }
        }
    }

    private static boolean isNew(Statement statement) throws SQLException {
        return number(statement, "pragma application_id") == 0
                && number(statement, "pragma user_version") == 0
                && number(statement, "select count(*) from sqlite_schema") == 0;
    }

    private static void requireOurs(Statement statement, Path file) throws SQLException {
        if (number(statement, "pragma application_id") != APPLICATION_ID) {
            throw new StorageException(file + " was not made by Holdfast and is left alone;"
                    + " move it away or choose another data directory");
        }
        long version = number(statement, "pragma user_version");
        if (version < VERSION) {
            throw new StorageException(file + " was written by a Holdfast before its first release (tables of version "
                    + version + "); choose another data directory");
        }
        if (version > VERSION) {
            throw new StorageException(file + " was written by a newer Holdfast (tables of version " + version
                    + ", this one knows " + VERSION + "); start that one, or restore a backup made before the upgrade");
        }
    }

    /** Damage to the text of a table or trigger could change what statements do, and be noticed nowhere else. */
    private static void requireIntact(Statement statement) throws SQLException {
        Set<String> found = new HashSet<>();
        try (ResultSet rows = statement.executeQuery("select sql from sqlite_schema where sql is not null")) {
            while (rows.next()) {
                found.add(withoutFirstWords(rows.getString(1)));
            }
        }
        for (String sql : creating()) {
            if (sql.startsWith("create") && !found.contains(withoutFirstWords(sql))) {
                throw new SQLDataException("its schema is not as it was made: "
                        + sql.lines().findFirst().orElse(""));
            }
        }
    }

    /** SQLite writes CREATE TABLE in capitals and keeps the rest. */
    static String withoutFirstWords(String sql) {
        return sql.strip().split("\\s+", 3)[2];
    }

    private static List<String> creating() {
        List<String> all = new ArrayList<>(CREATE);
        for (String table : Tables.NAMES) {
            all.addAll(SumTable.count(table));
        }
        return all;
    }

    private static void setUp(Statement statement, Path file) throws SQLException {
        String mode = text(statement, "pragma journal_mode = wal");
        if (!mode.equals("wal")) {
            throw new StorageException(
                    file + " cannot use a write-ahead log (SQLite says " + mode + "); use a local file system");
        }
        statement.execute("pragma synchronous = full"); // journal segments go once a checkpoint covers them
        statement.execute("pragma trusted_schema = off");
        statement.execute("pragma cell_size_check = on");
        statement.execute("pragma cache_size = -16384"); // kB; the default is too small for a big checkpoint
        statement.execute("pragma journal_size_limit = 67108864"); // the log of one big checkpoint does not stay
    }

    /** In one transaction, so that a crash leaves a new file or a whole one. */
    private static void create(Statement statement) throws SQLException {
        statement.execute("begin immediate");
        for (String sql : creating()) {
            statement.execute(sql);
        }
        statement.execute("commit");
    }

    private static long number(Statement statement, String sql) throws SQLException {
        try (ResultSet rows = statement.executeQuery(sql)) {
            return rows.next() ? rows.getLong(1) : 0;
        }
    }

    private static String text(Statement statement, String sql) throws SQLException {
        try (ResultSet rows = statement.executeQuery(sql)) {
            return rows.next() ? rows.getString(1) : "nothing";
        }
    }
}
