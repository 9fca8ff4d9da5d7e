package io.holdfast.engine.store;

import io.holdfast.engine.value.EncodingLimits;
import io.holdfast.engine.value.Value;
import io.holdfast.engine.value.ValueType;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * Reads every key and its value once, in the order of their ids, and checks each row: on a thread of its own, {@code recovery},
 * a few batches ahead of who puts them into memory, who has to hash and to insert meanwhile.
 *
 * <pre>
 *   keyspace     ─┐
 *   string_value ─┼─ rows, in step ─► values ─► batch batch ─► {@link #next} (another thread)
 *   hash_field … ─┘
 * </pre>
 */
final class KeyReader implements AutoCloseable {
    private static final int KEYS_A_BATCH = 1_000;
    private static final long BYTES_A_BATCH = 1 << 20;
    private static final int BATCHES_AHEAD = 4;

    /**
     * A key, and what it holds.
     *
     * @param value null where it is not wanted in memory
     * @param size elements it has, or bytes of a string
     * @param bytes an estimate of the heap it would take
     */
    record Stored(KeyTable.Row row, @Nullable Value value, long size, long bytes) {}

    /** @param keys empty at the end
     * @param failure why the end came early; null when it did not */
    private record Batch(List<Stored> keys, @Nullable Throwable failure) {}

    private final Connection connection;
    private final Tables tables;
    private final EncodingLimits limits;
    private final long bytesMax;
    private final BlockingQueue<Batch> batches = new ArrayBlockingQueue<>(BATCHES_AHEAD);
    private final Thread thread = new Thread(this::readAll, "recovery");

    /**
     * Begins to read, in the transaction that the connection is in. Nobody else may use the connection until {@link #close}.
     *
     * @param bytesMax values that would take more than so much memory are checked and let go of
     */
    KeyReader(Connection connection, Tables tables, EncodingLimits limits, long bytesMax) {
        this.connection = connection;
        this.tables = tables;
        this.limits = limits;
        this.bytesMax = bytesMax;
        thread.setDaemon(true);
        thread.start();
    }

    /**
     * The next keys; empty when there are no more, and every row that was written has been seen.
     *
     * @throws SQLException when a row cannot be read, or is not what was written
     */
    List<Stored> next() throws SQLException {
        Batch batch;
        try {
            batch = batches.take();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StorageException("interrupted while storage was being read", e);
        }
        if (batch.failure() instanceof SQLException damage) {
            throw damage;
        }
        if (batch.failure() != null) {
            throw new IllegalStateException("storage could not be read", batch.failure());
        }
        return batch.keys();
    }

    /** Ends the reading, wherever it is. */
    @Override
    public void close() {
        thread.interrupt();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    // ---- the recovery thread

    private void readAll() {
        Throwable failure = null;
        try {
            read();
        } catch (InterruptedException e) {
            return; // nobody wants the rest
        } catch (Throwable e) {
            failure = e;
        }
        try {
            batches.put(new Batch(List.of(), failure));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void read() throws SQLException, InterruptedException {
        long bytes = 0;
        long count = 0;
        long checksums = 0;
        long batchBytes = 0;
        List<Stored> batch = new ArrayList<>(KEYS_A_BATCH);
        try (var all = new AllRows();
                Statement statement = connection.createStatement();
                ResultSet keys = statement.executeQuery(KeyTable.SELECT_ALL)) {
            while (keys.next()) {
                KeyTable.Row row = tables.keys.read(keys);
                count++;
                checksums += tables.keys.lastChecksum();
                Value value = tables.of(row.type()).read(row.id(), all.of(row.type()), limits);
                if (value.isEmpty()) {
                    throw Database.noRows(tables.of(row.type()), row.id());
                }
                value.markClean();
                long valueBytes = value.approximateBytes();
                bytes += valueBytes;
                batchBytes += valueBytes;
                batch.add(new Stored(row, bytes <= bytesMax ? value : null, value.size(), valueBytes));
                if (batch.size() == KEYS_A_BATCH || batchBytes >= BYTES_A_BATCH) {
                    batches.put(new Batch(batch, null));
                    batch = new ArrayList<>(KEYS_A_BATCH);
                    batchBytes = 0;
                }
            }
            all.requireEnd();
            SumTable.require(connection, KeyTable.NAME, count, checksums);
        }
        if (!batch.isEmpty()) {
            batches.put(new Batch(batch, null));
        }
    }

    /** The rows of all values, read in step with the keys. */
    private final class AllRows implements AutoCloseable {
        private final Map<ValueType, ValueRows> byType = new EnumMap<>(ValueType.class);

        ValueRows of(ValueType type) throws SQLException {
            ValueRows rows = byType.get(type);
            if (rows == null) {
                rows = ValueRows.all(connection, tables.of(type));
                byType.put(type, rows);
            }
            return rows;
        }

        /** @throws SQLException when rows are left that belong to no key */
        void requireEnd() throws SQLException {
            for (ValueType type : ValueType.values()) {
                of(type).requireEnd();
            }
        }

        @Override
        public void close() throws SQLException {
            for (ValueRows rows : byType.values()) {
                rows.close();
            }
        }
    }
}
