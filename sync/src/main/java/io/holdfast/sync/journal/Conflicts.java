package io.holdfast.sync.journal;

import io.holdfast.engine.keyspace.Watches.Watched;
import io.holdfast.engine.store.RowChecksum;
import io.holdfast.resp.Bytes;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The tables {@code conflict}, what was decided about writes that met others', and {@code divergence}, which keys have
 * turned out to differ while a backlog is replayed.
 */
public final class Conflicts {
    static final String TABLE = """
            create table if not exists conflict (
                id integer primary key autoincrement,
                sequence integer not null,
                effect_index integer not null,
                decided_ms integer not null,
                written_ms integer not null,
                touched_ms integer not null,
                db integer not null,
                key blob not null,
                part blob,
                policy text not null,
                winner text not null,
                base blob,
                local blob not null, -- as a RESP request: *3 $3 SET $1 k $1 v
                upstream blob not null,
                state text not null default 'open',
                crc integer not null, -- over all but id, state
                upstream_node text, -- another node of Holdfast; null: somebody else, or not known
                local_client text -- who wrote it here; null: not known
            )
            """;

    private static final String UPSTREAM_NODE = "upstream_node";
    private static final String LOCAL_CLIENT = "local_client";
    /** From format 5 to 6. */
    static final List<String> TO_6 = List.of("alter table conflict add column " + UPSTREAM_NODE + " text");
    /** From format 6 to 7. */
    static final List<String> TO_7 = List.of("alter table conflict add column " + LOCAL_CLIENT + " text");
    /** What files of earlier formats may lack. */
    static final List<String> LATER_COLUMNS = List.of(UPSTREAM_NODE, LOCAL_CLIENT);

    static final String INDEX = """
            create index if not exists conflict_by_sequence on conflict (sequence)
            """;
    static final String DIVERGENCES = """
            create table if not exists divergence (
                db integer not null,
                key blob not null,
                words blob not null, -- as a RESP request
                crc integer not null,
                primary key (db, key)
            ) without rowid
            """;

    private static final String FORGET = """
            delete from conflict where sequence between ? and ?
            """;
    private static final String ADD = """
            insert into conflict (sequence, effect_index, decided_ms, written_ms, touched_ms, db, key, part, policy, winner,
                base, local, upstream, crc, upstream_node, local_client)
            values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """;
    private static final String COUNT = """
            select count(*) from conflict where state = 'open'
            """;
    private static final String ALL = """
            select id, state, sequence, effect_index, decided_ms, written_ms, touched_ms, db, key, part, policy, winner, base,
                local, upstream, crc, upstream_node, local_client
            from conflict
            """;

    private static final String LIST = ALL + " where id > ? order by id limit ?";
    private static final String ONE = ALL + " where id = ?";
    private static final String NEWEST = """
            select coalesce(max(sequence), 0) from conflict
            """;
    private static final String WITHHELD = """
            select sequence, effect_index, winner from conflict where sequence between ? and ?
            """;
    private static final String SETTLE = """
            update conflict set state = 'settled' where id = ? and state = 'open'
            """;
    private static final String FORGET_SETTLED = """
            delete from conflict where state = 'settled' and decided_ms < ? and sequence < ?
            """;
    private static final String DIVERGES = """
            insert into divergence (db, key, words, crc) values (?, ?, ?, ?)
            on conflict (db, key) do update set words = excluded.words, crc = excluded.crc
            """;
    private static final String DIVERGING = """
            select db, key, words, crc from divergence
            """;
    private static final String NOTHING_DIVERGES = """
            delete from divergence
            """;

    /**
     * A conflict in the table.
     *
     * @param id its number
     * @param state {@code open} until somebody has seen to it
     */
    public record Stored(long id, String state, Conflict conflict) {}

    private final SqliteFile file;
    private long newest;
    /** Whether the table {@code divergence} may have rows. */
    private boolean diverges = true;
    /** Counted here, so that no disk is asked for each batch. */
    private final AtomicLong open;

    Conflicts(SqliteFile file) {
        this.file = file;
        newest = file.run("read which conflict is the newest", c -> number(c, NEWEST));
        open = new AtomicLong(count());
    }

    /** The statement that gives every conflict, of a file in which those columns are missing. */
    static String allWithout(Collection<String> missing) {
        String sql = ALL;
        for (String column : missing) {
            sql = sql.replace(column, "null");
        }
        return sql;
    }

    /** How many are open, without waiting for the disk. */
    public long open() {
        return open.get();
    }

    /**
     * Deletes the settled ones that were decided before {@code beforeMs} and whose entries are not in the journal any more,
     * so that they cannot be decided again. Returns how many.
     *
     * @param oldestEntry that the journal has
     */
    public int forgetSettled(long beforeMs, long oldestEntry) {
        return file.run("delete settled conflicts", c -> SqliteFile.update(c, FORGET_SETTLED, beforeMs, oldestEntry));
    }

    /**
     * Keeps what was decided about the entries {@code from} to {@code to}, in place of what an earlier attempt to replay
     * them decided, and which keys diverge. Durable when it returns.
     *
     * @param diverging what there is to know of each key
     */
    public void decided(long from, long to, List<Conflict> conflicts, Map<Watched, List<Bytes>> diverging) {
        if (conflicts.isEmpty() && diverging.isEmpty() && newest < from) {
            return;
        }
        diverges |= !diverging.isEmpty();
        file.transaction("keep conflicts", c -> {
            try (var forget = c.prepareStatement(FORGET)) {
                forget.setLong(1, from);
                forget.setLong(2, to);
                forget.executeUpdate();
            }
            add(c, conflicts);
            keep(c, diverging);
            return true;
        });
        open.set(count());
        newest = conflicts.stream().mapToLong(Conflict::sequence).reduce(newest, Math::max);
    }

    /** Keeps what only the upstream's replies told; durable when it returns. */
    public void add(List<Conflict> conflicts) {
        if (!conflicts.isEmpty()) {
            file.transaction("keep conflicts", c -> {
                add(c, conflicts);
                return true;
            });
            open.set(count());
            newest = conflicts.stream().mapToLong(Conflict::sequence).reduce(newest, Math::max);
        }
    }

    /** Effects of the entries {@code first} to {@code last} that were not sent, for others won; by sequence. */
    public Map<Long, Set<Integer>> withheld(long first, long last) {
        return file.run("look for conflicts", c -> {
            Map<Long, Set<Integer>> found = new HashMap<>();
            try (var query = c.prepareStatement(WITHHELD)) {
                query.setLong(1, first);
                query.setLong(2, last);
                try (var rows = query.executeQuery()) {
                    while (rows.next()) {
                        if (winner(rows.getString(3)).withholds()) {
                            found.computeIfAbsent(rows.getLong(1), s -> new HashSet<>())
                                    .add(rows.getInt(2));
                        }
                    }
                }
            }
            return found;
        });
    }

    /** How many are open. */
    public long count() {
        return file.run("count conflicts", c -> number(c, COUNT));
    }

    /** The oldest ones after the number {@code after}, in any state, at most {@code limit}. */
    public List<Stored> list(long after, int limit) {
        return file.run("list conflicts", c -> {
            List<Stored> found = new ArrayList<>();
            try (var query = c.prepareStatement(LIST)) {
                query.setLong(1, after);
                query.setInt(2, limit);
                try (var rows = query.executeQuery()) {
                    while (rows.next()) {
                        found.add(stored(rows));
                    }
                }
            }
            return found;
        });
    }

    public Optional<Stored> find(long id) {
        return file.run("find a conflict", c -> {
            try (var query = c.prepareStatement(ONE)) {
                query.setLong(1, id);
                try (var rows = query.executeQuery()) {
                    return rows.next() ? Optional.of(stored(rows)) : Optional.empty();
                }
            }
        });
    }

    /** What a person wants the upstream to hold. */
    public enum Choice {
        /** What it holds. */
        KEEP,
        /** What was written here. */
        LOCAL,
        /** What others had written. */
        UPSTREAM
    }

    /**
     * What {@link #resolve} did.
     *
     * @param count how many conflicts it settled
     * @param letters the dead letters that hold what is to be written now
     */
    public record Resolved(int count, List<Long> letters) {}

    /**
     * Settles those of {@code ids} that are open. What has to be written for that becomes dead letters in the same
     * transaction, to be requeued: a crash before they are leaves them open, and nothing is forgotten.
     */
    public Resolved resolve(List<Long> ids, Choice choice, DeadLetters letters) {
        Resolved resolved = file.transaction("settle conflicts", c -> {
            int count = 0;
            List<Long> made = new ArrayList<>();
            try (var settle = c.prepareStatement(SETTLE)) {
                for (long id : ids) {
                    settle.setLong(1, id);
                    if (settle.executeUpdate() > 0) {
                        count++;
                        Optional<DeadLetter> letter = find(id).flatMap(stored -> letter(stored, choice));
                        if (letter.isPresent()) {
                            made.add(letters.addWithin(c, letter.get()));
                        }
                    }
                }
            }
            return new Resolved(count, made);
        });
        letters.committed(resolved.letters().size());
        open.addAndGet(-resolved.count());
        return resolved;
    }

    /** What has to be written upstream; nothing where that holds it. Its entry is 0: it stands in for none. */
    private static Optional<DeadLetter> letter(Stored stored, Choice choice) {
        Conflict conflict = stored.conflict();
        if (conflict.winner() == Conflict.Winner.BOTH_TOOK) {
            return Optional.empty(); // it is gone, whatever anybody wants
        }
        boolean wantsOurs = choice == Choice.LOCAL && !conflict.winner().isOurs();
        boolean wantsTheirs = choice == Choice.UPSTREAM && conflict.winner().isOurs();
        if (!wantsOurs && !wantsTheirs) {
            return Optional.empty();
        }
        List<Bytes> command = wantsOurs ? conflict.local() : theirs(conflict);
        return Optional.of(new DeadLetter(
                0,
                Math.toIntExact(stored.id()),
                conflict.decidedMs(),
                conflict.db(),
                command,
                conflict.key(),
                "conflict " + stored.id() + " was resolved so"));
    }

    /** Where the upstream had nothing, that is what it is to have. */
    private static List<Bytes> theirs(Conflict conflict) {
        Bytes part = conflict.part();
        if (!conflict.upstream().isEmpty()) {
            return conflict.upstream();
        } else if (part == null) {
            return List.of(Bytes.of("DEL"), conflict.key());
        }
        boolean isField =
                conflict.local().get(0).latin1().toUpperCase(Locale.ROOT).startsWith("H");
        return List.of(Bytes.of(isField ? "HDEL" : "ZREM"), conflict.key(), part);
    }

    /** What an earlier session, which did not come to its end, found to diverge. */
    public Map<Watched, List<Bytes>> diverging() {
        return file.run("read which keys diverge", c -> {
            Map<Watched, List<Bytes>> found = new HashMap<>();
            try (var query = c.prepareStatement(DIVERGING);
                    var rows = query.executeQuery()) {
                while (rows.next()) {
                    var key = new Watched(rows.getInt(1), Bytes.wrap(rows.getBytes(2)));
                    byte[] words = rows.getBytes(3);
                    SqliteFile.require(checksum(key, words) == rows.getLong(4), "how a key diverges");
                    found.put(key, StoredCommand.decode(words));
                }
            }
            return found;
        });
    }

    /** Everything is replayed: what others change from now on does not meet what was written here. */
    public void nothingDiverges() {
        if (diverges) {
            file.run("forget which keys diverged", c -> {
                try (var delete = c.createStatement()) {
                    return delete.executeUpdate(NOTHING_DIVERGES);
                }
            });
            diverges = false;
        }
    }

    // ---- rows

    private static void add(Connection c, List<Conflict> conflicts) throws SQLException {
        try (var add = c.prepareStatement(ADD)) {
            for (Conflict conflict : conflicts) {
                Bytes part = conflict.part();
                Bytes base = conflict.base();
                add.setLong(1, conflict.sequence());
                add.setInt(2, conflict.effectIndex());
                add.setLong(3, conflict.decidedMs());
                add.setLong(4, conflict.writtenMs());
                add.setLong(5, conflict.touchedMs());
                add.setInt(6, conflict.db());
                add.setBytes(7, conflict.key().array());
                add.setBytes(8, part == null ? null : part.array());
                add.setString(9, conflict.policy());
                add.setString(10, conflict.winner().name());
                add.setBytes(11, base == null ? null : base.array());
                add.setBytes(12, StoredCommand.encode(conflict.local()));
                add.setBytes(13, StoredCommand.encode(conflict.upstream()));
                add.setLong(14, checksum(conflict));
                add.setString(15, conflict.upstreamNode());
                add.setString(16, conflict.localClient());
                add.addBatch();
            }
            add.executeBatch();
        }
    }

    private static void keep(Connection c, Map<Watched, List<Bytes>> diverging) throws SQLException {
        try (var put = c.prepareStatement(DIVERGES)) {
            for (var each : diverging.entrySet()) {
                Watched key = each.getKey();
                byte[] encoded = StoredCommand.encode(each.getValue());
                put.setInt(1, key.db());
                put.setBytes(2, key.key().array());
                put.setBytes(3, encoded);
                put.setLong(4, checksum(key, encoded));
                put.addBatch();
            }
            put.executeBatch();
        }
    }

    static Stored stored(ResultSet rows) throws SQLException {
        byte[] part = rows.getBytes(10);
        byte[] base = rows.getBytes(13);
        var conflict = new Conflict(
                rows.getLong(3),
                rows.getInt(4),
                rows.getLong(5),
                rows.getLong(6),
                rows.getLong(7),
                rows.getInt(8),
                Bytes.wrap(rows.getBytes(9)),
                part == null ? null : Bytes.wrap(part),
                rows.getString(11),
                winner(rows.getString(12)),
                base == null ? null : Bytes.wrap(base),
                StoredCommand.decode(rows.getBytes(14)),
                StoredCommand.decode(rows.getBytes(15)),
                rows.getString(17),
                rows.getString(18));
        SqliteFile.require(checksum(conflict) == rows.getLong(16), "conflict " + rows.getLong(1));
        return new Stored(rows.getLong(1), rows.getString(2), conflict);
    }

    private static Conflict.Winner winner(String name) throws SQLException {
        try {
            return Conflict.Winner.valueOf(name);
        } catch (IllegalArgumentException e) {
            throw new SQLException("a conflict's winner is damaged", e);
        }
    }

    private static long checksum(Conflict conflict) {
        Bytes part = conflict.part();
        Bytes base = conflict.base();
        var checksum = new RowChecksum()
                .of(conflict.sequence())
                .and((long) conflict.effectIndex())
                .and(conflict.decidedMs())
                .and(conflict.writtenMs())
                .and(conflict.touchedMs())
                .and((long) conflict.db())
                .and(conflict.key())
                .and(part == null ? 0L : 1L)
                .and(part == null ? Bytes.EMPTY : part)
                .and(Bytes.of(conflict.policy()))
                .and(Bytes.of(conflict.winner().name()))
                .and(base == null ? 0L : 1L)
                .and(base == null ? Bytes.EMPTY : base)
                .and(Bytes.wrap(StoredCommand.encode(conflict.local())))
                .and(Bytes.wrap(StoredCommand.encode(conflict.upstream())));
        String node = conflict.upstreamNode(); // rows of earlier formats have none, nor a client
        String client = conflict.localClient();
        if (client != null) {
            checksum.and(node == null ? 0L : 1L);
        }
        if (node != null) {
            checksum.and(Bytes.of(node));
        }
        return (client == null ? checksum : checksum.and(Bytes.of(client))).value();
    }

    private static long checksum(Watched key, byte[] words) {
        return new RowChecksum()
                .of(key.db())
                .and(key.key())
                .and(Bytes.wrap(words))
                .value();
    }

    private static long number(Connection c, String sql) throws SQLException {
        try (var query = c.createStatement();
                var rows = query.executeQuery(sql)) {
            return rows.getLong(1);
        }
    }
}
