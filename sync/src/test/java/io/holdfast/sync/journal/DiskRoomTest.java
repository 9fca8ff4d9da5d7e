package io.holdfast.sync.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.engine.exec.Journal.Scope;
import io.holdfast.engine.store.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DiskRoomTest {
    private static final long MB = 1L << 20;
    private static final long PLENTY = 100_000 * MB;

    private final Path directory;
    private final JournalFixture fixture;
    private final DiskRoom room;
    private final Path reserve;

    DiskRoomTest(@TempDir Path directory) {
        this.directory = directory;
        fixture = new JournalFixture(directory);
        room = fixture.room;
        reserve = directory.resolve("reserve");
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void bytesAreSetAsideForTheirOwnerAlone() throws IOException {
        room.look(PLENTY, 0, 0);

        assertThat(room.shortage()).isNull();
        assertThat(reserve).hasSize(DiskRoom.RESERVE_BYTES);
        assertThat(Files.getPosixFilePermissions(reserve)).hasSize(2);
    }

    @Test
    void aDiskThatIsNearlyFullStopsWritesUntilMoreIsFree() {
        room.look(DiskRoom.STOP_BYTES - 1, 0, 0);

        assertThat(room.shortage()).isEqualTo("63 MB are free on the disk of " + directory);
        assertThat(room.isExhausted()).isFalse();
        room.look(DiskRoom.STOP_BYTES, 0, 0);
        assertThat(room.shortage()).isNotNull();
        room.look(DiskRoom.RESUME_BYTES, 0, 0);
        assertThat(room.shortage()).isNull();
    }

    @Test
    void whatIsWrittenBetweenTwoLooksCounts() {
        var looks = new AtomicInteger();
        room.onSpent(looks::incrementAndGet);
        assertThat(room.expect(PLENTY, 101 * MB, 100 * MB)).isFalse();
        assertThat(room.expect(PLENTY, 90 * MB, 100 * MB)).isTrue();
        room.written(10 * MB);
        assertThat(room.shortage()).isNull();
        room.written(1);

        assertThat(room.shortage()).isEqualTo(directory + " takes 100 MB of the 100 MB it may");
        assertThat(looks).hasValue(1);
        room.look(PLENTY, 50 * MB, 100 * MB); // some of that has gone since
        assertThat(room.shortage()).isNull();
        room.written(50 * MB);
        assertThat(room.shortage()).isNull();
        room.written(MB);
        assertThat(room.shortage()).isEqualTo(directory + " takes 101 MB of the 100 MB it may");
    }

    @Test
    void soDoesItOnADiskThatFills() {
        room.look(DiskRoom.STOP_BYTES + MB, 0, 0);
        room.written(MB);
        assertThat(room.shortage()).isNull();

        room.written(MB);

        assertThat(room.shortage()).isEqualTo("63 MB are free on the disk of " + directory);
    }

    @Test
    void theJournalTellsWhatItWrites() {
        room.look(PLENTY, 99 * MB, 100 * MB);
        var journal = fixture.open();
        journal.stage(Scope.LOCAL, JournalFixture.START_MS, List.of(JournalFixture.set("v".repeat(2 * (int) MB))));

        journal.commit();

        assertThat(journal.shortage()).isEqualTo(directory + " takes 101 MB of the 100 MB it may");
    }

    @Test
    void moreThanIsAllowedStopsWritesUntilItIsClearlyLess() {
        room.look(PLENTY, 101 * MB, 100 * MB);

        assertThat(room.shortage()).isEqualTo(directory + " takes 101 MB of the 100 MB it may");
        room.look(PLENTY, 96 * MB, 100 * MB);
        assertThat(room.shortage()).isNotNull();
        room.look(PLENTY, 95 * MB, 100 * MB);
        assertThat(room.shortage()).isNull();
    }

    @Test
    void aCommitThatFindsTheDiskFullIsWrittenInPlaceOfTheReserve() {
        room.look(PLENTY, 0, 0);
        var journal = fixture.open();
        fixture.write(journal, Scope.UPSTREAM, "before");
        fixture.files.fullWhileThereIs(reserve, 5);

        fixture.write(journal, Scope.UPSTREAM, "in between");

        assertThat(journal.hasFailed()).isFalse();
        assertThat(journal.isExhausted()).isTrue();
        assertThat(journal.shortage()).isEqualTo("the disk of " + directory + " is full");
        assertThat(reserve).doesNotExist();
        fixture.write(journal, Scope.UPSTREAM, "an expiry, which nobody refuses");
        journal.close();
        assertThat(JournalFixture.values(fixture.open()))
                .containsExactly("before", "in between", "an expiry, which nobody refuses");
    }

    @Test
    void aSegmentThatFindsTheDiskFullIsBegunInPlaceOfTheReserve() {
        fixture.segmentBytesMax = 1;
        room.look(PLENTY, 0, 0);
        var journal = fixture.open();
        fixture.write(journal, Scope.UPSTREAM, "before");
        fixture.files.fullWhileThereIs(reserve, 5);

        fixture.write(journal, Scope.UPSTREAM, "in the next");

        assertThat(journal.isExhausted()).isTrue();
        assertThat(journal.status().segments()).isEqualTo(2);
        assertThat(JournalFixture.values(journal)).containsExactly("before", "in the next");
    }

    @Test
    void nothingIsTakenUntilTheReserveIsWholeAgain() {
        room.look(PLENTY, 0, 0);
        var journal = fixture.open();
        fixture.files.fullWhileThereIs(reserve, 0);
        fixture.write(journal, Scope.LOCAL, "a");

        room.look(DiskRoom.STOP_BYTES, 0, 0);
        assertThat(journal.isExhausted()).isTrue();
        fixture.files.failWrite(1, 0);
        room.look(PLENTY, 0, 0);
        assertThat(journal.isExhausted()).isTrue();
        fixture.files.failWrite(Integer.MAX_VALUE, 0);
        fixture.files.fullWhileThereIs(directory.resolve("none"), 0);
        room.look(PLENTY, 0, 0);

        assertThat(journal.isExhausted()).isFalse();
        assertThat(journal.shortage()).isNull();
        assertThat(reserve).hasSize(DiskRoom.RESERVE_BYTES);
    }

    @Test
    void withoutAReserveAFullDiskIsAFailureThatIsNotHidden() {
        var journal = fixture.open();
        fixture.files.failWrite(1, 3);

        assertThatThrownBy(() -> fixture.write(journal, Scope.UPSTREAM, "a"))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("No space left");
        assertThat(journal.hasFailed()).isTrue();
    }

    @Test
    void anotherFailureOfTheDiskLeavesTheReserve() throws IOException {
        assertThat(DiskRoom.isFull(new IOException("Input/output error"))).isFalse();
        assertThat(DiskRoom.isFull(new IOException("Disk quota exceeded"))).isTrue();
        assertThat(DiskRoom.isFull(new IOException("There is not enough space on the disk")))
                .isTrue();
    }

    @Test
    void whatIsConfirmedInTheNewestSegmentCanGoWhenThatIsEnded() {
        var journal = fixture.open();
        fixture.write(journal, Scope.UPSTREAM, "a");
        journal.checkpointed(1);
        journal.confirmed(1);

        journal.beginSegment();
        journal.retain(new Retention(0, Duration.ZERO));

        assertThat(journal.status().segments()).isEqualTo(1);
        assertThat(journal.status().firstSequence()).isEqualTo(2);
        fixture.write(journal, Scope.UPSTREAM, "b");
        assertThat(journal.lastSequence()).isEqualTo(2);
    }
}
