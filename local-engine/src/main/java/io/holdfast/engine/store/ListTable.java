package io.holdfast.engine.store;

import io.holdfast.engine.value.EncodingLimits;
import io.holdfast.engine.value.ListValue;
import io.holdfast.resp.Bytes;
import java.sql.Connection;
import java.sql.SQLDataException;
import java.sql.SQLException;
import java.util.List;

/**
 * Lists, an element a row. Positions rise by one from head to tail and fall below zero where elements were pushed at the
 * head, so that a push or pop touches one row and not all.
 */
final class ListTable implements ValueTable {
    static final String NAME = "list_item";

    static final String CREATE = """
            create table list_item (
                key_id integer not null,
                position integer not null,
                value blob not null,
                crc integer not null,
                primary key (key_id, position)
            ) strict, without rowid
            """;

    /** For people the first element has position 0, as for LINDEX. */
    static final String VIEW = """
            create view lists as
            select k.db, cast(k.key as text) as key,
                   i.position - (select min(position) from list_item where key_id = k.id) as position,
                   cast(i.value as text) as value,
                   strftime('%Y-%m-%d %H:%M:%f', k.expires_at_ms / 1000.0, 'unixepoch') as expires_at
            from keyspace k join list_item i on i.key_id = k.id
            """;

    private static final String PUT = """
            insert into list_item (key_id, position, value, crc) values (?, ?, ?, ?)
            on conflict (key_id, position) do update set value = excluded.value, crc = excluded.crc
            """;

    private static final String REMOVE = "delete from list_item where key_id = ? and position between ? and ?";

    private static final String CLEAR = "delete from list_item where key_id = ?";

    private final RowStatement put;
    private final RowStatement remove;
    private final RowStatement clear;
    private final RowChecksum checksum = new RowChecksum();

    ListTable(Connection connection) throws SQLException {
        put = new RowStatement(connection, PUT);
        remove = new RowStatement(connection, REMOVE);
        clear = new RowStatement(connection, CLEAR);
    }

    void put(long keyId, long position, Bytes value) throws SQLException {
        put.set(1, keyId).set(2, position).set(3, value);
        put.set(4, checksum.of(keyId).and(position).and(value).value()).add();
    }

    /** Both ends inclusive. */
    void remove(long keyId, long from, long to) throws SQLException {
        remove.set(1, keyId).set(2, from).set(3, to).add();
    }

    @Override
    public void clear(long keyId) throws SQLException {
        clear.set(1, keyId).add();
    }

    @Override
    public List<RowStatement> statements() {
        return List.of(put, remove, clear);
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public String columns() {
        return "position, value";
    }

    @Override
    public String order() {
        return "position";
    }

    @Override
    public ListValue read(long keyId, ValueRows rows, EncodingLimits limits) throws SQLException {
        long first = rows.belongTo(keyId) ? rows.integer(2) : 0;
        var list = new ListValue(limits, first);
        while (rows.belongTo(keyId)) {
            long position = rows.integer(2);
            if (position != first + list.size()) {
                throw new SQLDataException("list_item lacks position " + (first + list.size()) + " of key " + keyId);
            }
            Bytes item = rows.bytes(3);
            list.pushTail(item);
            rows.next(rows.checksum().and(position).and(item), true);
        }
        return list;
    }
}
