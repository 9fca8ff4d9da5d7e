package io.holdfast.sync.journal;

import io.holdfast.engine.store.RowChecksum;
import io.holdfast.resp.Bytes;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A row of the table {@code replay_state}: how far replay got in one lane, as far as this side knows. The upstream's cursor is the
 * truth; a crash may take acknowledgements of the last batch, never {@link #lastSent}.
 */
public final class ReplayState {
    /** What is replayed in one order, behind one cursor. A cluster would have a lane for each slot that is written to. */
    public static final int ONLY_LANE = 0;

    static final String TABLE = """
            create table replay_state (
                lane integer primary key,
                acknowledged integer not null,
                last_sent integer not null,
                last_sync_ms integer not null,
                replayed integer not null,
                run_id text,
                ever_wrote_cursor integer not null,
                crc integer not null -- over all but lane
            )
            """;
    static final String ROW = """
            insert into replay_state
                (lane, acknowledged, last_sent, last_sync_ms, replayed, run_id, ever_wrote_cursor, crc)
            values (0, 0, 0, 0, 0, null, 0, 1747664220)
            """;

    /** From format 4, which had one row and no lanes. */
    static final List<String> UPGRADE = List.of(
            "alter table replay_state rename to replay_state_without_lanes",
            TABLE,
            """
            insert into replay_state
                (lane, acknowledged, last_sent, last_sync_ms, replayed, run_id, ever_wrote_cursor, crc)
            select 0, acknowledged, last_sent, last_sync_ms, replayed, run_id, ever_wrote_cursor, crc
            from replay_state_without_lanes
            """,
            "drop table replay_state_without_lanes");

    /** Of every lane; in format 4 as well. */
    static final String ALL = """
            select acknowledged, last_sent, last_sync_ms, replayed, run_id, ever_wrote_cursor, crc from replay_state
            """;

    private static final String GET = ALL + " where lane = ?";
    private static final String PUT = """
            update replay_state
            set acknowledged = ?, last_sent = ?, last_sync_ms = ?, replayed = ?, run_id = ?, ever_wrote_cursor = ?, crc = ?
            where lane = ?
            """;

    private final SqliteFile file;
    private final int lane;
    private Row row;
    private boolean changed;

    record Row(
            long acknowledged,
            long lastSent,
            long lastSyncMs,
            long replayed,
            @Nullable String runId,
            boolean wroteCursor) {
        long checksum() {
            return new RowChecksum()
                    .of(acknowledged)
                    .and(lastSent)
                    .and(lastSyncMs)
                    .and(replayed)
                    .and(runId == null ? Bytes.EMPTY : Bytes.of(runId))
                    .and(wroteCursor ? 1L : 0L)
                    .value();
        }
    }

    ReplayState(SqliteFile file, int lane) {
        this.file = file;
        this.lane = lane;
        row = file.run("read how far replay got", c -> {
            try (var query = c.prepareStatement(GET)) {
                query.setInt(1, lane);
                try (var rows = query.executeQuery()) {
                    SqliteFile.require(rows.next(), "how far replay got");
                    return checked(rows);
                }
            }
        });
    }

    static Row checked(ResultSet rows) throws SQLException {
        var found = new Row(
                rows.getLong(1),
                rows.getLong(2),
                rows.getLong(3),
                rows.getLong(4),
                rows.getString(5),
                rows.getBoolean(6));
        SqliteFile.require(found.checksum() == rows.getLong(7), "how far replay got");
        return found;
    }

    /** Says what another store said; durable when it returns. */
    synchronized void restore(Row other) {
        change(other);
        flush();
    }

    /** The newest entry that the upstream is known to hold; 0 when none is. */
    public synchronized long acknowledged() {
        return row.acknowledged;
    }

    /**
     * Notes what the upstream's cursor says; smaller than before after a failover to a stale replica. Kept in memory until
     * the next durable call: a crash repeats the question, not the entries.
     */
    public synchronized void acknowledge(long sequence) {
        change(new Row(sequence, row.lastSent, row.lastSyncMs, row.replayed, row.runId, row.wroteCursor));
    }

    /** The newest entry that may ever have been sent: a cursor beyond it was not written by this node. */
    public synchronized long lastSent() {
        return row.lastSent;
    }

    /**
     * Says that entries up to {@code sequence} may be sent from now on; durable when it returns. It may be further than the
     * next batch, so that one sync serves several. Never goes back.
     */
    public synchronized void sending(long sequence) {
        if (sequence > row.lastSent) {
            change(new Row(row.acknowledged, sequence, row.lastSyncMs, row.replayed, row.runId, row.wroteCursor));
            flush();
        }
    }

    /** Entries ever replayed. */
    public synchronized long replayed() {
        return row.replayed;
    }

    /** When the upstream last took entries, Unix milliseconds; 0 before the first time. */
    public synchronized long lastSyncMs() {
        return row.lastSyncMs;
    }

    /** Counts entries that the upstream took at {@code atMs}. Kept in memory until the next durable call. */
    public synchronized void replayed(long entries, long atMs) {
        change(new Row(row.acknowledged, row.lastSent, atMs, row.replayed + entries, row.runId, row.wroteCursor));
    }

    /** The upstream process that was seen last. */
    public synchronized Optional<String> runId() {
        return Optional.ofNullable(row.runId);
    }

    /** Notes which upstream process answers; durable when it returns. */
    public synchronized void sawRunId(String runId) {
        if (!runId.equals(row.runId)) {
            change(new Row(row.acknowledged, row.lastSent, row.lastSyncMs, row.replayed, runId, row.wroteCursor));
            flush();
        }
    }

    /** True when the upstream may ever have held our cursor: that it is missing then means something. */
    public synchronized boolean everWroteCursor() {
        return row.wroteCursor;
    }

    /** Says that the cursor is about to be written for the first time; durable when it returns. */
    public synchronized void writingCursor() {
        if (!row.wroteCursor) {
            change(new Row(row.acknowledged, row.lastSent, row.lastSyncMs, row.replayed, row.runId, true));
            flush();
        }
    }

    /** Writes what was kept in memory; durable when it returns. */
    public synchronized void flush() {
        if (changed) {
            file.run("note how far replay got", c -> {
                try (var put = c.prepareStatement(PUT)) {
                    return put(put);
                }
            });
            changed = false;
        }
    }

    private int put(PreparedStatement put) throws SQLException {
        put.setLong(1, row.acknowledged);
        put.setLong(2, row.lastSent);
        put.setLong(3, row.lastSyncMs);
        put.setLong(4, row.replayed);
        put.setString(5, row.runId);
        put.setBoolean(6, row.wroteCursor);
        put.setLong(7, row.checksum());
        put.setInt(8, lane);
        return put.executeUpdate();
    }

    private void change(Row changedRow) {
        row = changedRow;
        changed = true;
    }
}
