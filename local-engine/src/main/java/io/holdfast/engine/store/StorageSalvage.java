package io.holdfast.engine.store;

import io.holdfast.engine.value.StreamId;
import io.holdfast.engine.value.ValueType;
import io.holdfast.resp.Bytes;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLDataException;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Copies every row of a damaged {@code storage.db} that can be read and matches its checksum into a new one, and says which
 * keys are lost or incomplete. For one thread; nobody else may have either file open.
 *
 * <pre>
 *   from the front ──► row row row ✗ ? ? ? ✗ row row ◄── from the back
 *                                  └─ keys in between are incomplete or gone
 * </pre>
 */
public final class StorageSalvage {
    /** Keys after a lost {@code last_id} begin here behind the greatest id found, so that none is given twice. */
    private static final long IDS_SKIPPED = 1_000_000;

    private static final long UNKNOWN = -1;

    /** Takes along what nothing is left of that it belongs to. */
    private static final List<String> DEPENDENT = List.of(
            "delete from stream_entry where key_id not in (select key_id from stream_value)",
            "delete from stream_group where key_id not in (select key_id from stream_value)",
            """
            delete from stream_consumer where not exists (
                select 1 from stream_group g
                where g.key_id = stream_consumer.key_id and g.group_no = stream_consumer.group_no)
            """,
            """
            delete from stream_pending where not exists (
                select 1 from stream_consumer c
                where c.key_id = stream_pending.key_id and c.group_no = stream_pending.group_no
                    and c.consumer_no = stream_pending.consumer_no)
            """);

    private final Connection from;
    private final Connection to;
    private final Tables tables;
    private final Map<Long, KeyTable.Row> keys = new HashMap<>();
    private final Set<Long> withRows = new HashSet<>();
    private final Set<Long> incomplete = new HashSet<>();
    private final List<String> lost = new ArrayList<>();

    /**
     * What became of it.
     *
     * @param keys that were kept, incomplete ones included
     * @param sequence the newest journal entry that the tables include; −1 when that could not be read
     * @param lost a line for whatever was not kept; empty when nothing was lost
     */
    public record Result(long keys, long sequence, List<String> lost) {}

    private StorageSalvage(Connection from, Connection to) throws SQLException {
        this.from = from;
        this.to = to;
        this.tables = new Tables(to);
    }

    /**
     * Salvages the {@code storage.db} in one directory into a new one in another.
     *
     * @param sequenceOtherwise what the new tables say they include where the old ones do not tell any more
     * @throws StorageException when the new one cannot be written
     */
    public static Result salvage(Path damaged, Path into, long sequenceOtherwise) {
        Path file = into.resolve(Database.FILE_NAME);
        Database.open(into).close(); // makes it
        try (Connection to = Database.connect(file)) {
            try (Connection from = Database.connect(damaged.resolve(Database.FILE_NAME))) {
                return new StorageSalvage(from, to).run(sequenceOtherwise);
            }
        } catch (SQLException e) {
            throw Database.unreadable(file, e);
        }
    }

    private Result run(long sequenceOtherwise) throws SQLException {
        execute(to, "begin immediate");
        copyKeys();
        for (ValueType type : ValueType.values()) {
            copyRows(type);
        }
        completeStreams();
        removeKeysWithoutRows();
        tables.flush();
        copyLibraries();
        long sequence = meta(MetaTable.JOURNAL_SEQUENCE);
        long lastId = meta(MetaTable.LAST_ID);
        long greatest = keys.keySet().stream().mapToLong(Long::longValue).max().orElse(0);
        tables.meta.put(MetaTable.JOURNAL_SEQUENCE, sequence == UNKNOWN ? sequenceOtherwise : sequence);
        tables.meta.put(MetaTable.LAST_ID, lastId == UNKNOWN ? greatest + IDS_SKIPPED : Math.max(lastId, greatest));
        tables.meta.put(MetaTable.CHECKPOINTS, 1);
        execute(to, "commit");
        return new Result(keys.size(), sequence, List.copyOf(lost));
    }

    private long meta(String name) {
        try {
            return new MetaTable(from).get(name);
        } catch (SQLException e) {
            lost.add("storage.db does not say any more what its " + name + " is");
            return UNKNOWN;
        }
    }

    // ---- keys

    private void copyKeys() throws SQLException {
        Set<List<Object>> names = new HashSet<>();
        var scan = new Scan(KeyTable.NAME, KeyTable.COLUMNS, "id") {
            @Override
            void row(ResultSet row) throws SQLException {
                KeyTable.Row key = tables.keys.read(row);
                if (keys.containsKey(key.id())) {
                    return; // from the other end
                }
                if (!names.add(List.of(key.db(), key.key()))) {
                    throw new SQLDataException("its name is there twice");
                }
                keys.put(key.id(), key);
            }
        };
        scan.run();
        for (KeyTable.Row key : keys.values()) {
            tables.keys.put(key);
        }
        for (long id : scan.bad) {
            lost.add("the key with id " + id + ": its row does not match its checksum, not even its name is known");
        }
        scan.reportMissing();
    }

    private void removeKeysWithoutRows() throws SQLException {
        for (KeyTable.Row key : List.copyOf(keys.values())) {
            if (!withRows.contains(key.id())) {
                keys.remove(key.id());
                tables.keys.remove(key.id());
                lost.add(name(key) + ": the whole value");
            } else if (incomplete.contains(key.id())) {
                lost.add(name(key) + ": some of its elements");
            }
        }
    }

    private static String name(KeyTable.Row key) {
        return "the " + key.type().redisName() + " " + key.key() + " of database " + key.db();
    }

    // ---- values

    private void copyRows(ValueType type) throws SQLException {
        ValueTable table = tables.of(type);
        copyRows(type, table, withRows);
        Set<Long> withParts = new HashSet<>();
        for (RowLayout part : table.parts()) {
            copyRows(type, part, withParts);
        }
    }

    private void copyRows(ValueType type, RowLayout table, Set<Long> kept) throws SQLException {
        String columns = "key_id, " + table.columns() + ", crc";
        int count = columns.split(",").length;
        String marks = "?" + ", ?".repeat(count - 1);
        var checksum = new RowChecksum();
        try (PreparedStatement put = to.prepareStatement(
                "insert or ignore into " + table.name() + " (" + columns + ") values (" + marks + ")")) {
            var scan =
                    new Scan(table.name(), columns, table.order().isEmpty() ? "key_id" : "key_id, " + table.order()) {
                        private long listId;
                        private long position;

                        @Override
                        void row(ResultSet row) throws SQLException {
                            long id = row.getLong(1);
                            KeyTable.Row key = keys.get(id);
                            checksum.of(id);
                            for (int i = 2; i < count; i++) {
                                add(checksum, row.getObject(i));
                            }
                            if (checksum.value() != row.getLong(count)) {
                                throw new SQLDataException("a row does not match its checksum");
                            }
                            if (key == null || key.type() != type) {
                                return; // of a key that is lost, and named there
                            }
                            put.setLong(1, id);
                            for (int i = 2; i <= count; i++) {
                                put.setObject(i, row.getObject(i));
                            }
                            if (type == ValueType.LIST) {
                                closeGap(row, id);
                            }
                            write(put);
                            kept.add(id);
                        }

                        /** A list's positions are without gaps: what follows a lost element moves up. */
                        private void closeGap(ResultSet row, long id) throws SQLException {
                            position = id == listId ? position + 1 : row.getLong(2);
                            listId = id;
                            if (position != row.getLong(2)) {
                                incomplete.add(id);
                                Bytes value = Bytes.wrap(row.getBytes(3));
                                put.setLong(2, position);
                                put.setLong(
                                        4,
                                        checksum.of(id).and(position).and(value).value());
                            }
                        }
                    };
            // Both ends of a list cannot be joined: what follows the damage is given up, and said so.
            scan.isForwardOnly = type == ValueType.LIST;
            scan.run();
            incomplete.addAll(scan.bad);
            incomplete.addAll(scan.suspect(type));
            scan.reportMissing();
        }
    }

    /** Each is whole or lost; those that are left close up. */
    private void copyLibraries() throws SQLException {
        Map<Long, Bytes> codes = new TreeMap<>();
        var scan = new Scan(LibraryTable.NAME, LibraryTable.COLUMNS, "place") {
            @Override
            void row(ResultSet row) throws SQLException {
                codes.put(row.getLong(1), tables.libraries.read(row));
            }
        };
        scan.run();
        tables.libraries.replaceAll(List.copyOf(codes.values()));
        for (long place : scan.bad) {
            lost.add("the library of functions number " + (place + 1) + ": it does not match its checksum");
        }
        scan.reportMissing();
    }

    /** Of a stream whose own row is lost its last id is at least that of its entries and groups. */
    private void completeStreams() throws SQLException {
        for (KeyTable.Row key : keys.values()) {
            if (key.type() == ValueType.STREAM && !withRows.contains(key.id())) {
                StreamId last = StreamId.ZERO;
                long entries = 0;
                try (PreparedStatement ids = to.prepareStatement("""
                        select ms, seq, 1 from stream_entry where key_id = ?1 union all
                        select last_ms, last_seq, 0 from stream_group where key_id = ?1
                        """)) {
                    ids.setLong(1, key.id());
                    try (ResultSet rows = ids.executeQuery()) {
                        while (rows.next()) {
                            var id = new StreamId(rows.getLong(1), rows.getLong(2));
                            last = id.compareTo(last) > 0 ? id : last;
                            entries += rows.getLong(3);
                        }
                    }
                }
                if (entries > 0) {
                    tables.streams.put(key.id(), last, StreamId.ZERO, entries);
                    withRows.add(key.id());
                    incomplete.add(key.id());
                }
            }
        }
        tables.flush();
        for (String dependent : DEPENDENT) {
            execute(to, dependent);
        }
    }

    /** What cannot be written is no damage of what is read. */
    private static void write(PreparedStatement put) {
        try {
            put.executeUpdate();
        } catch (SQLException e) {
            throw new StorageException("cannot write what was salvaged: " + e.getMessage(), e);
        }
    }

    private static void add(RowChecksum checksum, @Nullable Object column) throws SQLException {
        if (column instanceof byte[] blob) {
            checksum.and(Bytes.wrap(blob));
        } else if (column instanceof Double real) {
            checksum.and(real.doubleValue());
        } else if (column instanceof Number number) {
            checksum.and(number.longValue());
        } else {
            throw new SQLDataException("a column is of no known type");
        }
    }

    /** Goes through one table from both ends, as far as it can be read. */
    private abstract class Scan {
        private final String table;
        private final String columns;
        private final String order;
        final Set<Long> bad = new HashSet<>();
        boolean isBackward;
        boolean isForwardOnly;
        private long good;
        private long stoppedAt = Long.MAX_VALUE; // from the front
        private long stoppedAgainAt = Long.MAX_VALUE; // from the back
        private @Nullable String stop;

        Scan(String table, String columns, String order) {
            this.table = table;
            this.columns = columns;
            this.order = order;
        }

        /** Takes one row. @throws SQLDataException when it is not as it was written */
        abstract void row(ResultSet row) throws SQLException;

        void run() throws SQLException {
            stoppedAt = go("");
            if (stop != null && !isForwardOnly) {
                isBackward = true;
                stoppedAgainAt = go(" desc");
            }
        }

        /** Returns the id at which reading ended; when it ended early, {@link #stop} says why. */
        private long go(String direction) {
            long id = isBackward ? Long.MAX_VALUE : 0;
            try (Statement statement = from.createStatement();
                    ResultSet rows = statement.executeQuery("select " + columns + " from " + table + " order by "
                            + order.replace(",", direction + ",") + direction)) {
                while (rows.next()) {
                    id = rows.getLong(1);
                    if (isBackward && id <= stoppedAt) {
                        return id; // what the way from the front has read
                    }
                    take(rows, id);
                }
                return isBackward ? stoppedAt : Long.MAX_VALUE;
            } catch (SQLException e) {
                stop = e.getMessage();
                return id;
            }
        }

        private void take(ResultSet rows, long id) throws SQLException {
            try {
                row(rows);
                good++;
            } catch (SQLDataException notAsWritten) {
                bad.add(id);
            }
        }

        /** Keys of which rows may be missing: where reading stopped, and in between. */
        List<Long> suspect(ValueType type) {
            if (stop == null) {
                return List.of();
            }
            return keys.values().stream()
                    .filter(key -> key.id() >= stoppedAt && key.id() <= stoppedAgainAt)
                    .filter(key -> key.type() == type)
                    .map(KeyTable.Row::id)
                    .toList();
        }

        void reportMissing() {
            long written = UNKNOWN;
            try (PreparedStatement get = from.prepareStatement("select rows from row_sum where name = ?")) {
                get.setString(1, table);
                try (ResultSet sum = get.executeQuery()) {
                    written = sum.next() ? sum.getLong(1) : UNKNOWN;
                }
            } catch (SQLException e) {
                lost.add(table + ": how many rows there were is not known (" + e.getMessage() + ")");
            }
            if (stop != null || (written != UNKNOWN && written != good)) {
                lost.add(table + ": " + good + " rows are readable of " + (written == UNKNOWN ? "?" : written)
                        + (stop == null ? "" : " (" + stop + ")"));
            }
        }
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
