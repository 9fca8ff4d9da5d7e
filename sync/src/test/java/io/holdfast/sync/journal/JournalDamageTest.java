package io.holdfast.sync.journal;

import static io.holdfast.sync.journal.JournalFixture.values;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.holdfast.engine.exec.Journal.Scope;
import io.holdfast.engine.store.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

class JournalDamageTest {
    private final Logger log = (Logger) LoggerFactory.getLogger(JournalOpening.class);
    private JournalFixture fixture;

    @BeforeEach
    void begin(@TempDir Path directory) {
        log.setLevel(Level.OFF); // thousands of damaged journals are reported here
        fixture = new JournalFixture(directory);
    }

    @AfterEach
    void end() {
        fixture.close();
        log.setLevel(null);
    }

    @Test
    void aTailTornAtAnyByteIsCutAtTheLastWholeRecord() throws IOException {
        long[] ends = writeThree();
        byte[] whole = Files.readAllBytes(fixture.newestSegment());
        for (int length = (int) ends[1]; length < whole.length; length++) {
            Files.write(fixture.newestSegment(), Arrays.copyOf(whole, length));
            try (var journal = fixture.open()) {
                assertThat(values(journal)).as("cut at %d", length).containsExactly("first", "second");
                assertThat(journal.status().cutBytes()).isEqualTo(length - ends[1] - zerosBefore(whole, length));
                assertThat(fixture.write(journal, Scope.LOCAL, "again")).isEqualTo(3);
            }
            try (var journal = fixture.open()) {
                assertThat(values(journal)).containsExactly("first", "second", "again");
            }
        }
    }

    /** A record begins with its length, whose upper bytes are zeros: nothing can be told from them. */
    private static int zerosBefore(byte[] bytes, int end) {
        int from = end;
        while (bytes[from - 1] == 0) {
            from--;
        }
        return end - from;
    }

    @Test
    void aTailOfZeroesIsCut() throws IOException {
        long[] ends = writeThree();
        byte[] bytes = Files.readAllBytes(fixture.newestSegment());
        Files.write(fixture.newestSegment(), Arrays.copyOf(Arrays.copyOf(bytes, (int) ends[1]), bytes.length + 5000));

        try (var journal = fixture.open()) {
            assertThat(values(journal)).containsExactly("first", "second");
        }
    }

    @Test
    void everyFlippedBitIsNoticed() throws IOException {
        long[] ends = writeThree();
        Path segment = fixture.newestSegment();
        byte[] whole = Files.readAllBytes(segment);
        for (int bit = 0; bit < whole.length * 8; bit++) {
            byte[] flipped = whole.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            Files.write(segment, flipped);
            assertNoticed(bit / 8, ends);
        }
    }

    private void assertNoticed(int offset, long[] ends) {
        if (offset < SegmentHeader.BYTES) {
            assertThatThrownBy(fixture::open).as("offset %d", offset).isInstanceOf(StorageException.class);
            return;
        }
        try (var journal = fixture.open()) {
            if (offset >= ends[1]) { // nothing follows: as torn as if the power had failed
                assertThat(values(journal)).as("offset %d", offset).containsExactly("first", "second");
                assertThat(journal.status().cutBytes()).isEqualTo(ends[2] - ends[1]);
            } else {
                assertThat(journal.lastSequence()).as("offset %d", offset).isEqualTo(3);
                long bad = offset < ends[0] ? SegmentHeader.BYTES : ends[0];
                assertThatThrownBy(() -> values(journal))
                        .as("offset %d", offset)
                        .isInstanceOf(StorageException.class)
                        .hasMessageContaining(fixture.newestSegment().toString())
                        .hasMessageContaining("offset " + bad)
                        .hasMessageContaining("entry " + (offset < ends[0] ? 1 : 2));
            }
        }
    }

    @Test
    void damageInAFullSegmentIsNoticedWhereItIsRead() throws IOException {
        fixture.segmentBytesMax = 1;
        writeThree();
        Path middle = fixture.segments().get(1);
        byte[] bytes = Files.readAllBytes(middle);
        bytes[bytes.length - 1] ^= 1;
        Files.write(middle, bytes);

        try (var journal = fixture.open()) {
            assertThatThrownBy(() -> values(journal))
                    .isInstanceOf(StorageException.class)
                    .hasMessageContaining(middle.toString())
                    .hasMessageContaining("entry 2");
            assertThat(JournalFixture.entries(journal, 2)).hasSize(1);
        }
    }

    @Test
    void aReaderGivesWhatComesBeforeTheDamageFirst() throws IOException {
        fixture.segmentBytesMax = 1;
        writeThree();
        Path middle = fixture.segments().get(1);
        byte[] bytes = Files.readAllBytes(middle);
        bytes[bytes.length - 1] ^= 1;
        Files.write(middle, bytes);

        try (var journal = fixture.open();
                var reader = journal.reader(0)) {
            assertThat(reader.next(10, Integer.MAX_VALUE)).hasSize(1);
            assertThatThrownBy(() -> reader.next(10, Integer.MAX_VALUE)).isInstanceOf(StorageException.class);
            assertThatThrownBy(() -> reader.next(10, Integer.MAX_VALUE)).isInstanceOf(StorageException.class);
        }
    }

    @Test
    void aFullSegmentThatLostItsLastRecordIsNoticed() throws IOException {
        fixture.segmentBytesMax = 200;
        long[] ends = writeThree();
        Path first = fixture.segments().get(0);
        Files.write(first, Arrays.copyOf(Files.readAllBytes(first), (int) ends[0]));

        try (var journal = fixture.open()) {
            assertThatThrownBy(() -> values(journal))
                    .isInstanceOf(StorageException.class)
                    .hasMessageContaining("ends with entry 1, but the next segment follows entry 2");
        }
    }

    @Test
    void aMissingSegmentIsNoticed() throws IOException {
        fixture.segmentBytesMax = 1;
        writeThree();
        Files.delete(fixture.segments().get(1));

        try (var journal = fixture.open()) {
            assertThatThrownBy(() -> values(journal)).isInstanceOf(StorageException.class);
        }
    }

    @Test
    void entriesThatTheTablesDoNotIncludeAndTheJournalNoLongerHoldsAreReported() throws IOException {
        fixture.segmentBytesMax = 1;
        writeThree();
        Files.delete(fixture.segments().get(0));

        try (var journal = fixture.open()) {
            assertThatThrownBy(() -> values(journal))
                    .isInstanceOf(StorageException.class)
                    .hasMessageContaining("no longer holds entry 1");
        }
    }

    /** Three commits, the last of three entries; returns where each ends in its segment. */
    private long[] writeThree() throws IOException {
        var ends = new long[3];
        try (var journal = fixture.open()) {
            fixture.write(journal, Scope.LOCAL, "first");
            ends[0] = Files.size(fixture.newestSegment());
            fixture.write(journal, Scope.LOCAL, "second");
            ends[1] = Files.size(fixture.newestSegment());
            journal.stage(
                    Scope.UPSTREAM,
                    JournalFixture.START_MS,
                    List.of(JournalFixture.set("third"), JournalFixture.set("x")));
            journal.commit();
            ends[2] = Files.size(fixture.newestSegment());
        }
        return ends;
    }
}
