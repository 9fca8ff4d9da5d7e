package io.holdfast.engine.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.engine.command.Effect;
import io.holdfast.engine.exec.Journal;
import io.holdfast.engine.keyspace.Keyspaces;
import io.holdfast.engine.store.Checkpointer.Pacing;
import io.holdfast.engine.store.Checkpointer.State;
import io.holdfast.engine.value.EncodingLimits;
import io.holdfast.engine.value.StringValue;
import io.holdfast.resp.Bytes;
import io.holdfast.testing.MemoryJournal;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointerTest {
    private static final Pacing PACING = new Pacing(1_000, 10_000, 500, 100);
    private static final long QUIET = 0;
    private static final long BUSY = 500;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path directory;

    private final Keyspaces memory = new Keyspaces(1, new SplittableRandom(1));
    private final MemoryJournal journal = new MemoryJournal();
    /** The engine loop: this test runs its tasks. */
    private final LinkedBlockingQueue<Runnable> loop = new LinkedBlockingQueue<>();

    private long nowMs = 5_000;

    @SuppressWarnings("NullAway.Init")
    private Database database;

    @SuppressWarnings("NullAway.Init")
    private Checkpointer checkpointer;

    @BeforeEach
    void open() {
        database = Database.open(directory);
        checkpointer = new Checkpointer(
                memory.changes(),
                journal,
                database,
                loop::add,
                PACING,
                () -> 1_000_000 + nowMs,
                () -> nowMs,
                Executors.newSingleThreadExecutor());
    }

    @AfterEach
    void close() {
        checkpointer.close();
    }

    @Test
    void beginsWhenTheIntervalIsOverAndSomethingIsOwed() throws InterruptedException {
        nowMs += 1_000;
        checkpointer.maybeBegin(QUIET);
        assertThat(checkpointer.status().state()).isEqualTo(State.IDLE);

        set("k", "v");
        checkpointer.maybeBegin(QUIET);
        runLoopUntil(State.IDLE);

        assertThat(database.checkpointedSequence()).isEqualTo(1);
        assertThat(checkpointer.status()).isEqualTo(new Checkpointer.Status(State.IDLE, 1_006_000, 3, 0, 0, null));
        checkpointer.maybeBegin(QUIET);
        assertThat(checkpointer.status().state()).isEqualTo(State.IDLE);
    }

    @Test
    void waitsLongerWhileManyCommandsCome() throws InterruptedException {
        set("k", "v");
        nowMs += 9_999;
        checkpointer.maybeBegin(BUSY);
        assertThat(checkpointer.status().state()).isEqualTo(State.IDLE);

        nowMs += 1;
        checkpointer.maybeBegin(BUSY);
        runLoopUntil(State.IDLE);

        assertThat(database.checkpointedSequence()).isEqualTo(1);
    }

    @Test
    void waitsForNothingWhenMuchIsOwed() throws InterruptedException {
        for (int i = 0; i <= PACING.keysMax(); i++) {
            set("k" + i, "v");
        }

        checkpointer.maybeBegin(BUSY);
        runLoopUntil(State.IDLE);

        assertThat(database.checkpointedSequence()).isEqualTo(101);
    }

    @Test
    void whoWantsTheTablesUpToDateWaitsForNoRest() throws InterruptedException {
        set("k", "v");
        var asked = checkpointer.upToDate();
        assertThat(asked).isNotDone();

        checkpointer.maybeBegin(BUSY);
        runLoopUntil(State.IDLE);

        assertThat(asked).isCompleted();
        assertThat(database.checkpointedSequence()).isEqualTo(1);
        assertThat(checkpointer.upToDate()).isCompleted();
    }

    @Test
    void whoAsksWhileACheckpointIsUnderWayWaitsForTheNext() throws InterruptedException {
        set("k", "v");
        checkpointer.upToDate();
        checkpointer.maybeBegin(QUIET);
        set("l", "v");
        var asked = checkpointer.upToDate();
        runLoopUntil(State.IDLE);
        assertThat(asked).isNotDone();

        checkpointer.maybeBegin(BUSY);
        runLoopUntil(State.IDLE);

        assertThat(asked).isCompleted();
        assertThat(database.checkpointedSequence()).isEqualTo(2);
    }

    @Test
    void whoAsksAndGetsNoCheckpointHearsOfIt() throws SQLException, InterruptedException {
        sql("create trigger full before insert on string_value begin select raise(abort, 'no room'); end");
        set("k", "v");
        var asked = checkpointer.upToDate();

        checkpointer.maybeBegin(QUIET);
        runLoopUntil(State.FAILED);

        assertThat(asked).isCompletedExceptionally();
        assertThat(checkpointer.upToDate()).isCompletedExceptionally();
        sql("drop trigger full");
    }

    @Test
    void clientsAreServedBetweenSlicesAndTheCutStands() throws InterruptedException {
        for (int i = 0; i < 2_000; i++) {
            set("k" + i, "at the cut");
        }
        checkpointer.maybeBegin(QUIET);
        assertThat(checkpointer.status().state()).isEqualTo(State.COLLECTING);
        Map<String, String> cut = Contents.of(memory);

        set("k1999", "later");
        set("k2000", "later");
        runLoopUntil(State.IDLE);

        assertThat(database.checkpointedSequence()).isEqualTo(2_000);
        assertThat(load()).isEqualTo(cut);
        assertThat(checkpointer.status().keysOwed()).isEqualTo(2);
    }

    @Test
    void theJournalIsSyncedBeforeAndToldAfterwards() {
        set("k", "v");

        checkpointer.checkpointNow();

        assertThat(journal.syncs()).isEqualTo(1);
        assertThat(journal.lastCheckpoint()).isEqualTo(1);
    }

    @Test
    void nothingBeginsWhileEntriesAreOnlyStaged() {
        set("k", "v");
        journal.stage(Journal.Scope.LOCAL, nowMs, List.of(Effect.of(0, Bytes.of("DEL"), Bytes.of("x"))));
        nowMs += 20_000;

        checkpointer.maybeBegin(QUIET);

        assertThat(checkpointer.status().state()).isEqualTo(State.IDLE);
        assertThatThrownBy(checkpointer::checkpointNow).isInstanceOf(IllegalStateException.class);
        journal.commit();
    }

    @Test
    void nothingIsWrittenOnceTheJournalHasFailed() {
        set("k", "v");
        journal.failDisk();

        assertThatThrownBy(checkpointer::checkpointNow).isInstanceOf(StorageException.class);
        nowMs += 100_000;
        checkpointer.maybeBegin(QUIET);

        assertThat(journal.hasFailed()).isTrue();
        assertThat(database.checkpointedSequence()).isZero();
        assertThat(checkpointer.status().state()).isEqualTo(State.FAILED);
    }

    @Test
    void checkpointNowEndsTheOneUnderWayFirst() {
        for (int i = 0; i < 2_000; i++) {
            set("k" + i, "first");
        }
        checkpointer.maybeBegin(QUIET);
        set("k5", "second");

        checkpointer.checkpointNow();
        loop.forEach(Runnable::run); // what the first one left behind does no harm

        assertThat(load()).isEqualTo(Contents.of(memory));
        assertThat(database.checkpointedSequence()).isEqualTo(2_001);
        assertThat(checkpointer.status().state()).isEqualTo(State.IDLE);
    }

    @Test
    void aCheckpointThatFailsIsWrittenAgainAfterAPauseAndNothingIsLost() throws SQLException, InterruptedException {
        set("gone", "v");
        set("kept", "v");
        checkpointer.checkpointNow();
        sql("create trigger full before insert on string_value begin select raise(abort, 'no room'); end");
        memory.get(0).remove(Bytes.of("gone"), nowMs);
        set("kept", "changed");
        nowMs += 1_000;
        checkpointer.maybeBegin(QUIET);
        runLoopUntil(State.FAILED);
        assertThat(checkpointer.status().failure()).contains("no room");

        set("meanwhile", "v");
        nowMs += 999;
        checkpointer.maybeBegin(QUIET);
        assertThat(checkpointer.status().state()).isEqualTo(State.FAILED);
        sql("drop trigger full");
        nowMs += 1;
        checkpointer.maybeBegin(QUIET);
        runLoopUntil(State.IDLE);
        assertThat(load()).containsOnlyKeys("0/kept");
        assertThat(checkpointer.status().failure()).isNull();

        nowMs += 1_000;
        checkpointer.maybeBegin(QUIET);
        runLoopUntil(State.IDLE);
        assertThat(load()).isEqualTo(Contents.of(memory)).containsOnlyKeys("0/kept", "0/meanwhile");
    }

    @Test
    void theEndOfAGracefulStopWritesWhatIsOwed() {
        set("k", "v");

        checkpointer.close();

        database = Database.open(directory);
        assertThat(load()).containsOnlyKeys("0/k");
        database.close();
    }

    /** As a handler and the end of its turn do. */
    private void set(String key, String value) {
        memory.get(0).put(Bytes.of(key), new StringValue(Bytes.of(value)));
        journal.stage(
                Journal.Scope.LOCAL, nowMs, List.of(Effect.of(0, Bytes.of("SET"), Bytes.of(key), Bytes.of(value))));
        journal.commit();
    }

    private void runLoopUntil(State wanted) throws InterruptedException {
        do {
            Objects.requireNonNull(loop.poll(10, TimeUnit.SECONDS), "nothing happened")
                    .run();
        } while (checkpointer.status().state() != wanted);
    }

    private Map<String, String> load() {
        var loaded = new Keyspaces(1, new SplittableRandom(1));
        database.load(loaded, EncodingLimits.DEFAULT);
        return Contents.of(loaded);
    }

    private void sql(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("storage.db"));
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
