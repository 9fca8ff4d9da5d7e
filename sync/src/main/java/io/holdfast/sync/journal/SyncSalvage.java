package io.holdfast.sync.journal;

import io.holdfast.engine.store.StorageException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Copies every row of a damaged {@code sync.db} that matches its checksum into a new one. For one thread. */
final class SyncSalvage {
    private final Connection from;
    private final List<String> lost = new ArrayList<>();

    private SyncSalvage(Connection from) {
        this.from = from;
    }

    /** Takes one row over, after comparing it with its checksum. */
    private interface Row {
        void take(ResultSet row) throws SQLException;
    }

    /** Whether every row of the store can be read and is as it was written. */
    static boolean isWhole(Path file) {
        try (var store = SyncStore.open(file)) {
            store.connections().all();
            store.deadLetters().list(Integer.MAX_VALUE);
            store.settings().all();
            store.conflicts().list(0, Integer.MAX_VALUE);
            store.conflicts().diverging();
            return true;
        } catch (StorageException damaged) {
            return false;
        }
    }

    /**
     * Salvages one file into another, which is made.
     *
     * @param newestEntry the newest of the journal: where it is not known what was sent upstream, all may have been
     * @return a line for whatever is lost
     */
    static List<String> salvage(Path damaged, Path into, long newestEntry) {
        try (Connection from = DriverManager.getConnection("jdbc:sqlite:" + damaged.toAbsolutePath());
                var to = SyncStore.open(into)) {
            var salvage = new SyncSalvage(from);
            salvage.run(to, newestEntry);
            return List.copyOf(salvage.lost);
        } catch (SQLException e) {
            throw new StorageException(damaged + " cannot be opened: " + e.getMessage(), e);
        }
    }

    private void run(SyncStore to, long newestEntry) {
        var replay = new ReplayState.Row[1];
        copy("how far replay got", ReplayState.ALL, row -> replay[0] = ReplayState.checked(row));
        if (replay[0] != null) {
            to.replay().restore(replay[0]);
        } else {
            // The upstream's cursor is the truth: it says what it holds of what may have been sent.
            to.replay().sending(newestEntry);
            to.replay().writingCursor();
        }
        copy("an upstream connection, which cannot be fenced any more", UpstreamConnections.ALL, row -> {
            UpstreamConnections.Opened opened = UpstreamConnections.checked(row);
            to.connections().remember(opened.runId(), opened.clientId(), opened.openedAtMs());
        });
        copy("a setting", Settings.ALL, row -> to.settings().put(row.getString(1), Settings.checked(row)));
        copy("a row of the audit trail", AuditTrail.ALL, row -> to.audit().restore(AuditTrail.stored(row)));
        copy("a dead letter", DeadLetters.ALL, row -> to.deadLetters().restore(DeadLetters.stored(row)));
        copy(
                "a conflict",
                Conflicts.allWithout(missing("conflict", Conflicts.LATER_COLUMNS)),
                row -> to.conflicts().add(List.of(Conflicts.stored(row).conflict())));
    }

    /** Which of {@code columns} the file's table lacks, for it was of an earlier format; all where that cannot be read. */
    private Set<String> missing(String table, List<String> columns) {
        Set<String> missing = new HashSet<>(columns);
        try (var statement = from.createStatement();
                ResultSet rows = statement.executeQuery("select name from pragma_table_info('" + table + "')")) {
            while (rows.next()) {
                missing.remove(rows.getString(1));
            }
        } catch (SQLException e) {
            return Set.copyOf(columns); // what the file has of them is tried, and said, right after this
        }
        return missing;
    }

    private void copy(String what, String sql, Row row) {
        try (var statement = from.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                try {
                    row.take(rows);
                } catch (SQLException damaged) {
                    lost.add("sync.db: " + what);
                }
            }
        } catch (SQLException e) {
            lost.add("sync.db: " + what + ", and whatever follows (" + e.getMessage() + ")");
        }
    }
}
