package io.holdfast.engine.store;

import io.holdfast.engine.keyspace.ValueLostException;
import io.holdfast.engine.keyspace.ValueSource;
import io.holdfast.engine.value.EncodingLimits;
import io.holdfast.engine.value.Value;
import io.holdfast.engine.value.ValueType;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/**
 * Reads values back from {@code storage.db}, each checked, over a connection and on a thread of its own, {@code load}: so a
 * load waits neither for a checkpoint that is being written nor lets the loop wait. Asked on the engine loop.
 */
public final class StoredValues implements ValueSource, AutoCloseable {
    private final Path file;
    private final Connection connection;
    private final Tables tables;
    private final Supplier<EncodingLimits> limits;
    private final Executor loop;
    private final ExecutorService thread = Executors.newSingleThreadExecutor(task -> {
        var made = new Thread(task, "load");
        made.setDaemon(true);
        return made;
    });

    private StoredValues(Path file, Connection connection, Supplier<EncodingLimits> limits, Executor loop)
            throws SQLException {
        this.file = file;
        this.connection = connection;
        this.tables = new Tables(connection);
        this.limits = limits;
        this.loop = loop;
    }

    /**
     * Opens what a {@link Database} has opened in the same directory.
     *
     * @param limits decide the encodings of the values, when they are read
     * @param loop runs tasks on the engine loop, behind what is queued there already
     * @throws StorageException when the file is out of reach
     */
    public static StoredValues open(Path directory, Supplier<EncodingLimits> limits, Executor loop) {
        Path file = directory.resolve(Database.FILE_NAME);
        try {
            Connection connection = Database.connect(file);
            try (Statement statement = connection.createStatement()) {
                statement.execute("pragma query_only = on");
                statement.execute("pragma trusted_schema = off");
                statement.execute("pragma cell_size_check = on");
                return new StoredValues(file, connection, limits, loop);
            } catch (SQLException e) {
                connection.close();
                throw e;
            }
        } catch (SQLException e) {
            throw Database.unreadable(file, e);
        }
    }

    @Override
    public CompletableFuture<Value> read(long id, ValueType type) {
        EncodingLimits now = limits.get();
        return CompletableFuture.supplyAsync(() -> readNow(id, type, now), thread);
    }

    private Value readNow(long id, ValueType type, EncodingLimits now) {
        ValueTable table = tables.of(type);
        try (ValueRows rows = ValueRows.of(id, connection, table)) {
            Value value = table.read(id, rows, now);
            if (value.isEmpty()) {
                throw Database.noRows(table, id);
            }
            value.markClean();
            return value;
        } catch (SQLException e) {
            StorageException why = Database.unreadable(file, e);
            throw new ValueLostException(String.valueOf(why.getMessage()), why);
        }
    }

    @Override
    public void onLoop(Runnable task) {
        loop.execute(task);
    }

    @Override
    public void close() {
        thread.shutdown();
        try {
            connection.close();
        } catch (SQLException e) {
            throw new StorageException("cannot close " + file + ": " + e.getMessage(), e);
        }
    }
}
