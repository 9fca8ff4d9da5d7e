package io.holdfast.sync.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.exec.Journal.Scope;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One entry a segment, so that segments stand for entries. */
class JournalTrimTest {
    private JournalFixture fixture;

    @BeforeEach
    void begin(@TempDir Path directory) {
        fixture = new JournalFixture(directory);
        fixture.segmentBytesMax = 1;
    }

    @AfterEach
    void end() {
        fixture.close();
    }

    @Test
    void localEntriesGoAsSoonAsTheyAreCheckpointed() {
        var journal = write(Scope.LOCAL, 5);

        journal.checkpointed(3);

        assertThat(first(journal)).isEqualTo(4);
        assertThat(fixture.segments()).hasSize(2);
    }

    @Test
    void theNewestSegmentStays() {
        var journal = write(Scope.LOCAL, 5);

        journal.checkpointed(5);

        assertThat(first(journal)).isEqualTo(5);
    }

    @Test
    void entriesForTheUpstreamStayUntilTheyAreConfirmedAndOld() {
        var journal = write(Scope.UPSTREAM, 5);

        journal.checkpointed(5);
        assertThat(first(journal)).isEqualTo(1);

        journal.confirmed(4);
        assertThat(first(journal)).isEqualTo(1);

        fixture.advance(Duration.ofHours(24));
        journal.confirmed(4);
        assertThat(first(journal)).isEqualTo(5);
    }

    @Test
    void confirmedEntriesThatAreNotCheckpointedStay() {
        var journal = write(Scope.UPSTREAM, 5);
        journal.checkpointed(2);
        journal.confirmed(5);
        fixture.advance(Duration.ofHours(25));

        journal.confirmed(5);

        assertThat(first(journal)).isEqualTo(3);
    }

    @Test
    void confirmedEntriesBeyondTheRetainedBytesGo() {
        var journal = write(Scope.UPSTREAM, 6);
        long segmentBytes = journal.status().bytes() / 6;
        journal.checkpointed(6);
        journal.confirmed(5);

        journal.retain(new Retention(2 * segmentBytes, Duration.ofHours(24)));

        assertThat(first(journal)).isEqualTo(4); // 4 and 5 are kept, 6 is not confirmed
    }

    @Test
    void aBaseStaysAsLongAsTheChangesItBelongsTo() {
        var journal = write(Scope.BASE, 3);

        journal.checkpointed(3);

        assertThat(first(journal)).isEqualTo(1);
    }

    @Test
    void aCursorThatWentBackStartsTheWaitAnew() {
        var journal = write(Scope.UPSTREAM, 5);
        journal.checkpointed(5);
        journal.confirmed(5);
        fixture.advance(Duration.ofHours(23));
        journal.confirmed(2); // a stale replica was promoted
        fixture.advance(Duration.ofHours(2));

        journal.confirmed(5);

        assertThat(first(journal)).isEqualTo(3);
    }

    @Test
    void whatAnEarlierProcessWroteIsTrimmedByWhatItHolds() {
        write(Scope.LOCAL, 3).close();
        write(Scope.UPSTREAM, 3).close();
        var journal = fixture.open();

        journal.checkpointed(6);

        assertThat(first(journal)).isEqualTo(4);
    }

    private SegmentJournal write(Scope scope, int count) {
        var journal = fixture.open();
        for (int i = 0; i < count; i++) {
            fixture.write(journal, scope, "value");
        }
        return journal;
    }

    private static long first(SegmentJournal journal) {
        return journal.status().firstSequence();
    }
}
