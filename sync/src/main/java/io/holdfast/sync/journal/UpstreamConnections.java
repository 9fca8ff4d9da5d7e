package io.holdfast.sync.journal;

import io.holdfast.engine.failpoint.Failpoint;
import io.holdfast.engine.store.RowChecksum;
import io.holdfast.resp.Bytes;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * The table {@code upstream_connection}: every connection on which this node may have written, so that a later one can
 * kill it before it reads the cursor. Client ids restart with the upstream, hence the {@code run_id} beside them.
 */
public final class UpstreamConnections {
    static final String TABLE = """
            create table upstream_connection (
                run_id text not null,
                client_id integer not null,
                opened_at_ms integer not null,
                crc integer not null,
                primary key (run_id, client_id)
            ) without rowid
            """;

    private static final String PUT = """
            insert into upstream_connection (run_id, client_id, opened_at_ms, crc) values (?, ?, ?, ?)
            on conflict (run_id, client_id) do update set opened_at_ms = excluded.opened_at_ms, crc = excluded.crc
            """;
    static final String ALL = """
            select run_id, client_id, opened_at_ms, crc from upstream_connection
            order by opened_at_ms, run_id, client_id
            """;
    private static final String FORGET = """
            delete from upstream_connection where run_id = ? and client_id = ?
            """;

    /**
     * One connection.
     *
     * @param runId the upstream's {@code run_id} then
     * @param clientId what {@code CLIENT ID} answered
     * @param openedAtMs Unix milliseconds
     */
    public record Opened(String runId, long clientId, long openedAtMs) {}

    private final SqliteFile file;

    UpstreamConnections(SqliteFile file) {
        this.file = file;
    }

    /** Notes a connection; durable when it returns, so to be called before anything is written on it. */
    public void remember(String runId, long clientId, long openedAtMs) {
        Failpoint.CONNECTION_BEFORE_RECORD.pass();
        file.run("remember an upstream connection", c -> {
            try (var put = c.prepareStatement(PUT)) {
                put.setString(1, runId);
                put.setLong(2, clientId);
                put.setLong(3, openedAtMs);
                put.setLong(4, checksum(new Opened(runId, clientId, openedAtMs)));
                return put.executeUpdate();
            }
        });
        Failpoint.CONNECTION_AFTER_RECORD.pass();
    }

    /** Every connection that is remembered, oldest first. */
    public List<Opened> all() {
        return file.run("read the upstream connections", c -> {
            List<Opened> all = new ArrayList<>();
            try (var query = c.prepareStatement(ALL);
                    var rows = query.executeQuery()) {
                while (rows.next()) {
                    all.add(checked(rows));
                }
            }
            return all;
        });
    }

    static Opened checked(ResultSet row) throws SQLException {
        var opened = new Opened(row.getString(1), row.getLong(2), row.getLong(3));
        SqliteFile.require(checksum(opened) == row.getLong(4), "an upstream connection");
        return opened;
    }

    private static long checksum(Opened opened) {
        return new RowChecksum()
                .of(opened.clientId())
                .and(opened.openedAtMs())
                .and(Bytes.of(opened.runId()))
                .value();
    }

    /** Forgets connections that can no longer write: killed, or of an upstream process that is gone. */
    public void forget(List<Opened> dead) {
        file.transaction("forget upstream connections", c -> {
            try (var forget = c.prepareStatement(FORGET)) {
                for (Opened connection : dead) {
                    forget.setString(1, connection.runId());
                    forget.setLong(2, connection.clientId());
                    forget.executeUpdate();
                }
            }
            return dead.size();
        });
    }
}
