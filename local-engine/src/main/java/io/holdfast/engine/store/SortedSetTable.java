package io.holdfast.engine.store;

import io.holdfast.engine.value.EncodingLimits;
import io.holdfast.engine.value.SortedSetValue;
import io.holdfast.resp.Bytes;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Sorted sets, a member with its score a row. */
final class SortedSetTable implements ValueTable {
    static final String NAME = "sorted_set_member";

    // A column of type real would keep whole numbers as integers, and -0.0 would come back as 0.0.
    static final String CREATE = """
            create table sorted_set_member (
                key_id integer not null,
                member blob not null,
                score any not null check (typeof(score) = 'real'),
                crc integer not null,
                primary key (key_id, member)
            ) strict, without rowid
            """;

    static final String VIEW = """
            create view sorted_sets as
            select k.db, cast(k.key as text) as key, cast(m.member as text) as member, m.score,
                   strftime('%Y-%m-%d %H:%M:%f', k.expires_at_ms / 1000.0, 'unixepoch') as expires_at
            from keyspace k join sorted_set_member m on m.key_id = k.id
            """;

    private static final String PUT = """
            insert into sorted_set_member (key_id, member, score, crc) values (?, ?, ?, ?)
            on conflict (key_id, member) do update set score = excluded.score, crc = excluded.crc
            """;

    private static final String REMOVE = "delete from sorted_set_member where key_id = ? and member = ?";

    private static final String CLEAR = "delete from sorted_set_member where key_id = ?";

    private final RowStatement put;
    private final RowStatement remove;
    private final RowStatement clear;
    private final RowChecksum checksum = new RowChecksum();

    SortedSetTable(Connection connection) throws SQLException {
        put = new RowStatement(connection, PUT);
        remove = new RowStatement(connection, REMOVE);
        clear = new RowStatement(connection, CLEAR);
    }

    void put(long keyId, Bytes member, double score) throws SQLException {
        put.set(1, keyId).set(2, member).set(3, score);
        put.set(4, checksum.of(keyId).and(member).and(score).value()).add();
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
        return List.of(put, remove, clear);
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public String columns() {
        return "member, score";
    }

    @Override
    public SortedSetValue read(long keyId, ValueRows rows, EncodingLimits limits) throws SQLException {
        var sorted = new SortedSetValue(limits);
        var negativeZeros = new ArrayList<Bytes>();
        while (rows.belongTo(keyId)) {
            Bytes member = rows.bytes(2);
            double score = rows.real(3);
            rows.next(rows.checksum().and(member).and(score), sorted.put(member, score));
            if (Double.compare(score, -0.0) == 0) {
                negativeZeros.add(member);
            }
        }
        // A small set has no -0.0, as in Redis, and at its first rows even a large one was small.
        for (Bytes member : negativeZeros) {
            sorted.remove(member);
            sorted.put(member, -0.0);
        }
        return sorted;
    }
}
