package io.holdfast.sync.journal;

import io.holdfast.engine.store.RowChecksum;
import io.holdfast.resp.Bytes;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** The table {@code dead_letter}: effects that the upstream refused, until somebody decides what becomes of them. */
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
                state text not null default 'open',
                crc integer not null, -- over sequence, effect_index, at_ms, db, command, error
                unique (sequence, effect_index)
            )
            """;

    private static final String ADD = """
            insert into dead_letter (sequence, effect_index, at_ms, db, command, key, error, crc)
            values (?, ?, ?, ?, ?, ?, ?, ?)
            on conflict (sequence, effect_index) do update set at_ms = excluded.at_ms, error = excluded.error,
                crc = excluded.crc
            returning id
            """;
    private static final String COUNT = """
            select count(*) from dead_letter where state = 'open'
            """;
    static final String ALL = """
            select id, state, sequence, effect_index, at_ms, db, command, key, error, crc from dead_letter
            order by id
            """;
    private static final String LIST = ALL + " limit ?";

    private static final byte[] END_OF_LINE = {'\r', '\n'};

    /**
     * A dead letter in the table.
     *
     * @param id its number
     * @param state {@code open} until somebody decides
     */
    public record Stored(long id, String state, DeadLetter letter) {}

    private final SqliteFile file;

    DeadLetters(SqliteFile file) {
        this.file = file;
    }

    /** Keeps {@code letter}, once however often its entry is replayed; durable when it returns. Returns its number. */
    public long add(DeadLetter letter) {
        return file.run("keep a dead letter", c -> {
            try (var add = c.prepareStatement(ADD)) {
                Bytes key = letter.key();
                add.setLong(1, letter.sequence());
                add.setInt(2, letter.effectIndex());
                add.setLong(3, letter.atMs());
                add.setInt(4, letter.db());
                add.setBytes(5, encode(letter.command()));
                add.setBytes(6, key == null ? null : key.array());
                add.setString(7, letter.error());
                add.setLong(8, checksum(letter));
                try (var rows = add.executeQuery()) {
                    return rows.getLong(1);
                }
            }
        });
    }

    /** How many are open. */
    public long count() {
        return file.run("count dead letters", c -> {
            try (var query = c.prepareStatement(COUNT);
                    var rows = query.executeQuery()) {
                return rows.getLong(1);
            }
        });
    }

    /** The oldest ones in any state, at most {@code limit}. */
    public List<Stored> list(int limit) {
        return file.run("list dead letters", c -> {
            List<Stored> letters = new ArrayList<>();
            try (var query = c.prepareStatement(LIST)) {
                query.setInt(1, limit);
                try (var rows = query.executeQuery()) {
                    while (rows.next()) {
                        letters.add(stored(rows));
                    }
                }
            }
            return letters;
        });
    }

    static Stored stored(ResultSet rows) throws SQLException {
        byte[] key = rows.getBytes(8);
        var letter = new DeadLetter(
                rows.getLong(3),
                rows.getInt(4),
                rows.getLong(5),
                rows.getInt(6),
                decode(rows.getBytes(7)),
                key == null ? null : Bytes.wrap(key),
                rows.getString(9));
        SqliteFile.require(checksum(letter) == rows.getLong(10), "dead letter " + rows.getLong(1));
        return new Stored(rows.getLong(1), rows.getString(2), letter);
    }

    private static long checksum(DeadLetter letter) {
        return new RowChecksum()
                .of(letter.sequence())
                .and((long) letter.effectIndex())
                .and(letter.atMs())
                .and((long) letter.db())
                .and(Bytes.wrap(encode(letter.command())))
                .and(Bytes.of(letter.error()))
                .value();
    }

    static byte[] encode(List<Bytes> command) {
        var request = new ByteArrayOutputStream();
        request.writeBytes(line('*', command.size()));
        for (Bytes argument : command) {
            request.writeBytes(line('$', argument.length()));
            request.writeBytes(argument.array());
            request.writeBytes(END_OF_LINE);
        }
        return request.toByteArray();
    }

    /** The reverse of {@link #encode}; what it did not write is a fault of ours or of the disk. */
    static List<Bytes> decode(byte[] request) throws SQLException {
        try {
            var command = new ArrayList<Bytes>();
            int at = endOfLine(request, 0);
            while (at < request.length) {
                int start = endOfLine(request, at);
                int length = Integer.parseInt(
                        new String(request, at + 1, start - at - 1 - END_OF_LINE.length, StandardCharsets.ISO_8859_1));
                at = start + length + END_OF_LINE.length;
                Objects.checkIndex(at - 1, request.length);
                command.add(Bytes.copyOf(request, start, length));
            }
            return command;
        } catch (NumberFormatException | IndexOutOfBoundsException e) {
            throw new SQLException("a dead letter's command is damaged", e);
        }
    }

    private static byte[] line(char type, int number) {
        return (type + Integer.toString(number) + "\r\n").getBytes(StandardCharsets.ISO_8859_1);
    }

    private static int endOfLine(byte[] request, int from) {
        int at = from;
        while (request[at] != '\n') {
            at++;
        }
        return at + 1;
    }
}
