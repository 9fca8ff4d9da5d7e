package io.holdfast.sync.replay;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.resp.Bytes;
import io.holdfast.sync.replay.FaultyUpstream.Step;
import io.holdfast.sync.replay.Heard.News;
import io.holdfast.testing.RealRedis;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What replay does about a cursor that is not where it was, in a real upstream. */
class ReplayClaimTest {
    private Path directory;

    private RealRedis redis;
    private ReplayFixture node;

    @BeforeEach
    void start(@TempDir Path fresh) {
        directory = fresh;
        redis = RealRedis.start("--appendonly", "yes", "--appendfsync", "always");
        node = new ReplayFixture(directory, redis);
    }

    @AfterEach
    void end() {
        node.close();
        redis.close();
    }

    private void replayed(long sequence) {
        assertThat(node.replay()).isEqualTo(new News.CaughtUp(sequence));
        node.stopReplayer();
    }

    private void writeIncrements(int count) {
        for (int i = 0; i < count; i++) {
            node.write("INCR", "k");
        }
    }

    @Test
    void anUpstreamThatRestartsWithItsDataGoesOnWhereItWas() {
        writeIncrements(3);
        replayed(3);
        redis.kill();
        redis.restart();
        writeIncrements(2);
        replayed(5);
        assertThat(redis.cli("GET", "k")).isEqualTo("5");
        assertThat(node.replayer().status().upstreamLost()).isFalse();
    }

    @Test
    void anUpstreamThatDiesBetweenBatchesCostsAndRepeatsNothing() {
        node.batchEntriesMax = 5;
        writeIncrements(50);
        var batches = new int[1];
        node.connection = real -> new FaultyUpstream(real, (at, sent) -> {
            if (at == Step.AFTER_SEND && sent.contains(List.of(Bytes.of("INCR"), Bytes.of("k"))) && ++batches[0] == 4) {
                redis.kill();
            }
        });
        assertThat(node.replay()).isInstanceOf(News.Failed.class);
        node.stopReplayer();
        redis.restart();
        replayed(50);
        assertThat(redis.cli("GET", "k")).isEqualTo("50");
    }

    @Test
    void nothingIsReplayedIntoAnUpstreamThatLostItsDataBeforeAPersonSaysSo() {
        node.whenLost = UpstreamLoss.HALT;
        writeIncrements(3);
        replayed(3);
        loseEverything();
        writeIncrements(2);
        var halted = new News.Halted("the upstream lost its data: entries up to 3 were confirmed and are gone");
        assertThat(node.replay()).isEqualTo(halted);
        assertThat(node.replayer().status().upstreamLost()).isTrue();
        node.nextStart();
        Replayer replayer = node.replayer();
        replayer.start();
        assertThat(node.heard.next()).isEqualTo(halted); // also after a restart
        assertThat(replayer.status().state()).isEqualTo(ReplayStatus.State.HALTED);
        assertThat(redis.cli("DBSIZE")).isEqualTo("0");
        assertThat(node.store.replay().acknowledged()).isEqualTo(3);

        assertThat(replayer.acceptLoss()).isTrue();
        replayer.start();

        assertThat(node.heard.next()).isEqualTo(new News.CaughtUp(5));
        assertThat(redis.cli("GET", "k")).isEqualTo("2");
        assertThat(replayer.status().upstreamLost()).isFalse();
        assertThat(replayer.acceptLoss()).isFalse(); // said once, it holds once
    }

    @Test
    void aHaltEndsByItselfWhereTheDataIsBack() {
        node.whenLost = UpstreamLoss.HALT;
        writeIncrements(3);
        replayed(3);
        String epoch = redis.cli("HGET", node.cursorKey(), "epoch");
        String boot = redis.cli("HGET", node.cursorKey(), "boot");
        loseEverything();
        writeIncrements(2);
        assertThat(node.replay()).isInstanceOf(News.Halted.class);
        redis.cli("SET", "k", "3"); // restored from a backup
        redis.cli("HSET", node.cursorKey(), "cur", "3", "epoch", epoch, "boot", boot);
        node.nextStart();

        replayed(5);

        assertThat(redis.cli("GET", "k")).isEqualTo("5");
        assertThat(node.replayer().status().upstreamLost()).isFalse();
    }

    private void loseEverything() {
        redis.cli("CONFIG", "SET", "appendonly", "no");
        redis.cli("FLUSHALL");
        redis.kill();
        redis.deleteAppendOnlyFiles();
        redis.restart();
    }

    @Test
    void anUpstreamThatRestartsEmptyHasLostItsDataUntilSomebodySeesToIt() {
        writeIncrements(3);
        replayed(3);
        loseEverything();
        writeIncrements(2);
        replayed(5);
        assertThat(redis.cli("GET", "k")).isEqualTo("2"); // what was never confirmed, and no more
        assertThat(node.cursor()).isEqualTo("5");
        node.nextStart();
        Replayer replayer = node.replayer();
        assertThat(replayer.status().upstreamLost()).isTrue();
        replayer.settle();
        assertThat(replayer.status().upstreamLost()).isFalse();
    }

    @Test
    void whatWasInFlightIsNotRepeatedWhereOnlyTheCursorWasLostBeforeARestart() {
        node.batchEntriesMax = 2;
        writeIncrements(3);
        node.connection = real -> new FaultyUpstream(real, (at, sent) -> {
            if (at == Step.AFTER_RECEIVE && sent.contains(List.of(Bytes.of("INCR"), Bytes.of("k")))) {
                throw new IOException("lost, as the test asked");
            }
        });
        assertThat(node.replay()).isInstanceOf(News.Failed.class);
        node.stopReplayer();
        node.connection = real -> real;
        redis.cli("DEL", node.cursorKey());
        redis.kill();
        redis.restart();

        replayed(3);

        assertThat(redis.cli("GET", "k")).isEqualTo("3"); // two that were in flight, and the third
        assertThat(node.deadLetters())
                .hasSize(2)
                .allMatch(stored -> stored.letter().error().startsWith("in doubt"));
    }

    @Test
    void anEvictedCursorIsWrittenAgainWhereItWas() {
        writeIncrements(3);
        replayed(3);
        redis.cli("DEL", node.cursorKey());
        writeIncrements(2);
        replayed(5);
        assertThat(redis.cli("GET", "k")).isEqualTo("5");
        assertThat(node.cursor()).isEqualTo("5");
        assertThat(node.deadLetters()).isEmpty();
        assertThat(node.replayer().status().upstreamLost()).isFalse();
    }

    @Test
    void whatWasInFlightWhenTheCursorVanishedIsKeptForAPersonAndNotRepeated() {
        node.batchEntriesMax = 2;
        writeIncrements(5);
        node.connection = real -> new FaultyUpstream(real, (at, sent) -> {
            if (at == Step.AFTER_RECEIVE && sent.contains(List.of(Bytes.of("INCR"), Bytes.of("k")))) {
                throw new IOException("lost, as the test asked");
            }
        });
        assertThat(node.replay()).isInstanceOf(News.Failed.class);
        node.stopReplayer();
        node.connection = real -> real;
        redis.cli("DEL", node.cursorKey());
        replayed(5);
        assertThat(redis.cli("GET", "k")).isEqualTo("5");
        assertThat(node.deadLetters())
                .extracting(stored -> stored.letter().sequence())
                .containsExactly(1L, 2L);
        assertThat(node.deadLetters().get(0).letter().error()).startsWith("in doubt");
    }

    @Test
    void aCursorThatVanishesDuringASessionPutsNothingInDoubt() {
        writeIncrements(1);
        Replayer replayer = node.replayer();
        replayer.start();
        assertThat(node.heard.next()).isEqualTo(new News.CaughtUp(1));
        redis.cli("DEL", node.cursorKey());
        writeIncrements(1);

        replayer.wake();

        assertThat(node.heard.next()).isEqualTo(new News.CaughtUp(2));
        assertThat(redis.cli("GET", "k")).isEqualTo("2");
        assertThat(node.deadLetters()).as("EXEC said that it did nothing").isEmpty();
    }

    @Test
    void anotherProcessOfTheSameEpochFences() {
        writeIncrements(1);
        replayed(1);
        redis.cli("HSET", node.cursorKey(), "boot", "another");
        writeIncrements(1);

        assertThat(node.replay()).isInstanceOf(News.Fenced.class);

        assertThat(redis.cli("GET", "k")).isEqualTo("1");
    }

    @Test
    void aStaleUpstreamGetsAgainWhatItLost() {
        node.write("RPUSH", "list", "1");
        node.write("RPUSH", "list", "2");
        node.write("RPUSH", "list", "3");
        replayed(3);
        redis.cli("HSET", node.cursorKey(), "cur", "1"); // as a stale replica would have both
        redis.cli("LTRIM", "list", "0", "0");
        replayed(3);
        assertThat(redis.cli("LRANGE", "list", "0", "-1")).isEqualTo("1\n2\n3");
    }

    @Test
    void aStaleUpstreamGetsWhatIsLeftWhenTheJournalWasTrimmed() throws IOException {
        node.close();
        node = new ReplayFixture(
                Files.createDirectory(directory.resolve("small")), redis, 1); // a segment an entry, none retained
        for (int i = 1; i <= 6; i++) {
            node.write("RPUSH", "list", Integer.toString(i));
            node.journal.checkpointed(i);
        }
        replayed(6);
        node.journal.checkpointed(6);
        long held = node.journal.status().firstSequence();
        assertThat(held).isGreaterThan(2);
        redis.cli("HSET", node.cursorKey(), "cur", "1");
        redis.cli("DEL", "list");
        node.write("RPUSH", "list", "7");
        Replayer replayer = node.replayer();
        replayer.start();
        assertThat(node.heard.next()).isEqualTo(new News.CaughtUp(7));
        assertThat(replayer.status().journalGap()).isEqualTo("2-" + (held - 1));
        assertThat(redis.cli("LINDEX", "list", "0")).isEqualTo(Long.toString(held));
        assertThat(redis.cli("LINDEX", "list", "-1")).isEqualTo("7");
    }

    @Test
    void aCursorAheadOfEverythingSentFences() {
        writeIncrements(3);
        replayed(3);
        redis.cli("HSET", node.cursorKey(), "cur", "4");
        writeIncrements(2);
        assertThat(node.replay()).isInstanceOf(News.Fenced.class);
        assertThat(redis.cli("GET", "k")).isEqualTo("3");
    }

    @Test
    void aHigherEpochFences() {
        replayed(0);
        redis.cli("HSET", node.cursorKey(), "epoch", "2");
        writeIncrements(1);
        assertThat(node.replay()).isInstanceOf(News.Fenced.class);
        assertThat(redis.cli("EXISTS", "k")).isEqualTo("0");
    }

    @Test
    void aSuccessorThatAppearsWhileWeReplayFencesTheNextBatch() {
        Replayer replayer = node.replayer();
        replayer.start();
        node.heard.next();
        redis.cli("HSET", node.cursorKey(), "epoch", "2", "boot", "successor");
        writeIncrements(1);
        replayer.wake();
        assertThat(node.heard.next()).isInstanceOf(News.Fenced.class);
        assertThat(redis.cli("EXISTS", "k")).isEqualTo("0");
        assertThat(replayer.status().state()).isEqualTo(ReplayStatus.State.FENCED);
    }

    @Test
    void twoNodesReplayBesideEachOther() {
        writeIncrements(3);
        redis.cli("HSET", "holdfast:{" + "0".repeat(32) + "}", "cur", "99", "epoch", "99", "boot", "other");
        replayed(3);
        assertThat(redis.cli("GET", "k")).isEqualTo("3");
    }
}
