package io.holdfast.sync.journal;

import static io.holdfast.sync.journal.JournalFixture.set;
import static io.holdfast.sync.journal.JournalFixture.values;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.engine.exec.Journal.Scope;
import io.holdfast.engine.store.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalDurabilityTest {
    private JournalFixture fixture;

    @BeforeEach
    void begin(@TempDir Path directory) {
        fixture = new JournalFixture(directory);
    }

    @AfterEach
    void end() {
        fixture.close();
    }

    @Test
    void alwaysLosesNothingThatWasAcknowledged() throws IOException {
        fixture.appendFsync = AppendFsync.ALWAYS;
        fixture.segmentBytesMax = 500;
        var acknowledged = new ArrayList<String>();
        var journal = fixture.open();
        for (int i = 0; i < 50; i++) {
            fixture.write(journal, Scope.LOCAL, "value " + i);
            acknowledged.add("value " + i);
        }
        assertThat(journal.status().syncedSequence()).isEqualTo(50);

        fixture.files.losePower();

        assertThat(values(fixture.open())).isEqualTo(acknowledged);
    }

    @Test
    void everySecondLosesOnlyWhatWasNotSynced() throws IOException {
        fixture.appendFsync = AppendFsync.EVERYSEC;
        fixture.segmentBytesMax = 500;
        var journal = fixture.open(); // the clock stands still: nothing is due
        for (int i = 0; i < 23; i++) {
            fixture.write(journal, Scope.LOCAL, "value " + i);
        }
        journal.sync();
        long synced = journal.status().syncedSequence();
        fixture.write(journal, Scope.LOCAL, "value 23");

        fixture.files.losePower();

        assertThat(synced).isEqualTo(23);
        assertThat(values(fixture.open())).hasSize(23);
    }

    @Test
    void aKillLosesNothingThatWasCommittedInAnySetting() {
        for (AppendFsync setting : AppendFsync.values()) {
            fixture.appendFsync = setting;
            var journal = fixture.open();
            long last = fixture.write(journal, Scope.LOCAL, "x");

            assertThat(fixture.open().lastSequence()).as("%s", setting).isEqualTo(last);
            journal.close();
        }
    }

    @Test
    void everySecondTheSyncThreadSyncs() {
        fixture.appendFsync = AppendFsync.EVERYSEC;
        var journal = fixture.open();
        fixture.write(journal, Scope.LOCAL, "a");
        fixture.tick(JournalSync.INTERVAL_NANOS);

        Awaitility.await().until(() -> journal.status().syncedSequence() == 1);

        assertThat(journal.status().lastSyncMs()).isEqualTo(JournalFixture.START_MS);
    }

    @Test
    void theSettingCanBeChangedWhileWriting() throws IOException {
        var journal = fixture.open();
        fixture.write(journal, Scope.LOCAL, "a");
        long before = journal.status().syncedSequence();

        journal.setAppendFsync(AppendFsync.ALWAYS);
        fixture.write(journal, Scope.LOCAL, "b");

        assertThat(before).isZero();
        assertThat(journal.status().syncedSequence()).isEqualTo(2);
        journal.setAppendFsync(AppendFsync.NO);
        fixture.write(journal, Scope.LOCAL, "c");
        fixture.files.losePower();
        assertThat(values(fixture.open())).containsExactly("a", "b");
    }

    @Test
    void aCommitWaitsWhileASyncIsOverdue() throws Exception {
        fixture.appendFsync = AppendFsync.EVERYSEC;
        var journal = fixture.open();
        fixture.write(journal, Scope.LOCAL, "a");
        var gate = fixture.files.holdSyncs();
        var syncing = CompletableFuture.runAsync(journal::sync, task -> new Thread(task).start());
        assertThat(fixture.files.syncEntered().await(10, TimeUnit.SECONDS)).isTrue();
        fixture.write(journal, Scope.LOCAL, "b"); // a sync is running, but not for long
        fixture.tick(JournalSync.OVERDUE_NANOS + 1);

        var writing = CompletableFuture.runAsync(
                () -> fixture.write(journal, Scope.LOCAL, "c"), task -> new Thread(task).start());
        Awaitility.await().until(() -> journal.status().delayedCommits() == 1);
        long committedMeanwhile = journal.committedSequence();
        gate.countDown();

        syncing.get(10, TimeUnit.SECONDS);
        writing.get(10, TimeUnit.SECONDS);
        assertThat(committedMeanwhile).isEqualTo(2);
        assertThat(journal.committedSequence()).isEqualTo(3);
    }

    @Test
    void aFullDiskFailsTheCommitAndLeavesNoTrace() throws IOException {
        var random = new SplittableRandom(5);
        var journal = fixture.open();
        fixture.write(journal, Scope.LOCAL, "a");
        long bytes = Files.size(fixture.newestSegment());
        fixture.files.failWrite(1, 1 + random.nextInt(40));

        assertThatThrownBy(() -> fixture.write(journal, Scope.LOCAL, "b"))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining(fixture.newestSegment().toString())
                .hasMessageContaining("No space left on device");

        assertThat(Files.size(fixture.newestSegment())).isEqualTo(bytes);
        assertThat(journal.lastSequence()).isEqualTo(1);
        assertThat(journal.hasStaged()).isFalse();
        assertThat(values(journal)).containsExactly("a");
        assertThat(journal.hasFailed()).isTrue();
        assertThat(journal.status().failure()).contains("No space left");
    }

    @Test
    void afterAFailureEverythingIsRefusedUntilTheJournalIsOpenedAgain() {
        var journal = fixture.open();
        fixture.files.failWrite(1, 3);
        assertThatThrownBy(() -> fixture.write(journal, Scope.LOCAL, "a")).isInstanceOf(StorageException.class);
        fixture.files.failWrite(Integer.MAX_VALUE, 0);

        assertThatThrownBy(() -> journal.stage(Scope.LOCAL, JournalFixture.START_MS, List.of(set("b"))))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("refuses writes");
        journal.close();
        assertThat(fixture.write(fixture.open(), Scope.LOCAL, "c")).isEqualTo(1);
    }

    @Test
    void aWriteThatCouldNotBeTakenBackIsCutAtTheNextStart() {
        var journal = fixture.open();
        fixture.write(journal, Scope.LOCAL, "a");
        fixture.files.failTruncate();
        fixture.files.failWrite(1, 20);
        assertThatThrownBy(() -> fixture.write(journal, Scope.LOCAL, "b")).isInstanceOf(StorageException.class);
        journal.close();

        var reopened = SegmentJournal.open(
                fixture.directory,
                new NodeIdentity(7, 8, 2),
                JournalOptions.DEFAULT,
                DiskRoom.of(fixture.directory),
                () -> 0,
                () -> 0);

        assertThat(values(reopened)).containsExactly("a");
        reopened.close();
    }

    @Test
    void shortWritesAreGoneOnWith() {
        fixture.files.writeAtMost(7);
        var journal = fixture.open();
        fixture.write(journal, Scope.LOCAL, "a long value that takes several writes");

        assertThat(values(fixture.open())).containsExactly("a long value that takes several writes");
    }

    @Test
    void aFailedSyncFailsTheCommitAndIsNeverTriedAgain() throws IOException {
        fixture.appendFsync = AppendFsync.ALWAYS;
        var journal = fixture.open();
        fixture.write(journal, Scope.LOCAL, "a");
        fixture.files.failSync(1);
        assertThatThrownBy(() -> fixture.write(journal, Scope.LOCAL, "b"))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("Input/output error");
        fixture.files.failSync(Integer.MAX_VALUE);

        assertThatThrownBy(journal::sync).isInstanceOf(StorageException.class);
        assertThatThrownBy(() -> fixture.write(journal, Scope.LOCAL, "c")).isInstanceOf(StorageException.class);
        assertThat(values(journal)).containsExactly("a");
        journal.close();
        assertThat(values(fixture.open())).containsExactly("a");
    }

    @Test
    void aSyncThatFailsInTheBackgroundRefusesTheNextWrite() {
        fixture.appendFsync = AppendFsync.EVERYSEC;
        var journal = fixture.open();
        fixture.write(journal, Scope.LOCAL, "a");
        fixture.files.failSync(1);
        assertThatThrownBy(journal::sync).isInstanceOf(StorageException.class);

        assertThatThrownBy(() -> fixture.write(journal, Scope.LOCAL, "b")).isInstanceOf(StorageException.class);
        assertThat(values(journal)).containsExactly("a");
    }

    @Test
    void aSegmentThatCannotBeBegunFailsTheCommit() {
        fixture.segmentBytesMax = 1;
        var journal = fixture.open();
        fixture.write(journal, Scope.LOCAL, "a");
        fixture.files.failWrite(1, 10);

        assertThatThrownBy(() -> fixture.write(journal, Scope.LOCAL, "b"))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("new journal segment");

        journal.close();
        fixture.files.failWrite(Integer.MAX_VALUE, 0);
        var reopened = fixture.open();
        assertThat(values(reopened)).containsExactly("a");
        assertThat(fixture.write(reopened, Scope.LOCAL, "c")).isEqualTo(2);
    }
}
