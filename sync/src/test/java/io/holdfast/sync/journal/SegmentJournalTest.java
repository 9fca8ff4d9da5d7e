package io.holdfast.sync.journal;

import static io.holdfast.sync.journal.JournalFixture.entries;
import static io.holdfast.sync.journal.JournalFixture.set;
import static io.holdfast.sync.journal.JournalFixture.values;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.engine.command.Effect;
import io.holdfast.engine.exec.Journal.Entry;
import io.holdfast.engine.exec.Journal.Scope;
import io.holdfast.engine.store.StorageException;
import io.holdfast.resp.Bytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SegmentJournalTest {
    private static final List<Bytes> CLIENTS =
            List.of(Bytes.EMPTY, Bytes.of("default at 127.0.0.1:1"), Bytes.of("alice at 127.0.0.1:2 (orders)"));

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
    void anEmptyJournalHasNoEntries() {
        var journal = fixture.open();

        assertThat(journal.lastSequence()).isZero();
        assertThat(journal.hasStaged()).isFalse();
        assertThat(entries(journal)).isEmpty();
    }

    @Test
    void stagedEntriesAreNotReadBeforeTheyAreCommitted() {
        var journal = fixture.open();

        assertThat(journal.stage(Scope.LOCAL, JournalFixture.START_MS, List.of(set("a"))))
                .isEqualTo(1);
        assertThat(journal.stage(Scope.LOCAL, JournalFixture.START_MS, List.of(set("b"))))
                .isEqualTo(2);

        assertThat(journal.hasStaged()).isTrue();
        assertThat(journal.lastSequence()).isEqualTo(2);
        assertThat(journal.committedSequence()).isZero();
        assertThat(entries(journal)).isEmpty();
    }

    @Test
    void committedEntriesAreReadAsTheyWereStaged() {
        var journal = fixture.open();
        var random = new SplittableRandom(42);
        var staged = new ArrayList<Entry>();
        for (int i = 0; i < 500; i++) {
            staged.add(stageRandom(journal, random));
            if (random.nextInt(3) == 0) {
                journal.commit();
            }
        }
        journal.commit();

        assertThat(entries(journal)).as("seed 42").isEqualTo(staged);
        assertThat(entries(fixture.open(), 300)).as("seed 42").isEqualTo(staged.subList(300, 500));
    }

    @Test
    void whatIsNotForTheUpstreamIsNotOwed() {
        try (var journal = fixture.open()) {
            for (Scope scope : List.of(Scope.BASE, Scope.UPSTREAM, Scope.COPY, Scope.UPSTREAM, Scope.REQUEUED)) {
                fixture.write(journal, scope, "a");
            }
            journal.stage(Scope.UPSTREAM, JournalFixture.START_MS, List.of(set("b")));

            assertThat(journal.owed(0)).isEqualTo(4);
            assertThat(journal.owed(3)).isEqualTo(3);
            assertThat(journal.owed(6)).isZero();
            journal.commit();
        }
        var journal = fixture.open();
        fixture.write(journal, Scope.BASE, "c");
        fixture.write(journal, Scope.UPSTREAM, "c");
        assertThat(journal.owed(2)).as("not yet told apart").isEqualTo(5);

        journal.learn(journal.besideOlder(2));

        assertThat(journal.owed(2)).isEqualTo(4);
        assertThat(journal.owed(5)).isEqualTo(2);
    }

    @Test
    void sequencesGoOnAfterARestart() {
        try (var journal = fixture.open()) {
            fixture.write(journal, Scope.LOCAL, "a");
            fixture.write(journal, Scope.LOCAL, "b");
        }

        var journal = fixture.open();

        assertThat(journal.lastSequence()).isEqualTo(2);
        assertThat(fixture.write(journal, Scope.LOCAL, "c")).isEqualTo(3);
        assertThat(values(journal)).containsExactly("a", "b", "c");
    }

    @Test
    void sequencesGoOnAfterEverythingWasTrimmed() {
        fixture.segmentBytesMax = 1;
        try (var journal = fixture.open()) {
            fixture.write(journal, Scope.LOCAL, "a");
            fixture.write(journal, Scope.LOCAL, "b");
            journal.skipTo(2);
            fixture.write(journal, Scope.LOCAL, "c");
            journal.checkpointed(3);
        }

        var journal = fixture.open();

        assertThat(fixture.segments()).hasSize(1);
        assertThat(fixture.write(journal, Scope.LOCAL, "d")).isEqualTo(4);
    }

    @Test
    void aFullSegmentIsFollowedByANewOne() {
        fixture.segmentBytesMax = 300;
        var journal = fixture.open();
        for (int i = 0; i < 20; i++) {
            fixture.write(journal, Scope.LOCAL, "value " + i);
        }

        assertThat(fixture.segments()).hasSizeGreaterThan(4);
        assertThat(fixture.segments())
                .allSatisfy(segment -> assertThat(Files.size(segment)).isLessThanOrEqualTo(300));
        assertThat(entries(journal)).extracting(Entry::sequence).hasSize(20).isSorted();
        assertThat(entries(fixture.open())).isEqualTo(entries(journal));
    }

    @Test
    void aRecordLongerThanASegmentGetsASegmentOfItsOwn() {
        fixture.segmentBytesMax = 1000;
        var journal = fixture.open();
        fixture.write(journal, Scope.LOCAL, "a");
        fixture.write(journal, Scope.LOCAL, "x".repeat(5000));
        fixture.write(journal, Scope.LOCAL, "b");

        assertThat(fixture.segments()).hasSize(3);
        assertThat(values(journal)).containsExactly("a", "x".repeat(5000), "b");
    }

    @Test
    void aGiantValueGoesThroughAndTheBufferShrinksAgain() {
        var giant = Bytes.wrap(new byte[40 * 1024 * 1024]);
        var effect = Effect.of(0, Bytes.of("SET"), Bytes.of("k"), giant);
        var journal = fixture.open();
        journal.stage(Scope.LOCAL, JournalFixture.START_MS, List.of(effect));
        journal.stage(
                Scope.LOCAL, JournalFixture.START_MS, List.of(effect)); // beyond a turn's bound: the first is written
        long committedEarly = journal.committedSequence();
        journal.commit();
        fixture.write(journal, Scope.LOCAL, "small");

        assertThat(committedEarly).isEqualTo(1);
        var lengths = new ArrayList<Integer>();
        journal.read(
                0, entry -> lengths.add(entry.effects().get(0).command().get(2).length()));
        assertThat(lengths).containsExactly(giant.length(), giant.length(), 5);
    }

    @Test
    void theEncodersBufferIsGivenBackAfterAGiantRecord() {
        var encoder = new RecordEncoder();
        List<Effect> effects = List.of(Effect.of(0, Bytes.wrap(new byte[RecordEncoder.BUFFER_BYTES_KEPT + 1])));
        encoder.add(Scope.LOCAL, 0, Bytes.EMPTY, effects, RecordEncoder.bytesOf(Bytes.EMPTY, effects));
        int grown = encoder.capacity();

        encoder.reset();

        assertThat(grown).isGreaterThan(RecordEncoder.BUFFER_BYTES_KEPT);
        assertThat(encoder.capacity()).isLessThan(RecordEncoder.BUFFER_BYTES_KEPT);
    }

    @Test
    void sequencesThatAPowerLossTookAreNotUsedAgain() {
        try (var journal = fixture.open()) {
            fixture.write(journal, Scope.UPSTREAM, "a");
        }
        try (var journal = fixture.open()) {
            journal.skipTo(10);
            assertThat(journal.lastSequence()).isEqualTo(10);
            assertThat(fixture.write(journal, Scope.UPSTREAM, "b")).isEqualTo(11);
        }

        var journal = fixture.open();

        assertThat(entries(journal)).extracting(Entry::sequence).containsExactly(1L, 11L);
        assertThat(entries(journal, 7)).extracting(Entry::sequence).containsExactly(11L);
    }

    @Test
    void skippingAnEmptyJournalTwiceLeavesItReadable() {
        var journal = fixture.open();
        journal.skipTo(5);
        journal.skipTo(9);
        journal.skipTo(3);

        assertThat(fixture.write(journal, Scope.LOCAL, "a")).isEqualTo(10);
        assertThat(entries(journal)).extracting(Entry::sequence).containsExactly(10L);
        assertThat(values(fixture.open())).containsExactly("a");
    }

    @Test
    void onlyTheOwnerMayReadTheFiles() throws IOException {
        fixture.segmentBytesMax = 1;
        var journal = fixture.open();
        fixture.write(journal, Scope.LOCAL, "a");
        fixture.write(journal, Scope.LOCAL, "b");

        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(fixture.directory)))
                .isEqualTo("rwx------");
        for (Path segment : fixture.segments()) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(segment)))
                    .isEqualTo("rw-------");
        }
    }

    @Test
    void aSegmentOfAnotherNodeIsRefused() throws IOException {
        try (var journal = fixture.open()) {
            fixture.write(journal, Scope.LOCAL, "a");
        }
        Path newest = fixture.newestSegment();
        Files.write(
                newest,
                new SegmentHeader(new NodeIdentity(1, 2, 1), 1, 0).encode().array());

        assertThatThrownBy(fixture::open).isInstanceOf(StorageException.class).hasMessageContaining("belongs to node");
    }

    @Test
    void aNewerFormatIsRefused() throws IOException {
        fixture.open().close();
        byte[] bytes = Files.readAllBytes(fixture.newestSegment());
        bytes[7] = SegmentHeader.VERSION + 1;
        Files.write(fixture.newestSegment(), bytes);

        assertThatThrownBy(fixture::open).isInstanceOf(StorageException.class).hasMessageContaining("newer Holdfast");
    }

    @Test
    void whatACrashLeftBetweenCreationAndNamingIsDeleted() throws IOException {
        fixture.open().close();
        Path leftover = fixture.directory.resolve("00000000000000000009.seg.new");
        Files.write(leftover, new byte[] {1, 2, 3});

        var journal = fixture.open();

        assertThat(leftover).doesNotExist();
        assertThat(fixture.write(journal, Scope.LOCAL, "a")).isEqualTo(1);
    }

    @Test
    void halfAMillionSmallEntriesAreWrittenAndRead() {
        var journal = fixture.open();
        List<Effect> effects = List.of(set("0123456789"));
        for (int i = 1; i <= 500_000; i++) {
            journal.stage(Scope.UPSTREAM, JournalFixture.START_MS, effects);
            if (i % 10 == 0) {
                journal.commit();
            }
        }
        var count = new long[1];
        journal.read(0, entry -> count[0]++);

        assertThat(count[0]).isEqualTo(500_000);
    }

    private static Entry stageRandom(SegmentJournal journal, SplittableRandom random) {
        Scope scope = List.of(Scope.LOCAL, Scope.UPSTREAM, Scope.BASE).get(random.nextInt(3));
        long timeMs = JournalFixture.START_MS + random.nextInt(-100_000, 100_000);
        var effects = new ArrayList<Effect>();
        for (int e = random.nextInt(4); e > 0; e--) {
            var command = new Bytes[1 + random.nextInt(4)];
            for (int a = 0; a < command.length; a++) {
                var argument = new byte[random.nextInt(300)];
                random.nextBytes(argument);
                command[a] = Bytes.wrap(argument);
            }
            effects.add(Effect.of(random.nextInt(1000), command));
        }
        Bytes client = CLIENTS.get(random.nextInt(CLIENTS.size()));
        return new Entry(journal.stage(scope, timeMs, client, effects), scope, timeMs, client, effects);
    }
}
