package io.holdfast.sync.replay;

import static io.holdfast.sync.replay.ReplayFixture.effect;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.exec.Journal;
import io.holdfast.engine.exec.Journal.Scope;
import io.holdfast.engine.family.Families;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.sync.journal.Damage;
import io.holdfast.sync.journal.JournalReader;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How the replies to a batch are read, those included that a real Redis gives only in a race. */
class BatchTest {
    private static final ReplaySource NO_JOURNAL = new ReplaySource() {
        @Override
        public JournalReader reader(long sequence) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long committedSequence() {
            return 0;
        }

        @Override
        public void confirmed(long sequence) {}

        @Override
        public CommandTable commands() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void damaged(Damage damage) {
            throw new UnsupportedOperationException();
        }
    };

    private static final CommandTable COMMANDS = CommandTable.of(Families.all());

    /** As the one below, with TIME behind MULTI and before EXEC. */
    private static ReplayOutcome timed(Reply before, Reply behind) {
        var batch = new Batch(NO_JOURNAL, 7, Stopwatch.CLOCK);
        var entry = new Journal.Entry(7, Scope.UPSTREAM, 1, List.of(effect(0, "INCR", "a")));
        add(entry, batch);
        batch.seal(Bytes.of("h"), new Cursor(7L, 1, "boot"), 99);
        assertThat(batch.commands())
                .extracting(words -> words.get(0).utf8())
                .containsExactly("MULTI", "TIME", "INCR", "HSET", "TIME", "EXEC", "WATCH", "HMGET");
        var replies = new ArrayList<Reply>(List.of(Reply.OK));
        replies.addAll(List.of(Reply.QUEUED, Reply.QUEUED, Reply.QUEUED, Reply.QUEUED));
        replies.addAll(List.of(Reply.array(before, Reply.ONE, Reply.ZERO, behind), Reply.OK, Reply.EMPTY_ARRAY));
        return batch.outcome(replies);
    }

    private static Reply time(String seconds, String micros) {
        return Reply.array(Reply.bulk(seconds), Reply.bulk(micros));
    }

    @Test
    void theUpstreamsOwnClockTellsHowLongItWasBusy() {
        assertThat(timed(time("1700000000", "999900"), time("1700000001", "150")))
                .isEqualTo(new ReplayOutcome.Applied(List.of(), List.of(), 250, 0));
    }

    @Test
    void aClockThatIsRefusedOrGoesBackHarmsNothing() {
        var unknown = new ReplayOutcome.Applied(List.of(), List.of(), ReplayOutcome.Applied.UNKNOWN, 0);
        assertThat(timed(error("NOPERM no"), error("NOPERM no"))).isEqualTo(unknown);
        assertThat(timed(time("1700000001", "0"), time("1700000000", "0"))).isEqualTo(unknown);
    }

    /** Entry 7 on database 0, entry 8 on database 1: MULTI INCR SELECT INCR SELECT HSET EXEC WATCH HMGET. */
    private static Batch batch() {
        var batch = new Batch(NO_JOURNAL, 8, Stopwatch.NONE);
        for (var entry : List.of(
                new Journal.Entry(7, Scope.UPSTREAM, 1, List.of(effect(0, "INCR", "a"))),
                new Journal.Entry(8, Scope.UPSTREAM, 1, List.of(effect(1, "INCR", "b"))))) {
            add(entry, batch);
        }
        batch.seal(Bytes.of("h"), new Cursor(8L, 1, "boot"), 99);
        return batch;
    }

    private static void add(Journal.Entry entry, Batch batch) {
        var one = new Compaction(COMMANDS, false, 0);
        one.add(entry, 0, entry.effects().get(0), true);
        batch.add(one, 1, new Wording(Dialect.NEWEST, UpstreamClock.AS_OURS), 0);
    }

    private static Reply error(String text) {
        return new Reply.Failure(Bytes.of(text));
    }

    private static ReplayOutcome outcome(Reply exec) {
        return outcome(Reply.QUEUED, exec);
    }

    private static ReplayOutcome outcome(Reply second, Reply exec) {
        var replies = new ArrayList<Reply>(List.of(Reply.OK, Reply.QUEUED, Reply.QUEUED, second));
        replies.addAll(List.of(Reply.QUEUED, Reply.QUEUED, exec, Reply.OK, Reply.EMPTY_ARRAY));
        return batch().outcome(replies);
    }

    @Test
    void aBatchEndsOnDatabaseZeroWithTheCursor() {
        assertThat(batch().commands())
                .extracting(words -> words.get(0).utf8())
                .containsExactly("MULTI", "INCR", "SELECT", "INCR", "SELECT", "HSET", "EXEC", "WATCH", "HMGET");
    }

    @Test
    void aRefusalWithinExecIsADeadLetterOfItsEffectAlone() {
        Reply exec = Reply.array(Reply.ONE, Reply.OK, error("NOPERM no"), Reply.OK, Reply.ZERO);
        assertThat(outcome(exec)).isInstanceOfSatisfying(ReplayOutcome.Applied.class, applied -> {
            assertThat(applied.refused()).hasSize(1);
            assertThat(applied.refused().get(0).sequence()).isEqualTo(8);
            assertThat(applied.refused().get(0).db()).isEqualTo(1);
            assertThat(applied.refused().get(0).key()).isEqualTo(Bytes.of("b"));
        });
    }

    @Test
    void aRefusedCursorOrSelectWithinExecTearsTheBatch() {
        Reply noCursor = Reply.array(Reply.ONE, Reply.OK, Reply.ONE, Reply.OK, error("NOPERM no"));
        Reply noSelect = Reply.array(Reply.ONE, error("NOPERM no"), Reply.ONE, Reply.OK, Reply.ZERO);
        assertThat(outcome(noCursor)).isInstanceOf(ReplayOutcome.Torn.class);
        assertThat(outcome(noSelect)).isInstanceOf(ReplayOutcome.Torn.class);
    }

    @Test
    void aTouchedCursorMakesExecNil() {
        assertThat(outcome(Reply.Null.BULK)).isEqualTo(new ReplayOutcome.Overtaken());
    }

    @Test
    void anAbortBlamesTheEntryThatWasNotQueued() {
        assertThat(outcome(error("ERR unknown command"), error("EXECABORT because of previous errors.")))
                .isInstanceOfSatisfying(
                        ReplayOutcome.Poisoned.class,
                        poisoned -> assertThat(poisoned.entries()).containsOnlyKeys(8L));
    }

    @Test
    void anAbortForWantOfMemoryBlamesNobody() {
        assertThat(outcome(error("EXECABORT Transaction discarded because of: OOM command not allowed")))
                .isInstanceOf(ReplayOutcome.Unavailable.class);
        assertThat(outcome(error("READONLY replica"), error("EXECABORT because of previous errors.")))
                .isInstanceOf(ReplayOutcome.Unavailable.class);
    }

    @Test
    void anAbortWithoutAReasonHasToBeBisected() {
        assertThat(outcome(error("EXECABORT who knows"))).isEqualTo(new ReplayOutcome.Discarded("EXECABORT who knows"));
    }
}
