package io.holdfast.sync.conflict;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.command.Effect;
import io.holdfast.engine.exec.Journal;
import io.holdfast.engine.exec.Journal.Scope;
import io.holdfast.resp.Bytes;
import io.holdfast.sync.journal.SyncStore;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** In which order nodes agree that they wrote. */
class NodeClockTest {
    private static final long AHEAD_MS = 1_000_000;

    private SyncStore store;
    private NodeClock clock;

    @BeforeEach
    void open(@TempDir Path directory) {
        store = SyncStore.open(directory.resolve("sync.db"));
        clock = new NodeClock("b", store.settings());
    }

    @AfterEach
    void close() {
        store.close();
    }

    private static Journal.Entry entry(long sequence, long timeMs) {
        return new Journal.Entry(
                sequence, Scope.UPSTREAM, timeMs, List.of(Effect.of(0, Bytes.of("DEL"), Bytes.of("k"))));
    }

    @Test
    void aWriteIsStampedWithItsTime() {
        assertThat(clock.of(entry(1, 5))).isEqualTo(new Stamp(5, 0, "b"));
        assertThat(clock.of(entry(1, 5))).isLessThan(new Stamp(5, 0, "c")).isLessThan(new Stamp(6, 0, "a"));
    }

    @Test
    void whatIsWrittenBehindAStampThatWasSeenIsLaterThanIt() {
        var theirs = new Stamp(AHEAD_MS, 3, "z");
        clock.saw(theirs, 10, 0);

        assertThat(clock.of(entry(10, 5))).isLessThan(theirs);
        assertThat(clock.of(entry(11, 6))).isGreaterThan(theirs).isLessThan(clock.of(entry(12, 6)));
        assertThat(clock.of(entry(13, AHEAD_MS + 1))).isEqualTo(new Stamp(AHEAD_MS + 1, 0, "b"));
    }

    @Test
    void whatWasSeenIsKnownAfterARestartAndEachEntryHasTheStampItHad() {
        clock.saw(new Stamp(AHEAD_MS, 0, "z"), 10, 0);
        clock.saw(new Stamp(2 * AHEAD_MS, 0, "z"), 20, 0);
        clock.saw(new Stamp(AHEAD_MS, 9, "z"), 25, 0); // nothing new
        var again = new NodeClock("b", store.settings());

        for (long sequence : List.of(5L, 10L, 11L, 20L, 21L, 30L)) {
            assertThat(again.of(entry(sequence, 7))).isEqualTo(clock.of(entry(sequence, 7)));
        }
        assertThat(again.of(entry(20, 7)).ms()).isEqualTo(AHEAD_MS);
        assertThat(again.of(entry(30, 7)).ms()).isEqualTo(2 * AHEAD_MS);
    }

    @Test
    void whatOnlyConcernedConfirmedEntriesIsForgotten() {
        clock.saw(new Stamp(AHEAD_MS, 0, "z"), 10, 0);
        clock.saw(new Stamp(2 * AHEAD_MS, 0, "z"), 20, 20);

        assertThat(clock.of(entry(15, 7))).isEqualTo(new Stamp(7, 0, "b"));
        assertThat(clock.of(entry(21, 7)).ms()).isEqualTo(2 * AHEAD_MS);
    }

    @Test
    void aStampIsReadAsItIsWritten() {
        var stamp = new Stamp(5, 7, "0123");

        assertThat(Sidecar.vouching(Sidecar.word(stamp, Bytes.of("v")), Bytes.of("v")))
                .isEqualTo(stamp);
        assertThat(Sidecar.vouching(Sidecar.word(stamp, Bytes.of("v")), Bytes.of("w")))
                .isNull();
        assertThat(Sidecar.vouching(Sidecar.word(stamp, Bytes.of("v")), null)).isNull();
        assertThat(Sidecar.vouching(Sidecar.word(stamp, null), null)).isEqualTo(stamp);
        assertThat(Stamp.parse(Bytes.of("not one"))).isNull();
        assertThat(Stamp.parse(Bytes.of("1 -2 x"))).isNull();
    }
}
