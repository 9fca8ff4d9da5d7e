package io.holdfast.engine.store;

import io.holdfast.engine.value.ValueType;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** All tables of one connection. On the thread of the connection. */
final class Tables {
    /** Every table whose rows have checksums. */
    static final List<String> NAMES = List.of(
            KeyTable.NAME,
            StringTable.NAME,
            HashTable.NAME,
            SetTable.NAME,
            SortedSetTable.NAME,
            ListTable.NAME,
            StreamTable.NAME,
            StreamEntryTable.NAME,
            StreamGroupTable.NAME,
            StreamConsumerTable.NAME,
            StreamPendingTable.NAME,
            LibraryTable.NAME);

    final KeyTable keys;
    final StringTable strings;
    final HashTable hashes;
    final SetTable sets;
    final SortedSetTable sortedSets;
    final ListTable lists;
    final StreamTable streams;
    final MetaTable meta;
    final LibraryTable libraries;
    private final List<RowStatement> statements = new ArrayList<>();

    Tables(Connection connection) throws SQLException {
        keys = new KeyTable(connection);
        strings = new StringTable(connection);
        hashes = new HashTable(connection);
        sets = new SetTable(connection);
        sortedSets = new SortedSetTable(connection);
        lists = new ListTable(connection);
        streams = new StreamTable(connection);
        meta = new MetaTable(connection);
        libraries = new LibraryTable(connection);
        statements.addAll(keys.statements());
        for (ValueType type : ValueType.values()) {
            statements.addAll(of(type).statements());
        }
    }

    ValueTable of(ValueType type) {
        return switch (type) {
            case STRING -> strings;
            case HASH -> hashes;
            case SET -> sets;
            case ZSET -> sortedSets;
            case LIST -> lists;
            case STREAM -> streams;
        };
    }

    /** Sees to it that every row added so far is in its table. */
    void flush() throws SQLException {
        for (RowStatement statement : statements) {
            statement.flush();
        }
    }

    /** Forgets rows that were added and not yet flushed. */
    void discard() throws SQLException {
        for (RowStatement statement : statements) {
            statement.discard();
        }
    }
}
