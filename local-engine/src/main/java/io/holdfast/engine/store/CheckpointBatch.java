package io.holdfast.engine.store;

import io.holdfast.engine.keyspace.Changes;
import io.holdfast.engine.keyspace.KeyRecord;
import io.holdfast.engine.value.RowSink;
import io.holdfast.engine.value.StreamEntry;
import io.holdfast.engine.value.StreamId;
import io.holdfast.engine.value.ValueType;
import io.holdfast.resp.Bytes;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The rows of one checkpoint, as they were at its cut. Collected on the engine loop, which copies no content: everything
 * in here is immutable. Once whole it is handed to the checkpoint thread, and nobody adds to it any more.
 *
 * <pre>
 *   KEY a (hash)  FIELD f v  FIELD_GONE g  KEY b (list)  CLEAR  ITEM 0 x  ITEM 1 y …      in this order
 * </pre>
 */
public final class CheckpointBatch implements Changes.Sink {
    private static final int CHUNK_ROWS = 4096;

    private enum Kind {
        GONE,
        KEY,
        CLEAR,
        STRING,
        FIELD,
        FIELD_GONE,
        MEMBER,
        MEMBER_GONE,
        SCORED,
        SCORED_GONE,
        ITEM,
        ITEMS_GONE,
        STREAM_ROW
    }

    /**
     * A key.
     *
     * @param storedAs the type of the rows that storage may have of it, null when there are none
     * @param inPlace storage has it, in the same database
     */
    private record Key(KeyTable.Row row, @Nullable ValueType storedAs, boolean inPlace) {}

    /** Columns instead of an object a row; chunks, so that growing copies nothing. */
    private static final class Chunk {
        final Kind[] kinds = new Kind[CHUNK_ROWS];
        final @Nullable Object[] subjects = new Object[CHUNK_ROWS];
        final @Nullable Bytes[] values = new Bytes[CHUNK_ROWS];
        final long[] numbers = new long[CHUNK_ROWS];
        int rows;

        Object subject(int row) {
            return Objects.requireNonNull(subjects[row]);
        }

        Bytes element(int row) {
            return (Bytes) subject(row);
        }

        Bytes value(int row) {
            return Objects.requireNonNull(values[row]);
        }
    }

    /** A row of one of the tables of streams; immutable. */
    @FunctionalInterface
    private interface StreamRow {
        void writeTo(StreamTable streams, long keyId) throws SQLException;
    }

    private final List<Chunk> chunks = new ArrayList<>();
    private final RowSink elements = new Elements();
    private @Nullable List<Bytes> libraries;
    private long rows;

    /** What there is to write: rows to put and to remove. */
    public long rows() {
        return rows;
    }

    @Override
    public void gone(long id, ValueType storedAs) {
        add(Kind.GONE, storedAs, null, id);
    }

    @Override
    public void libraries(List<Bytes> codes) {
        libraries = codes;
        rows += codes.size() + 1L;
    }

    @Override
    public RowSink key(KeyRecord record) {
        var row = new KeyTable.Row(record.id(), record.db(), record.key(), record.type(), record.expiresAtMs());
        add(Kind.KEY, new Key(row, record.storedAs(), record.isStoredInPlace()), null, 0);
        return elements;
    }

    private void add(Kind kind, @Nullable Object subject, @Nullable Bytes value, long number) {
        Chunk chunk = chunks.isEmpty() ? null : chunks.get(chunks.size() - 1);
        if (chunk == null || chunk.rows == CHUNK_ROWS) {
            chunk = new Chunk();
            chunks.add(chunk);
        }
        int row = chunk.rows++;
        chunk.kinds[row] = kind;
        chunk.subjects[row] = subject;
        chunk.values[row] = value;
        chunk.numbers[row] = number;
        rows++;
    }

    /** Puts every row where it belongs. Doing it twice is as good as once. */
    void writeTo(Tables tables) throws SQLException {
        if (libraries != null) {
            tables.libraries.replaceAll(libraries);
        }
        forEach(new KeyWriter(tables));
        tables.flush();
        forEach(new ElementWriter(tables));
        tables.flush();
    }

    private void forEach(Writer writer) throws SQLException {
        for (Chunk chunk : chunks) {
            for (int row = 0; row < chunk.rows; row++) {
                writer.write(chunk, row);
            }
        }
    }

    /** The rows of the value whose key came last. */
    private final class Elements implements RowSink {
        @Override
        public void clear() {
            add(Kind.CLEAR, null, null, 0);
        }

        @Override
        public void string(Bytes value) {
            add(Kind.STRING, null, value, 0);
        }

        @Override
        public void field(Bytes field, Bytes value) {
            add(Kind.FIELD, field, value, 0);
        }

        @Override
        public void fieldGone(Bytes field) {
            add(Kind.FIELD_GONE, field, null, 0);
        }

        @Override
        public void member(Bytes member) {
            add(Kind.MEMBER, member, null, 0);
        }

        @Override
        public void memberGone(Bytes member) {
            add(Kind.MEMBER_GONE, member, null, 0);
        }

        @Override
        public void scored(Bytes member, double score) {
            add(Kind.SCORED, member, null, Double.doubleToRawLongBits(score));
        }

        @Override
        public void scoredGone(Bytes member) {
            add(Kind.SCORED_GONE, member, null, 0);
        }

        @Override
        public void item(long position, Bytes value) {
            add(Kind.ITEM, null, value, position);
        }

        @Override
        public void itemsGone(long from, long to) {
            add(Kind.ITEMS_GONE, to, null, from);
        }

        @Override
        public void stream(StreamId lastId, StreamId maxDeletedId, long entriesAdded) {
            addRow((streams, id) -> streams.put(id, lastId, maxDeletedId, entriesAdded));
        }

        @Override
        public void entry(StreamEntry entry) {
            addRow((streams, id) -> streams.entries.put(id, entry));
        }

        @Override
        public void entriesGone(StreamId from, StreamId to) {
            addRow((streams, id) -> streams.entries.remove(id, from, to));
        }

        @Override
        public void group(int group, Bytes name, StreamId lastDelivered, long entriesRead) {
            addRow((streams, id) -> streams.groups.put(id, group, name, lastDelivered, entriesRead));
        }

        @Override
        public void groupGone(int group) {
            addRow((streams, id) -> streams.removeGroup(id, group));
        }

        @Override
        public void consumer(int group, int consumer, Bytes name, long seenMs, long activeMs) {
            addRow((streams, id) -> streams.consumers.put(id, group, consumer, name, seenMs, activeMs));
        }

        @Override
        public void consumerGone(int group, int consumer) {
            addRow((streams, id) -> streams.consumers.remove(id, group, consumer));
        }

        @Override
        public void pending(int group, StreamId entry, int consumer, long deliveredMs, long deliveries) {
            addRow((streams, id) -> streams.pending.put(id, group, entry, consumer, deliveredMs, deliveries));
        }

        @Override
        public void pendingGone(int group, StreamId entry) {
            addRow((streams, id) -> streams.pending.remove(id, group, entry));
        }

        private void addRow(StreamRow row) {
            add(Kind.STREAM_ROW, row, null, 0);
        }
    }

    private interface Writer {
        void write(Chunk chunk, int row) throws SQLException;
    }

    /**
     * Keys, and the removal of whole values: before any element comes. Those that are gone come first in a batch and are
     * flushed before the first key, which may have the name of one of them.
     */
    private static final class KeyWriter implements Writer {
        private final Tables tables;
        private boolean goneAreOut;
        private @Nullable Key key;

        KeyWriter(Tables tables) {
            this.tables = tables;
        }

        @Override
        public void write(Chunk chunk, int row) throws SQLException {
            Kind kind = chunk.kinds[row];
            if (kind == Kind.GONE) {
                tables.of((ValueType) chunk.subject(row)).clear(chunk.numbers[row]);
                tables.keys.remove(chunk.numbers[row]);
            } else if (kind == Kind.KEY) {
                put((Key) chunk.subject(row));
            } else if (kind == Kind.CLEAR && key != null) {
                clear(key);
            }
        }

        private void clear(Key of) throws SQLException {
            ValueType storedAs = of.storedAs();
            boolean isOverwritten = storedAs == ValueType.STRING && of.row().type() == ValueType.STRING;
            if (storedAs != null && !isOverwritten) {
                tables.of(storedAs).clear(of.row().id());
            }
        }

        private void put(Key next) throws SQLException {
            key = next;
            if (!goneAreOut) {
                tables.flush();
                goneAreOut = true;
            }
            if (next.inPlace()) {
                tables.keys.update(next.row());
            } else {
                tables.keys.put(next.row());
            }
        }
    }

    /** The elements; no two rows of a batch are the same element, so they may reach their tables in any order. */
    private static final class ElementWriter implements Writer {
        private final Tables tables;
        private long id;

        ElementWriter(Tables tables) {
            this.tables = tables;
        }

        @Override
        public void write(Chunk chunk, int row) throws SQLException {
            long number = chunk.numbers[row];
            switch (chunk.kinds[row]) {
                case GONE, CLEAR -> {}
                case KEY -> id = ((Key) chunk.subject(row)).row().id();
                case STRING -> tables.strings.put(id, chunk.value(row));
                case FIELD -> tables.hashes.put(id, chunk.element(row), chunk.value(row));
                case FIELD_GONE -> tables.hashes.remove(id, chunk.element(row));
                case MEMBER -> tables.sets.add(id, chunk.element(row));
                case MEMBER_GONE -> tables.sets.remove(id, chunk.element(row));
                case SCORED -> tables.sortedSets.put(id, chunk.element(row), Double.longBitsToDouble(number));
                case SCORED_GONE -> tables.sortedSets.remove(id, chunk.element(row));
                case ITEM -> tables.lists.put(id, number, chunk.value(row));
                case ITEMS_GONE -> tables.lists.remove(id, number, (Long) chunk.subject(row));
                case STREAM_ROW -> ((StreamRow) chunk.subject(row)).writeTo(tables.streams, id);
            }
        }
    }
}
