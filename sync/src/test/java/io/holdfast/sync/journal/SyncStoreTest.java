package io.holdfast.sync.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.engine.store.StorageException;
import io.holdfast.resp.Bytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SyncStoreTest {
    private Path file;
    private SyncStore store;

    @BeforeEach
    void begin(@TempDir Path directory) {
        file = directory.resolve("sync.db");
        store = SyncStore.open(file);
    }

    @AfterEach
    void end() {
        store.close();
    }

    @Test
    void connectionsAreRememberedAndForgotten() {
        var connections = store.connections();
        connections.remember("run-a", 7, 100);
        connections.remember("run-b", 7, 200);
        connections.remember("run-a", 7, 300);

        assertThat(reopened().connections().all())
                .containsExactly(
                        new UpstreamConnections.Opened("run-b", 7, 200),
                        new UpstreamConnections.Opened("run-a", 7, 300));

        store.connections().forget(List.of(new UpstreamConnections.Opened("run-b", 7, 200)));
        assertThat(reopened().connections().all()).extracting(c -> c.runId()).containsExactly("run-a");
    }

    @Test
    void replayStateBeginsAtNothing() {
        var replay = store.replay();

        assertThat(replay.acknowledged()).isZero();
        assertThat(replay.lastSent()).isZero();
        assertThat(replay.runId()).isEmpty();
        assertThat(replay.everWroteCursor()).isFalse();
    }

    @Test
    void replayStateSurvivesARestart() {
        var replay = store.replay();
        replay.sending(20);
        replay.sending(10);
        replay.acknowledge(15);
        replay.replayed(15, 1234);
        replay.sawRunId("run-a");
        replay.writingCursor();

        var after = reopened().replay();

        assertThat(after.lastSent()).isEqualTo(20);
        assertThat(after.acknowledged()).isEqualTo(15);
        assertThat(after.replayed()).isEqualTo(15);
        assertThat(after.lastSyncMs()).isEqualTo(1234);
        assertThat(after.runId()).contains("run-a");
        assertThat(after.everWroteCursor()).isTrue();
    }

    @Test
    void whatIsSentIsDurableAtOnceAndWhatIsAcknowledgedWithTheNextBatch() {
        store.replay().sending(20);
        store.replay().acknowledge(20);

        try (var other = SyncStore.open(file)) { // what a crash now would leave
            assertThat(other.replay().lastSent()).isEqualTo(20);
            assertThat(other.replay().acknowledged()).isZero();
        }
        store.replay().sending(30);
        try (var other = SyncStore.open(file)) {
            assertThat(other.replay().acknowledged()).isEqualTo(20);
        }
    }

    @Test
    void aDeadLetterIsKeptOnceHoweverOftenItsEntryIsReplayed() {
        var binary = Bytes.wrap(new byte[] {0, '\r', '\n', '$', -1, '*'});
        var letter = new DeadLetter(5, 1, 1000, 3, List.of(Bytes.of("SET"), binary, Bytes.EMPTY), binary, "WRONGTYPE");
        var keyless = new DeadLetter(6, 0, 1001, 0, List.of(Bytes.of("FLUSHALL")), null, "NOPERM");
        long id = store.deadLetters().add(letter);
        long again = store.deadLetters().add(letter);
        store.deadLetters().add(keyless);

        var letters = reopened().deadLetters();

        assertThat(again).isEqualTo(id);
        assertThat(letters.count()).isEqualTo(2);
        assertThat(letters.list(10)).extracting(stored -> stored.letter()).containsExactly(letter, keyless);
        assertThat(letters.list(1)).extracting(stored -> stored.state()).containsExactly(DeadLetters.State.OPEN);
    }

    @Test
    void onlyOldLettersThatWereDecidedOnAndLeftTheJournalAreForgotten() {
        for (int sequence = 1; sequence <= 4; sequence++) {
            store.deadLetters()
                    .addAll(List.of(new DeadLetter(
                            sequence, 0, 1000, 0, List.of(Bytes.of("DEL"), Bytes.of("k")), Bytes.of("k"), "NOPERM")));
        }
        store.deadLetters().discard(List.of(1L, 3L));
        store.deadLetters().requeueing(List.of(2L), 4);
        store.deadLetters().requeued(Map.of(2L, 5L));

        assertThat(store.deadLetters().forgetDecided(1000, 3)).isZero(); // not old
        assertThat(store.deadLetters().forgetDecided(1001, 3)).isEqualTo(1); // 2 is on its way, 3 in the journal
        assertThat(store.deadLetters().forgetDecided(1001, 6)).isEqualTo(2);

        assertThat(store.deadLetters().list(9))
                .extracting(DeadLetters.Stored::id)
                .containsExactly(4L);
    }

    @Test
    void onlyOldConflictsThatWereSettledAndLeftTheJournalAreForgotten() {
        for (int sequence = 1; sequence <= 3; sequence++) {
            store.conflicts().decided(sequence, sequence, List.of(conflict(sequence, null, null)), Map.of());
        }
        store.conflicts().resolve(List.of(1L, 2L), Conflicts.Choice.KEEP, store.deadLetters());

        assertThat(store.conflicts().forgetSettled(1000, 3)).isZero();
        assertThat(store.conflicts().forgetSettled(1001, 2)).isEqualTo(1);
        assertThat(store.conflicts().forgetSettled(1001, 9)).isEqualTo(1);

        assertThat(store.conflicts().list(0, 9))
                .extracting(Conflicts.Stored::id)
                .containsExactly(3L);
    }

    @Test
    void settingsSurviveARestart() {
        store.settings().put("offline", "maintenance");
        store.settings().put("offline", "upgrade");
        store.settings().put("other", "x");
        store.settings().remove("other");

        assertThat(reopened().settings().get("offline")).contains("upgrade");
        assertThat(store.settings().get("other")).isEmpty();
    }

    @Test
    void onlyTheOwnerMayReadTheFiles() throws IOException {
        store.settings().put("a", "b");
        try (var files = Files.list(file.resolveSibling(""))) {
            for (Path path : files.filter(Files::isRegularFile).toList()) {
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                        .as("%s", path)
                        .isEqualTo("rw-------");
            }
        }
    }

    @Test
    void aDatabaseOfSomebodyElseIsRefused() throws SQLException {
        Path other = file.resolveSibling("other.db");
        execute(other, "create table t (a)");

        assertThatThrownBy(() -> SyncStore.open(other))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("was not made by Holdfast");
    }

    @Test
    void aFileOfTheFormatBeforeLanesIsOpenedAsItWasLeft() throws SQLException {
        store.replay().sending(9);
        store.replay().acknowledge(7);
        store.replay().sawRunId("run-a");
        store.close();
        for (String step : List.of(
                "alter table replay_state rename to with_lanes",
                """
                create table replay_state (
                    singleton integer primary key check (singleton = 1),
                    acknowledged integer not null,
                    last_sent integer not null,
                    last_sync_ms integer not null,
                    replayed integer not null,
                    run_id text,
                    ever_wrote_cursor integer not null,
                    crc integer not null
                )
                """,
                """
                insert into replay_state
                select 1, acknowledged, last_sent, last_sync_ms, replayed, run_id, ever_wrote_cursor, crc from with_lanes
                """,
                "drop table with_lanes",
                "alter table conflict drop column upstream_node",
                "alter table conflict drop column local_client",
                "pragma user_version = 4")) {
            execute(file, step);
        }

        store = SyncStore.open(file);

        assertThat(store.replay().acknowledged()).isEqualTo(7);
        assertThat(store.replay().lastSent()).isEqualTo(9);
        assertThat(store.replay().runId()).contains("run-a");
        store.replay().sending(10);
        assertThat(reopened().replay().lastSent()).isEqualTo(10);
    }

    @ParameterizedTest
    @ValueSource(ints = {5, 6})
    void conflictsOfFormatsThatNamedFewerAreReadAndNewOnesNameAll(int format) throws SQLException {
        Conflict old = writeAConflict(format);

        store = SyncStore.open(file);
        List<Conflict> named = List.of(
                conflict(2, "0123", "default at 127.0.0.1:1"),
                conflict(3, null, "alice at 127.0.0.1:2"),
                conflict(4, "0123", null));
        store.conflicts().add(named);

        assertThat(reopened().conflicts().list(0, 9))
                .extracting(Conflicts.Stored::conflict)
                .containsExactly(old, named.get(0), named.get(1), named.get(2));
    }

    @ParameterizedTest
    @ValueSource(ints = {5, 6, SyncStore.VERSION})
    void theyAreSalvagedToo(int format) throws SQLException {
        Conflict old = writeAConflict(format);
        Path salvaged = file.resolveSibling("salvaged.db");

        assertThat(SyncSalvage.salvage(file, salvaged, 1)).isEmpty();

        store = SyncStore.open(salvaged);
        assertThat(store.conflicts().list(0, 9))
                .extracting(Conflicts.Stored::conflict)
                .containsExactly(old);
    }

    /** Closes the store, whose file is as one of {@code format} then. */
    private Conflict writeAConflict(int format) throws SQLException {
        Conflict conflict =
                conflict(1, format < 6 ? null : "0123", format < 7 ? null : "default at 127.0.0.1:1 (orders)");
        store.conflicts().add(List.of(conflict));
        store.close();
        if (format < 7) {
            execute(file, "alter table conflict drop column local_client");
        }
        if (format < 6) {
            execute(file, "alter table conflict drop column upstream_node");
        }
        execute(file, "pragma user_version = " + format);
        return conflict;
    }

    private static Conflict conflict(long sequence, @Nullable String upstreamNode, @Nullable String localClient) {
        List<Bytes> set = List.of(Bytes.of("SET"), Bytes.of("k"), Bytes.of("v"));
        return new Conflict(
                sequence,
                0,
                1000,
                900,
                0,
                0,
                Bytes.of("k"),
                null,
                "merge",
                Conflict.Winner.LOCAL,
                null,
                set,
                set,
                upstreamNode,
                localClient);
    }

    @Test
    void aFileThatIsOlderThanThatIsRefused() throws SQLException {
        store.close();
        execute(file, "pragma user_version = 3");

        assertThatThrownBy(() -> SyncStore.open(file))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("before its first release");

        execute(file, "pragma user_version = " + SyncStore.VERSION);
        store = SyncStore.open(file);
    }

    @Test
    void aNewerFormatIsRefused() throws SQLException {
        store.close();
        execute(file, "pragma user_version = " + (SyncStore.VERSION + 1));

        assertThatThrownBy(() -> SyncStore.open(file))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("newer Holdfast");
        execute(file, "pragma user_version = " + SyncStore.VERSION);
        store = SyncStore.open(file);
    }

    private SyncStore reopened() {
        store.close();
        store = SyncStore.open(file);
        return store;
    }

    private static void execute(Path database, String sql) throws SQLException {
        try (var connection = DriverManager.getConnection("jdbc:sqlite:" + database);
                var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
