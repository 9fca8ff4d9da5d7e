package io.holdfast.engine.store;

import io.holdfast.engine.value.EncodingLimits;
import io.holdfast.engine.value.Value;
import java.sql.SQLException;
import java.util.List;
import java.util.SplittableRandom;

/**
 * One of the tables that hold values, an element a row. On the checkpoint thread, and before that on whichever thread
 * loads; never on two at once.
 */
interface ValueTable {
    /** Removes all rows of the key. Rows that are to come after it wait for {@link Tables#flush}. */
    void clear(long keyId) throws SQLException;

    /** Whatever changes the table. */
    List<RowStatement> statements();

    /** Every row of the table: the key's id first, and in its order; then what {@link #read} wants, in the order it wants. */
    String selectAll();

    /** As {@link #selectAll}, of further tables that hold parts of the same values; see {@link ValueRows#part}. */
    default List<String> selectParts() {
        return List.of();
    }

    /**
     * Builds the value of one key from the rows that stand next.
     *
     * @param limits decide the encoding of what is built
     * @param levels draws the heights of skip lists
     * @throws SQLException also when the rows do not make a value
     */
    Value read(long keyId, ValueRows rows, EncodingLimits limits, SplittableRandom levels) throws SQLException;
}
