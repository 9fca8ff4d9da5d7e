package io.holdfast.engine.store;

import io.holdfast.resp.Bytes;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLDataException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * Rows of one table of values, in the order of their keys: of one key, or all, read once from end to end in step with the
 * table of keys, so that loading takes one pass and no look-up.
 */
final class ValueRows implements AutoCloseable {
    private static final long END = Long.MAX_VALUE;

    private final Connection connection;
    private final RowLayout table;
    private final PreparedStatement statement;
    private final ResultSet rows;
    private final int checksumColumn;
    private final RowChecksum checksum = new RowChecksum();
    private final List<ValueRows> parts = new ArrayList<>();
    private long keyId = Long.MIN_VALUE;
    private long count;
    private long checksums;

    private ValueRows(Connection connection, RowLayout table, PreparedStatement statement) throws SQLException {
        this.connection = connection;
        this.table = table;
        this.statement = statement;
        rows = statement.executeQuery();
        checksumColumn = rows.getMetaData().getColumnCount();
        next();
    }

    /** Every row of the table, and of the tables of its parts. */
    static ValueRows all(Connection connection, ValueTable table) throws SQLException {
        ValueRows all = all(connection, (RowLayout) table);
        for (RowLayout part : table.parts()) {
            all.parts.add(all(connection, part));
        }
        return all;
    }

    private static ValueRows all(Connection connection, RowLayout table) throws SQLException {
        String order = table.order().isEmpty() ? "" : ", " + table.order();
        return new ValueRows(
                connection, table, connection.prepareStatement(select(table) + " order by key_id" + order));
    }

    /** The rows of one key, and of its parts. */
    static ValueRows of(long keyId, Connection connection, ValueTable table) throws SQLException {
        ValueRows of = of(keyId, connection, (RowLayout) table);
        for (RowLayout part : table.parts()) {
            of.parts.add(of(keyId, connection, part));
        }
        return of;
    }

    private static ValueRows of(long keyId, Connection connection, RowLayout table) throws SQLException {
        String order = table.order().isEmpty() ? "" : " order by " + table.order();
        PreparedStatement statement = connection.prepareStatement(select(table) + " where key_id = ?" + order);
        statement.setLong(1, keyId);
        return new ValueRows(connection, table, statement);
    }

    private static String select(RowLayout table) {
        return "select key_id, " + table.columns() + ", crc from " + table.name();
    }

    /** The rows of {@link ValueTable#parts}' table at {@code index}. */
    ValueRows part(int index) {
        return parts.get(index);
    }

    /** True when the row that stands next is one of this key's. */
    boolean belongTo(long id) throws SQLException {
        if (keyId < id) {
            throw new SQLDataException(
                    table.name() + " has rows of key " + keyId + ", which is not there or of another type");
        }
        return keyId == id;
    }

    /** Begins the checksum of the row that stands next. */
    RowChecksum checksum() {
        return checksum.of(keyId);
    }

    /**
     * Compares the row's checksum with what was made of its columns, and goes on to the next row.
     *
     * @param isNew false when another row of the key had the same name
     */
    void next(RowChecksum of, boolean isNew) throws SQLException {
        long written = rows.getLong(checksumColumn);
        if (of.value() != written || !isNew) {
            throw new SQLDataException("a row of key " + keyId + " in " + table.name()
                    + (isNew ? " does not match its checksum" : " is there twice"));
        }
        count++;
        checksums += written;
        next();
    }

    private void next() throws SQLException {
        long before = keyId;
        keyId = rows.next() ? rows.getLong(1) : END;
        if (keyId < before) {
            throw new SQLDataException("the rows of " + table.name() + " are out of order behind key " + before);
        }
    }

    /** @throws SQLException when rows are left that belong to no key, or some that were written are missing */
    void requireEnd() throws SQLException {
        belongTo(END);
        SumTable.require(connection, table.name(), count, checksums);
        for (ValueRows part : parts) {
            part.requireEnd();
        }
    }

    Bytes bytes(int column) throws SQLException {
        byte[] blob = rows.getBytes(column);
        if (blob == null) {
            throw new SQLDataException("there is a null in a row of key " + keyId + " in " + table.name());
        }
        return Bytes.wrap(blob);
    }

    long integer(int column) throws SQLException {
        return rows.getLong(column);
    }

    double real(int column) throws SQLException {
        return rows.getDouble(column);
    }

    @Override
    public void close() throws SQLException {
        statement.close();
        for (ValueRows part : parts) {
            part.close();
        }
    }
}
