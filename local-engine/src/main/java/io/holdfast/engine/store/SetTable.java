package io.holdfast.engine.store;

import io.holdfast.engine.value.EncodingLimits;
import io.holdfast.engine.value.SetValue;
import io.holdfast.resp.Bytes;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/** Sets, a member a row. */
final class SetTable implements ValueTable {
    static final String NAME = "set_member";

    static final String CREATE = """
            create table set_member (
                key_id integer not null,
                member blob not null,
                crc integer not null,
                primary key (key_id, member)
            ) strict, without rowid
            """;

    static final String VIEW = """
            create view sets as
            select k.db, cast(k.key as text) as key, cast(m.member as text) as member,
                   strftime('%Y-%m-%d %H:%M:%f', k.expires_at_ms / 1000.0, 'unixepoch') as expires_at
            from keyspace k join set_member m on m.key_id = k.id
            """;

    private static final String ADD =
            "insert into set_member (key_id, member, crc) values (?, ?, ?) on conflict (key_id, member) do nothing";

    private static final String REMOVE = "delete from set_member where key_id = ? and member = ?";

    private static final String CLEAR = "delete from set_member where key_id = ?";

    private final RowStatement add;
    private final RowStatement remove;
    private final RowStatement clear;
    private final RowChecksum checksum = new RowChecksum();

    SetTable(Connection connection) throws SQLException {
        add = new RowStatement(connection, ADD);
        remove = new RowStatement(connection, REMOVE);
        clear = new RowStatement(connection, CLEAR);
    }

    void add(long keyId, Bytes member) throws SQLException {
        add.set(1, keyId).set(2, member);
        add.set(3, checksum.of(keyId).and(member).value()).add();
    }

    void remove(long keyId, Bytes member) throws SQLException {
        remove.set(1, keyId).set(2, member).add();
    }

    @Override
    public void clear(long keyId) throws SQLException {
        clear.set(1, keyId).add();
    }

    @Override
    public List<RowStatement> statements() {
        return List.of(add, remove, clear);
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public String columns() {
        return "member";
    }

    @Override
    public SetValue read(long keyId, ValueRows rows, EncodingLimits limits) throws SQLException {
        var set = new SetValue(limits);
        while (rows.belongTo(keyId)) {
            Bytes member = rows.bytes(2);
            rows.next(rows.checksum().and(member), set.add(member));
        }
        return set;
    }
}
