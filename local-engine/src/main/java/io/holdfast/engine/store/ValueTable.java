package io.holdfast.engine.store;

import io.holdfast.engine.value.EncodingLimits;
import io.holdfast.engine.value.Value;
import java.sql.SQLException;
import java.util.List;
import java.util.SplittableRandom;

/**
 * One of the tables that hold values, an element a row. On the thread of its connection.
 */
interface ValueTable {
    /** The table's name in SQL. */
    String name();

    /** Removes all rows of the key. Rows that are to come after it wait for {@link Tables#flush}. */
    void clear(long keyId) throws SQLException;

    /** Whatever changes the table. */
    List<RowStatement> statements();

    /** The columns that {@link #read} wants, behind the key's id and before the checksum. */
    String columns();

    /** The order in which {@link #read} wants the rows of one key; empty where it does not matter. */
    default String order() {
        return "";
    }

    /**
     * Builds the value of one key from the rows that stand next, and checks each.
     *
     * @param limits decide the encoding of what is built
     * @param levels draws the heights of skip lists
     * @throws SQLException also when the rows do not make a value
     */
    Value read(long keyId, ValueRows rows, EncodingLimits limits, SplittableRandom levels) throws SQLException;
}
