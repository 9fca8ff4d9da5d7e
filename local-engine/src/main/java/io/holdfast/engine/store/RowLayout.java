package io.holdfast.engine.store;

/** How the rows of a table with checksums are read, by those who need not know what they mean. */
interface RowLayout {
    /** The table's name in SQL. */
    String name();

    /** The columns between the key's id and the checksum, in the order in which the checksum takes them. */
    String columns();

    /** The order in which the rows of one key are wanted; empty where it does not matter. */
    default String order() {
        return "";
    }
}
