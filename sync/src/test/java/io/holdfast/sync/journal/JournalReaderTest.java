package io.holdfast.sync.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.engine.command.Effect;
import io.holdfast.engine.exec.Journal.Entry;
import io.holdfast.engine.exec.Journal.Scope;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalReaderTest {
    private static final int ALL = Integer.MAX_VALUE;

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
    void entriesAreGivenInBatchesOfWholeEntries() {
        var journal = fixture.open();
        for (int i = 1; i <= 5; i++) {
            journal.stage(Scope.UPSTREAM, JournalFixture.START_MS, List.of(JournalFixture.set("" + i)));
        }
        journal.commit();

        try (var reader = journal.reader(1)) {
            assertThat(sequences(reader.next(2, ALL))).containsExactly(2L, 3L);
            assertThat(reader.sequence()).isEqualTo(3);
            assertThat(sequences(reader.next(9, ALL))).containsExactly(4L, 5L);
            assertThat(reader.next(9, ALL)).isEmpty();
            fixture.write(journal, Scope.LOCAL, "6");
            assertThat(sequences(reader.next(9, ALL))).containsExactly(6L);
        }
    }

    @Test
    void aBatchKeepsToItsBytesButAlwaysGetsOn() {
        var journal = fixture.open();
        for (int i = 0; i < 4; i++) {
            fixture.write(journal, Scope.UPSTREAM, "x".repeat(100));
        }

        try (var reader = journal.reader(0)) {
            assertThat(sequences(reader.next(10, 1))).containsExactly(1L);
            assertThat(reader.sequence()).isEqualTo(1);
            assertThat(sequences(reader.next(10, 250))).containsExactly(2L, 3L);
            assertThat(sequences(reader.next(10, 250))).containsExactly(4L);
        }
    }

    @Test
    void aReaderThatIsTrimmedAwayBehindGoesOn() {
        fixture.segmentBytesMax = 1;
        var journal = fixture.open();
        for (int i = 0; i < 5; i++) {
            fixture.write(journal, Scope.LOCAL, "value " + i);
        }

        try (var reader = journal.reader(0)) {
            List<Long> read = new ArrayList<>(sequences(reader.next(2, ALL)));
            journal.checkpointed(2); // the reader stands at the end of the second segment, which goes
            read.addAll(sequences(reader.next(ALL, ALL)));
            assertThat(read).containsExactly(1L, 2L, 3L, 4L, 5L);
        }
    }

    @Test
    void aTrimmedEntryIsAGap() {
        fixture.segmentBytesMax = 1;
        var journal = fixture.open();
        for (int i = 0; i < 5; i++) {
            fixture.write(journal, Scope.LOCAL, "value " + i);
        }
        var reader = journal.reader(0);
        var first = reader.next(1, ALL);

        journal.checkpointed(3);

        assertThat(first).hasSize(1);
        assertThatThrownBy(() -> reader.next(1, ALL))
                .isInstanceOfSatisfying(
                        JournalGapException.class,
                        gap -> assertThat(gap.firstAvailable()).isEqualTo(4));
        assertThatThrownBy(() -> journal.reader(2))
                .isInstanceOfSatisfying(
                        JournalGapException.class,
                        gap -> assertThat(gap.firstAvailable()).isEqualTo(4));
        assertThat(sequences(journal.reader(3).next(ALL, ALL))).containsExactly(4L, 5L);
        reader.close();
    }

    @Test
    void aSequenceThatWasNeverCommittedIsRefused() {
        var journal = fixture.open();
        fixture.write(journal, Scope.LOCAL, "a");

        assertThatThrownBy(() -> journal.reader(2)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aReaderBesideTheWriterGetsEveryEntryOnceWhileSegmentsRollAndGo() throws Exception {
        long seed = 11;
        int count = 20_000;
        fixture.segmentBytesMax = 8_000;
        fixture.retention = new Retention(20_000, Duration.ofHours(1));
        var journal = fixture.open();

        var reading = CompletableFuture.supplyAsync(() -> {
            var random = new SplittableRandom(seed);
            long last = 0;
            try (var reader = journal.reader(0)) {
                while (last < count) {
                    for (Entry entry : reader.next(1 + random.nextInt(300), 1 + random.nextInt(20_000))) {
                        check(entry, last + 1);
                        last = entry.sequence();
                    }
                    journal.checkpointed(last);
                    journal.confirmed(last);
                    Thread.onSpinWait();
                }
            }
            return last;
        });
        var random = new SplittableRandom(seed);
        while (journal.committedSequence() < count) {
            int turn = (int) Math.min(1 + random.nextInt(20), count - journal.committedSequence());
            for (int i = 0; i < turn; i++) {
                long sequence = journal.lastSequence() + 1;
                journal.stage(Scope.UPSTREAM, JournalFixture.START_MS, List.of(effect(sequence)));
            }
            journal.commit();
        }

        assertThat(reading.get(60, TimeUnit.SECONDS)).as("seed %d", seed).isEqualTo(count);
        assertThat(journal.status().bytes()).isLessThan(100_000);
        assertThat(journal.status().firstSequence()).isGreaterThan(count / 2);
    }

    private static void check(Entry entry, long expected) {
        assertThat(entry.sequence()).isEqualTo(expected);
        assertThat(entry.effects()).containsExactly(effect(expected));
    }

    private static Effect effect(long sequence) {
        return JournalFixture.set("v".repeat((int) (sequence % 50)) + sequence);
    }

    private static List<Long> sequences(List<Entry> entries) {
        return entries.stream().map(Entry::sequence).toList();
    }
}
