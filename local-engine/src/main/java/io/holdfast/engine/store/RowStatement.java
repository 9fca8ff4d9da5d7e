package io.holdfast.engine.store;

import io.holdfast.resp.Bytes;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;

/**
 * A statement that changes rows, many at a time: row by row the driver takes four times as long. So rows of different
 * statements reach the tables in any order; where order matters, {@link #flush} what has to come first.
 */
final class RowStatement {
    private static final int ROWS_A_BATCH = 512;

    private final PreparedStatement statement;
    private int rows;

    RowStatement(Connection connection, String sql) throws SQLException {
        statement = connection.prepareStatement(sql);
    }

    RowStatement set(int parameter, long value) throws SQLException {
        statement.setLong(parameter, value);
        return this;
    }

    RowStatement set(int parameter, double value) throws SQLException {
        statement.setDouble(parameter, value);
        return this;
    }

    RowStatement set(int parameter, String value) throws SQLException {
        statement.setString(parameter, value);
        return this;
    }

    RowStatement set(int parameter, Bytes value) throws SQLException {
        statement.setBytes(parameter, value.array());
        return this;
    }

    RowStatement setNull(int parameter) throws SQLException {
        statement.setNull(parameter, Types.NULL);
        return this;
    }

    /** Runs the statement with the parameters set, now or a little later. */
    void add() throws SQLException {
        statement.addBatch();
        if (++rows == ROWS_A_BATCH) {
            flush();
        }
    }

    void flush() throws SQLException {
        if (rows > 0) {
            rows = 0;
            statement.executeBatch();
        }
    }

    /** Forgets rows that were added and not yet run. */
    void discard() throws SQLException {
        rows = 0;
        statement.clearBatch();
    }
}
