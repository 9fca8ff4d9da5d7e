package io.holdfast.engine.store;

import io.holdfast.engine.value.EncodingLimits;
import io.holdfast.engine.value.Value;
import java.sql.SQLException;
import java.util.List;

/**
 * One of the tables that hold values, an element a row. On the thread of its connection.
 */
interface ValueTable extends RowLayout {
    /** Removes all rows of the key. Rows that are to come after it wait for {@link Tables#flush}. */
    void clear(long keyId) throws SQLException;

    /** Whatever changes the table. */
    List<RowStatement> statements();

    /** Further tables that hold parts of the same values; see {@link ValueRows#part}. */
    default List<RowLayout> parts() {
        return List.of();
    }

    /**
     * Builds the value of one key from the rows that stand next, and checks each.
     *
     * @param limits decide the encoding of what is built
     * @throws SQLException also when the rows do not make a value
     */
    Value read(long keyId, ValueRows rows, EncodingLimits limits) throws SQLException;
}
