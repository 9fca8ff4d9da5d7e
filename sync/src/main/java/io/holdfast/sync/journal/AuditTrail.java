package io.holdfast.sync.journal;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The table {@code audit}: what operators ordered, each row written before it is carried out. A row's hash covers the hash
 * of the row before, so no row can be changed, moved or taken out without its being seen; the newest hash stands apart,
 * so that rows missing at the end are seen too. Any thread.
 *
 * <pre>
 *   hash of row n = SHA-256( hash of row n−1 | n | at_ms | length, who | length, action | length, detail )
 *   before row 1: 32 zeros; numbers are 8 bytes, lengths 4, big-endian; texts are UTF-8
 * </pre>
 */
public final class AuditTrail {
    static final String TABLE = """
            create table audit (
                id integer primary key,
                at_ms integer not null,
                who text not null,
                action text not null,
                detail text not null,
                hash blob not null
            )
            """;
    static final String HEAD_TABLE = """
            create table audit_head (
                singleton integer primary key check (singleton = 1),
                id integer not null,
                hash blob not null
            )
            """;

    private static final String ADD = """
            insert into audit (id, at_ms, who, action, detail, hash) values (?, ?, ?, ?, ?, ?)
            """;
    private static final String HEAD = """
            select id, hash from audit_head
            """;
    private static final String PUT_HEAD = """
            insert into audit_head (singleton, id, hash) values (1, ?, ?)
            on conflict (singleton) do update set id = excluded.id, hash = excluded.hash
            """;
    private static final String COLUMNS = """
            select id, at_ms, who, action, detail, hash from audit
            """;
    static final String ALL = COLUMNS + " order by id";
    private static final String PAGE = COLUMNS + " where id > ? order by id limit ?";
    private static final int PAGE_ROWS = 500;
    private static final byte[] BEGINNING = new byte[32];

    private final SqliteFile file;

    /**
     * One action.
     *
     * @param atMs when it was ordered, Unix milliseconds
     * @param who the user and where from
     * @param action such as {@code DEADLETTERS DISCARD}
     * @param detail what it was done to
     */
    public record Row(long id, long atMs, String who, String action, String detail) {}

    /** A row as it stands in the table, with its hash. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Stored(Row row, byte[] hash) {
        /** Which row is the newest, and its hash. */
        record Head(long id, byte[] hash) {}
    }

    AuditTrail(SqliteFile file) {
        this.file = file;
    }

    /** Adds a row; durable when it returns. */
    public void add(long atMs, String who, String action, String detail) {
        file.transaction("write the audit trail", c -> {
            Stored.Head head = head(c);
            var row = new Row(head.id() + 1, atMs, who, action, detail);
            return put(c, new Stored(row, hash(head.hash(), row)));
        });
    }

    /** Takes over a row of another store as it stands there, whether it fits or not. */
    void restore(Stored stored) {
        file.transaction("restore the audit trail", c -> put(c, stored));
    }

    /** The oldest rows behind {@code after}. */
    public List<Row> page(long after, int limit) {
        return file.run("read the audit trail", c -> page(c, after, limit)).stream()
                .map(Stored::row)
                .toList();
    }

    /** What does not fit, naming the first such row; empty when the trail is as it was written. */
    public Optional<String> firstMisfit() {
        return file.transaction("read the audit trail", AuditTrail::firstMisfit); // one state of it, though it grows
    }

    private static Optional<String> firstMisfit(Connection c) throws SQLException {
        byte[] before = BEGINNING;
        long id = 0;
        for (List<Stored> page = page(c, 0, PAGE_ROWS); !page.isEmpty(); page = page(c, id, PAGE_ROWS)) {
            for (Stored stored : page) {
                if (stored.row().id() != id + 1) {
                    return isMissing(id + 1);
                }
                id++;
                if (!Arrays.equals(hash(before, stored.row()), stored.hash())) {
                    return isChanged(id);
                }
                before = stored.hash();
            }
        }
        Stored.Head head = head(c);
        if (head.id() > id) {
            return isMissing(id + 1);
        }
        return head.id() == id && Arrays.equals(head.hash(), before) ? Optional.empty() : isChanged(id);
    }

    private static Optional<String> isMissing(long id) {
        return Optional.of("row " + id + " is missing");
    }

    private static Optional<String> isChanged(long id) {
        return Optional.of("row " + id + " is not as it was written");
    }

    private static Stored.Head head(Connection c) throws SQLException {
        try (var query = c.prepareStatement(HEAD);
                var rows = query.executeQuery()) {
            return rows.next() ? new Stored.Head(rows.getLong(1), rows.getBytes(2)) : new Stored.Head(0, BEGINNING);
        }
    }

    private static List<Stored> page(Connection c, long after, int limit) throws SQLException {
        List<Stored> found = new ArrayList<>();
        try (PreparedStatement query = c.prepareStatement(PAGE)) {
            query.setLong(1, after);
            query.setInt(2, limit);
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    found.add(stored(rows));
                }
            }
        }
        return found;
    }

    static Stored stored(ResultSet rows) throws SQLException {
        return new Stored(
                new Row(rows.getLong(1), rows.getLong(2), rows.getString(3), rows.getString(4), rows.getString(5)),
                rows.getBytes(6));
    }

    private static int put(Connection c, Stored stored) throws SQLException {
        try (var add = c.prepareStatement(ADD);
                var put = c.prepareStatement(PUT_HEAD)) {
            Row row = stored.row();
            add.setLong(1, row.id());
            add.setLong(2, row.atMs());
            add.setString(3, row.who());
            add.setString(4, row.action());
            add.setString(5, row.detail());
            add.setBytes(6, stored.hash());
            add.executeUpdate();
            put.setLong(1, row.id());
            put.setBytes(2, stored.hash());
            return put.executeUpdate();
        }
    }

    private static byte[] hash(byte[] before, Row row) {
        var bytes = new ByteArrayOutputStream();
        bytes.writeBytes(before);
        bytes.writeBytes(ByteBuffer.allocate(2 * Long.BYTES)
                .putLong(row.id())
                .putLong(row.atMs())
                .array());
        for (String text : List.of(row.who(), row.action(), row.detail())) {
            byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
            bytes.writeBytes(
                    ByteBuffer.allocate(Integer.BYTES).putInt(utf8.length).array());
            bytes.writeBytes(utf8);
        }
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes.toByteArray());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
