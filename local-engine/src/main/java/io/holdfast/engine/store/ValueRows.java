package io.holdfast.engine.store;

import io.holdfast.resp.Bytes;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLDataException;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * All rows of one table of values, in the order of their keys: read once from end to end, in step with the table of
 * keys, so that loading takes one pass and no look-up.
 */
final class ValueRows implements AutoCloseable {
    private static final long END = Long.MAX_VALUE;

    private final Statement statement;
    private final ResultSet rows;
    private final List<ValueRows> parts = new ArrayList<>();
    private long keyId;

    ValueRows(Connection connection, ValueTable table) throws SQLException {
        this(connection, table.selectAll());
        for (String select : table.selectParts()) {
            parts.add(new ValueRows(connection, select));
        }
    }

    private ValueRows(Connection connection, String selectAll) throws SQLException {
        statement = connection.createStatement();
        rows = statement.executeQuery(selectAll);
        next();
    }

    /** The rows of {@link ValueTable#selectParts}' select at {@code index}. */
    ValueRows part(int index) {
        return parts.get(index);
    }

    /** True when the row that stands next is one of this key's. */
    boolean belongTo(long id) throws SQLException {
        if (keyId < id) {
            throw new SQLDataException("there are rows of key " + keyId + ", which is not there or of another type");
        }
        return keyId == id;
    }

    void next() throws SQLException {
        keyId = rows.next() ? rows.getLong(1) : END;
    }

    /** @throws SQLException when rows are left that belong to no key */
    void requireEnd() throws SQLException {
        belongTo(END);
        for (ValueRows part : parts) {
            part.requireEnd();
        }
    }

    Bytes bytes(int column) throws SQLException {
        byte[] blob = rows.getBytes(column);
        if (blob == null) {
            throw new SQLDataException("there is a null in a row of key " + keyId);
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
