package io.holdfast.sync.journal;

import io.holdfast.engine.failpoint.Failpoint;
import io.holdfast.engine.store.RowChecksum;
import io.holdfast.resp.Bytes;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The table {@code dead_letter}: effects that the upstream refused, until somebody decides what becomes of them. Any thread.
 *
 * <pre>
 *   refused ──► open ──► requeueing ──► requeued      {@link Requeue}
 *                │ ▲          │
 *                │ └──────────┘ the journal did not take it
 *                └────► discarded
 * </pre>
 */
public final class DeadLetters {
    static final String TABLE = """
            create table dead_letter (
                id integer primary key autoincrement,
                sequence integer not null,
                effect_index integer not null,
                at_ms integer not null,
                db integer not null,
                command blob not null, -- as a RESP request: *2 $3 DEL $1 k
                key blob,
                error text not null,
                state text not null,
                requeued_as integer not null, -- its entry; while requeueing, the newest entry before
                crc integer not null, -- over sequence, effect_index, at_ms, db, command, error, state, requeued_as
                unique (sequence, effect_index)
            )
            """;

    private static final String ADD = """
            insert into dead_letter
                (id, sequence, effect_index, at_ms, db, command, key, error, state, requeued_as, crc)
            values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            on conflict (sequence, effect_index) do nothing
            """;
    private static final String CHANGE = """
            update dead_letter set db = ?, command = ?, key = ?, error = ?, state = ?, requeued_as = ?, crc = ? where id = ?
            """;
    private static final String ID = """
            select id from dead_letter where sequence = ? and effect_index = ?
            """;
    private static final String COUNT = """
            select count(*) from dead_letter where state = 'open'
            """;
    private static final String NEWEST = """
            select coalesce(max(sequence), 0) from dead_letter
            """;
    private static final String AMONG = """
            select sequence, effect_index from dead_letter where sequence between ? and ?
            """;
    private static final String REQUEUED = """
            select requeued_as from dead_letter where state = 'requeued' and requeued_as > ?
            """;
    private static final String FORGET = """
            delete from dead_letter
            where state in ('requeued', 'discarded') and at_ms < ? and sequence < ? and requeued_as < ?
            """;
    private static final String COLUMNS = """
            select id, state, sequence, effect_index, at_ms, db, command, key, error, requeued_as, crc from dead_letter
            """;
    static final String ALL = COLUMNS + " order by id";
    private static final String PAGE = COLUMNS + " where id > ? order by id limit ?";
    private static final String IN_STATE = COLUMNS + " where id > ? and state = ? order by id limit ?";
    private static final String ONE = COLUMNS + " where id = ?";

    private static final long PAGE_BYTES_MAX = 8 * 1024 * 1024;

    /** What became of it. */
    public enum State {
        /** Somebody has to decide. */
        OPEN,
        /** On its way into the journal: at a crash, the next start finds out whether it got there. */
        REQUEUEING,
        /** In the journal again, as an entry of its own. */
        REQUEUED,
        /** Somebody decided that it is not wanted. */
        DISCARDED;

        /** As in the table and in replies. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * A dead letter in the table.
     *
     * @param id its number
     * @param requeuedAs the entry that carries it upstream again; while it is {@link State#REQUEUEING}, the newest entry before
     */
    public record Stored(long id, State state, DeadLetter letter, long requeuedAs) {
        /** Of the effect. */
        public long bytes() {
            return letter.command().stream().mapToLong(Bytes::length).sum();
        }

        Stored in(State next, long entry) {
            return new Stored(id, next, letter, entry);
        }
    }

    private final SqliteFile file;
    private final AtomicLong open;
    private volatile long newestSequence;

    DeadLetters(SqliteFile file) {
        this.file = file;
        open = new AtomicLong(number("count dead letters", COUNT));
        newestSequence = number("find the newest dead letter", NEWEST);
    }

    private long number(String what, String sql) {
        return file.run(what, c -> {
            try (var query = c.prepareStatement(sql);
                    var rows = query.executeQuery()) {
                return rows.getLong(1);
            }
        });
    }

    /**
     * Keeps {@code letter}, once however often its entry is replayed, and whatever was decided on it meanwhile; durable
     * when it returns. Returns its number.
     */
    public long add(DeadLetter letter) {
        addAll(List.of(letter));
        return file.run("find a dead letter", c -> id(c, letter));
    }

    private static long id(Connection c, DeadLetter letter) throws SQLException {
        try (var query = c.prepareStatement(ID)) {
            query.setLong(1, letter.sequence());
            query.setInt(2, letter.effectIndex());
            try (var rows = query.executeQuery()) {
                return rows.getLong(1);
            }
        }
    }

    /**
     * Keeps a letter that is new, in a transaction of somebody else's, who calls {@link #committed} behind it. Returns its
     * number.
     */
    long addWithin(Connection c, DeadLetter letter) throws SQLException {
        try (var add = c.prepareStatement(ADD)) {
            put(add, null, State.OPEN, letter, 0);
        }
        return id(c, letter);
    }

    /** The transaction in which so many letters were added is committed. */
    void committed(int letters) {
        open.addAndGet(letters);
    }

    /** {@link #add} for many, with one wait for the disk. */
    public void addAll(List<DeadLetter> letters) {
        Failpoint.LETTER_BEFORE_WRITE.pass();
        keep(c -> {
            int added = 0;
            try (var add = c.prepareStatement(ADD)) {
                for (DeadLetter letter : letters) {
                    added += put(add, null, State.OPEN, letter, 0);
                }
            }
            return added;
        });
        Failpoint.LETTER_AFTER_WRITE.pass();
    }

    /** Takes over what another store has. */
    void restore(Stored stored) {
        keep(c -> {
            try (var add = c.prepareStatement(ADD)) {
                int added = put(add, stored.id(), stored.state(), stored.letter(), stored.requeuedAs());
                return stored.state() == State.OPEN ? added : 0;
            }
        });
    }

    /** @param adding gives how many more are open */
    private void keep(SqliteFile.Work<Integer> adding) {
        open.addAndGet(file.transaction("keep dead letters", adding));
    }

    private int put(PreparedStatement add, @Nullable Long id, State state, DeadLetter letter, long requeuedAs)
            throws SQLException {
        Bytes key = letter.key();
        add.setObject(1, id);
        add.setLong(2, letter.sequence());
        add.setInt(3, letter.effectIndex());
        add.setLong(4, letter.atMs());
        add.setInt(5, letter.db());
        add.setBytes(6, StoredCommand.encode(letter.command()));
        add.setBytes(7, key == null ? null : key.array());
        add.setString(8, letter.error());
        add.setString(9, state.word());
        add.setLong(10, requeuedAs);
        add.setLong(11, checksum(letter, state, requeuedAs));
        newestSequence = Math.max(newestSequence, letter.sequence());
        return add.executeUpdate();
    }

    /** How many are open. Does not wait for the disk. */
    public long count() {
        return open.get();
    }

    // ---- reading

    /** The oldest ones in any state, at most {@code limit}. */
    public List<Stored> list(int limit) {
        return page(0, null, limit, Long.MAX_VALUE);
    }

    /** All that are in one state. */
    List<Stored> all(State state) {
        return page(0, state, Integer.MAX_VALUE, Long.MAX_VALUE);
    }

    /**
     * The oldest ones behind the number {@code after}, as many as fit into some megabytes; none when there are no more.
     *
     * @param state null: in any
     */
    public List<Stored> page(long after, @Nullable State state, int limit) {
        return page(after, state, limit, PAGE_BYTES_MAX);
    }

    private List<Stored> page(long after, @Nullable State state, int limit, long bytesMax) {
        return file.run("list dead letters", c -> {
            try (var query = c.prepareStatement(state == null ? PAGE : IN_STATE)) {
                query.setLong(1, after);
                if (state != null) {
                    query.setString(2, state.word());
                }
                query.setInt(state == null ? 2 : 3, limit);
                return stored(query, bytesMax);
            }
        });
    }

    /** The one with this number. */
    public Optional<Stored> find(long id) {
        return file.run("read a dead letter", c -> {
            try (var one = c.prepareStatement(ONE)) {
                return find(one, id);
            }
        });
    }

    private static Optional<Stored> find(PreparedStatement one, long id) throws SQLException {
        one.setLong(1, id);
        return stored(one, 0).stream().findFirst();
    }

    /** At least one, if there is one. */
    private static List<Stored> stored(PreparedStatement query, long bytesMax) throws SQLException {
        List<Stored> letters = new ArrayList<>();
        long bytes = 0;
        try (var rows = query.executeQuery()) {
            while ((letters.isEmpty() || bytes < bytesMax) && rows.next()) {
                Stored stored = stored(rows);
                letters.add(stored);
                bytes += stored.bytes();
            }
        }
        return letters;
    }

    static Stored stored(ResultSet rows) throws SQLException {
        byte[] key = rows.getBytes(8);
        var letter = new DeadLetter(
                rows.getLong(3),
                rows.getInt(4),
                rows.getLong(5),
                rows.getInt(6),
                StoredCommand.decode(rows.getBytes(7)),
                key == null ? null : Bytes.wrap(key),
                rows.getString(9));
        State state = state(rows.getString(2));
        long requeuedAs = rows.getLong(10);
        SqliteFile.require(checksum(letter, state, requeuedAs) == rows.getLong(11), "dead letter " + rows.getLong(1));
        return new Stored(rows.getLong(1), state, letter, requeuedAs);
    }

    private static State state(String word) throws SQLException {
        for (State state : State.values()) {
            if (state.word().equals(word)) {
                return state;
            }
        }
        throw new SQLException("no dead letter is '" + word + "'");
    }

    /**
     * The effects of the entries from {@code first} to {@code last} that are dead letters, whatever was decided on them:
     * they left the journal, and are not sent with their entry when it is replayed again.
     */
    public Map<Long, Set<Integer>> among(long first, long last) {
        if (first > newestSequence) {
            return Map.of();
        }
        return file.run("find dead letters", c -> {
            Map<Long, Set<Integer>> found = new HashMap<>();
            try (var query = c.prepareStatement(AMONG)) {
                query.setLong(1, first);
                query.setLong(2, last);
                try (var rows = query.executeQuery()) {
                    while (rows.next()) {
                        found.computeIfAbsent(rows.getLong(1), sequence -> new HashSet<>())
                                .add(rows.getInt(2));
                    }
                }
            }
            return found;
        });
    }

    /** The entries behind {@code sequence} that are known to carry a letter. */
    Set<Long> entriesAfter(long sequence) {
        return file.run("find requeued dead letters", c -> {
            Set<Long> entries = new HashSet<>();
            try (var query = c.prepareStatement(REQUEUED)) {
                query.setLong(1, sequence);
                try (var rows = query.executeQuery()) {
                    while (rows.next()) {
                        entries.add(rows.getLong(1));
                    }
                }
            }
            return entries;
        });
    }

    // ---- deciding

    /** Puts another effect in the place of the one that was refused; false when it is not open. Durable when it returns. */
    public boolean edit(long id, List<Bytes> command, @Nullable Bytes key) {
        return !change(
                        "edit a dead letter",
                        List.of(id),
                        State.OPEN,
                        stored -> new Stored(
                                id,
                                State.OPEN,
                                new DeadLetter(
                                        stored.letter().sequence(),
                                        stored.letter().effectIndex(),
                                        stored.letter().atMs(),
                                        stored.letter().db(),
                                        command,
                                        key,
                                        stored.letter().error()),
                                0))
                .isEmpty();
    }

    /** Gives up those of {@code ids} that are open, and returns them as they were; durable when it returns. */
    public List<Stored> discard(List<Long> ids) {
        return change("discard dead letters", ids, State.OPEN, stored -> stored.in(State.DISCARDED, 0));
    }

    /** Those of {@code ids} that are open are about to be journaled behind {@code newestEntry}; durable when it returns. */
    List<Stored> requeueing(List<Long> ids, long newestEntry) {
        return change("requeue dead letters", ids, State.OPEN, stored -> stored.in(State.REQUEUEING, newestEntry));
    }

    /** They are in the journal: number and entry of each. Durable when it returns. */
    void requeued(Map<Long, Long> entries) {
        change(
                "requeue dead letters",
                List.copyOf(entries.keySet()),
                State.REQUEUEING,
                stored -> stored.in(State.REQUEUED, entries.getOrDefault(stored.id(), 0L)));
    }

    /** They are not in the journal, or nobody knows, which {@code doubt} says then; durable when it returns. */
    void reopen(List<Long> ids, String doubt) {
        change("reopen dead letters", ids, State.REQUEUEING, stored -> {
            DeadLetter was = stored.letter();
            var letter = new DeadLetter(
                    was.sequence(),
                    was.effectIndex(),
                    was.atMs(),
                    was.db(),
                    was.command(),
                    was.key(),
                    doubt + was.error());
            return new Stored(stored.id(), State.OPEN, letter, 0);
        });
    }

    /**
     * Deletes those that were decided on, that are older than {@code beforeMs}, and of which the journal has no entry any more:
     * until then they say what is not to be sent again. Returns how many.
     *
     * @param oldestEntry that the journal has
     */
    public int forgetDecided(long beforeMs, long oldestEntry) {
        return file.run(
                "delete decided dead letters", c -> SqliteFile.update(c, FORGET, beforeMs, oldestEntry, oldestEntry));
    }

    private interface Decision {
        Stored on(Stored stored);
    }

    /** All that are in state {@code from}, or none; returns them as they were. */
    private List<Stored> change(String what, List<Long> ids, State from, Decision decision) {
        var opened = new int[1];
        List<Stored> changed = file.transaction(what, c -> {
            List<Stored> before = new ArrayList<>();
            try (var one = c.prepareStatement(ONE);
                    var change = c.prepareStatement(CHANGE)) {
                for (long id : ids) {
                    Stored stored = find(one, id).orElse(null);
                    if (stored != null && stored.state() == from) {
                        Stored after = decision.on(stored);
                        put(change, after);
                        before.add(stored);
                        opened[0] += (after.state() == State.OPEN ? 1 : 0) - (from == State.OPEN ? 1 : 0);
                    }
                }
            }
            return before;
        });
        open.addAndGet(opened[0]);
        return changed;
    }

    private static void put(PreparedStatement change, Stored stored) throws SQLException {
        DeadLetter letter = stored.letter();
        Bytes key = letter.key();
        change.setInt(1, letter.db());
        change.setBytes(2, StoredCommand.encode(letter.command()));
        change.setBytes(3, key == null ? null : key.array());
        change.setString(4, letter.error());
        change.setString(5, stored.state().word());
        change.setLong(6, stored.requeuedAs());
        change.setLong(7, checksum(letter, stored.state(), stored.requeuedAs()));
        change.setLong(8, stored.id());
        change.executeUpdate();
    }

    // ---- rows

    private static long checksum(DeadLetter letter, State state, long requeuedAs) {
        return new RowChecksum()
                .of(letter.sequence())
                .and((long) letter.effectIndex())
                .and(letter.atMs())
                .and((long) letter.db())
                .and(Bytes.wrap(StoredCommand.encode(letter.command())))
                .and(Bytes.of(letter.error()))
                .and(Bytes.of(state.word()))
                .and(requeuedAs)
                .value();
    }
}
