package io.holdfast.sync.journal;

import static io.holdfast.sync.journal.JournalFixture.values;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.holdfast.engine.exec.Journal.Scope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** A segment that is longer than what is in it, as each is where every commit is synced. */
class SegmentAheadTest {
    private static final String ENDS_IN_ZEROS = "zeros\0\0\0";

    private final Logger log = (Logger) LoggerFactory.getLogger(JournalOpening.class);
    private Path directory;
    private JournalFixture fixture;

    @BeforeEach
    void begin(@TempDir Path temporary) {
        log.setLevel(Level.OFF); // thousands of torn journals are reported here
        directory = temporary;
        fixture = new JournalFixture(temporary);
        fixture.appendFsync = AppendFsync.ALWAYS;
    }

    @AfterEach
    void end() {
        fixture.close();
        log.setLevel(null);
    }

    @Test
    void aSegmentIsLongerThanWhatIsInItUntilItIsFullOrClosed() throws IOException {
        var journal = fixture.open();
        fixture.write(journal, Scope.LOCAL, "a");
        Path first = fixture.newestSegment();
        long ahead = Files.size(first);
        fixture.write(journal, Scope.LOCAL, "b");

        assertThat(ahead).isEqualTo(SegmentHeader.BYTES + recordBytes() + SegmentWriter.AHEAD_BYTES);
        assertThat(first).hasSize(ahead);
        journal.beginSegment();
        assertThat(first).hasSize(SegmentHeader.BYTES + 2 * recordBytes());
        fixture.write(journal, Scope.LOCAL, "c");
        journal.close();
        assertThat(fixture.newestSegment()).hasSize(SegmentHeader.BYTES + recordBytes());
        assertThat(values(fixture.open())).containsExactly("a", "b", "c");
    }

    /** Of a record with one letter. */
    private long recordBytes() throws IOException {
        var other = new JournalFixture(Files.createTempDirectory(directory, "other"));
        try (other) {
            other.write(other.open(), Scope.LOCAL, "a");
            return Files.size(other.newestSegment()) - SegmentHeader.BYTES;
        }
    }

    @Test
    void itIsLengthenedAgainWhereItsZerosEnd() throws IOException {
        var journal = fixture.open();
        String value = "v".repeat(SegmentWriter.AHEAD_BYTES / 3);
        for (int i = 0; i < 10; i++) {
            fixture.write(journal, Scope.LOCAL, value);
            assertThat(Files.size(fixture.newestSegment()))
                    .isGreaterThanOrEqualTo(journal.status().bytes());
        }

        assertThat(values(fixture.open())).hasSize(10).containsOnly(value);
    }

    @Test
    void noZerosAreWrittenWhereCommitsAreNotSynced() throws IOException {
        fixture.appendFsync = AppendFsync.EVERYSEC;
        var journal = fixture.open();
        fixture.write(journal, Scope.LOCAL, "a");
        long grown = Files.size(fixture.newestSegment());

        journal.setAppendFsync(AppendFsync.ALWAYS);
        fixture.write(journal, Scope.LOCAL, "b");

        assertThat(grown).isEqualTo(SegmentHeader.BYTES + recordBytes());
        assertThat(Files.size(fixture.newestSegment())).isEqualTo(grown + recordBytes() + SegmentWriter.AHEAD_BYTES);
    }

    @Test
    void whatAKillLeavesIsNotTakenForATornRecord() {
        var killed = fixture.open();
        fixture.write(killed, Scope.LOCAL, "a");
        fixture.write(killed, Scope.LOCAL, ENDS_IN_ZEROS);

        var journal = fixture.open();

        assertThat(journal.status().cutBytes()).isZero();
        assertThat(journal.loss()).isNull();
        fixture.write(journal, Scope.LOCAL, "c");
        assertThat(values(journal)).containsExactly("a", ENDS_IN_ZEROS, "c");
    }

    @Test
    void aFullSegmentThatCouldNotBeCutIsReadToItsEnd() {
        fixture.segmentBytesMax = 1;
        fixture.files.failTruncate();
        var killed = fixture.open();
        fixture.write(killed, Scope.UPSTREAM, "a");
        fixture.write(killed, Scope.LOCAL, ENDS_IN_ZEROS);
        fixture.write(killed, Scope.LOCAL, "c");
        var other = new JournalFixture(directory);

        try (other;
                var journal = other.open()) {
            assertThat(other.segments().stream().limit(2))
                    .allSatisfy(full -> assertThat(Files.size(full)).isGreaterThan(SegmentWriter.AHEAD_BYTES));
            assertThat(values(journal)).containsExactly("a", ENDS_IN_ZEROS, "c");
            journal.checkpointed(3);
            journal.confirmed(1);
            assertThat(journal.status().bytes()).isLessThan(SegmentWriter.AHEAD_BYTES);
        }
    }

    @Test
    void aRecordThatIsTornWithinTheZerosIsCut() throws IOException {
        int start = writeTwo("a", "b".repeat(2000));
        byte[] whole = Files.readAllBytes(fixture.newestSegment());
        for (int end = start + 1; end < content(whole); end += 7) {
            byte[] torn = whole.clone();
            Arrays.fill(torn, end, torn.length, (byte) 0);
            Files.write(fixture.newestSegment(), torn);
            try (var journal = fixture.open()) {
                assertThat(values(journal)).as("torn at %d", end).containsExactly("a");
                assertThat(journal.status().cutBytes()).isEqualTo(Math.max(0, content(torn) - start));
                if (end < content(whole) - 512) { // where a sector is missing nobody was told that it is there
                    assertThat(journal.loss()).as("torn at %d", end).isNull();
                }
                assertThat(fixture.write(journal, Scope.LOCAL, "again")).isEqualTo(2);
            }
        }
    }

    @Test
    void aBitThatFlipsInTheNewestRecordIsToldOf() throws IOException {
        int start = writeTwo("a", "b".repeat(2000));
        byte[] whole = Files.readAllBytes(fixture.newestSegment());
        for (int bit = start * 8;
                bit < content(whole) * 8;
                bit += bit < (start + RecordFormat.HEADER_BYTES) * 8 ? 1 : 61) {
            byte[] flipped = whole.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            Files.write(fixture.newestSegment(), flipped);
            try (var journal = fixture.open()) {
                assertThat(values(journal)).as("bit %d", bit).containsExactly("a");
                assertThat(journal.loss()).as("bit %d", bit).contains("behind entry 1");
            }
        }
    }

    @Test
    void repairFindsNothingDamaged() throws IOException {
        writeTwo("a", ENDS_IN_ZEROS);
        Path into = Files.createDirectory(directory.resolve("into"));

        JournalSalvage.Result result = JournalSalvage.salvage(fixture.directory, into, new NodeIdentity(7, 8, 1));

        assertThat(result.damaged()).isFalse();
        assertThat(result.newest()).isEqualTo(2);
        assertThat(result.lost()).isEmpty();
    }

    @Test
    void aFullDiskIsNotFilledWithZeros() throws IOException {
        fixture.room.look(Long.MAX_VALUE, 0, 0);
        var journal = fixture.open();
        fixture.files.fullWhileThereIs(directory.resolve(DiskRoom.FILE_NAME), 100);

        fixture.write(journal, Scope.LOCAL, "a");
        fixture.write(journal, Scope.LOCAL, "b");

        assertThat(journal.hasFailed()).isFalse();
        assertThat(fixture.newestSegment()).hasSize(SegmentHeader.BYTES + 2 * recordBytes());
        assertThat(values(journal)).containsExactly("a", "b");
    }

    /** Leaves the file as a kill would; returns where the second record begins. */
    private int writeTwo(String first, String second) throws IOException {
        var journal = fixture.open();
        fixture.write(journal, Scope.LOCAL, first);
        int start = (int) journal.status().bytes();
        fixture.write(journal, Scope.LOCAL, second);
        byte[] left = Files.readAllBytes(fixture.newestSegment());
        journal.close();
        Files.write(fixture.newestSegment(), left);
        return start;
    }

    /** Behind the last byte that is not zero. */
    private static int content(byte[] bytes) {
        return IntStream.iterate(bytes.length, end -> end - 1)
                .filter(end -> end == 0 || bytes[end - 1] != 0)
                .findFirst()
                .orElseThrow();
    }
}
