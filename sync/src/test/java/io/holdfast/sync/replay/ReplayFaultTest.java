package io.holdfast.sync.replay;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.exec.Journal.Scope;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.sync.conflict.ConflictPolicy;
import io.holdfast.sync.conflict.ConflictRules;
import io.holdfast.sync.replay.FaultyUpstream.Step;
import io.holdfast.sync.replay.Heard.News;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each effect once, wherever a connection is lost or the process dies. */
class ReplayFaultTest extends ReplayNodeTest {
    private @Nullable Path crash; // written on the replay thread before it says that it failed

    @BeforeEach
    void forgetCrash() {
        crash = null;
    }

    @ParameterizedTest
    @EnumSource(Step.class)
    void aLostConnectionAtAnyStepCostsAndRepeatsNothing(Step step) {
        everyOccurrence(step, false);
    }

    @ParameterizedTest
    @EnumSource(Step.class)
    void aCrashAtAnyStepCostsAndRepeatsNothing(Step step) {
        everyOccurrence(step, true);
    }

    /** Fails at the first occurrence of the step, in the next session at the second, and so on, until none is left. */
    private void everyOccurrence(Step step, boolean crashes) {
        node.batchEntriesMax = 10;
        Map<String, Long> expected = increments(60, new SplittableRandom(1));
        var faults = new int[1];
        node.connection = real -> {
            var passed = new int[1];
            return new FaultyUpstream(real, (at, sent) -> {
                if (at == step && passed[0]++ == faults[0]) {
                    faults[0]++;
                    fail(crashes);
                }
            });
        };
        replayUntilDone();
        assertThat(faults[0]).isPositive();
        assertApplied(expected);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void tenThousandIncrementsAreAppliedOnceThroughRandomFaults(long seed) {
        node.batchEntriesMax = 50;
        var random = new SplittableRandom(seed);
        Map<String, Long> expected = increments(10_000, random);
        node.connection = real -> new FaultyUpstream(real, (at, sent) -> {
            if (random.nextInt(25) == 0) {
                fail(random.nextBoolean());
            }
        });
        replayUntilDone();
        assertApplied(expected);
    }

    @Test
    void whatWasRefusedInABatchWhoseReplyWasLostIsADeadLetter() {
        redis.cli("SET", "text", "in the way");
        redis.cli("SET", "gone", "in the way");
        redis.cli("SET", "there", "in the way");
        node.write("INCR", "k");
        long refused = node.write("LPUSH", "text", "x");
        node.write("LPUSH", "gone", "x");
        node.write("DEL", "gone");
        node.write("SADD", "again", "a");
        node.write("SREM", "again", "a");
        node.write("LPUSH", "again", "x");
        long behindOthers = node.write("SET", "there", "y", "NX");
        replayAndLoseTheReplyTo("INCR", "k");

        assertThat(node.replay()).isInstanceOf(News.CaughtUp.class);

        assertThat(node.deadLetters())
                .extracting(stored -> stored.letter().sequence())
                .containsExactly(refused, behindOthers);
        assertThat(node.deadLetters().get(0).letter().error())
                .startsWith("in doubt: its reply was lost, and the key is a string now");
        assertThat(redis.cli("GET", "k")).isEqualTo("1");
        assertThat(redis.cli("LRANGE", "again", "0", "-1")).isEqualTo("x");
        assertThat(node.store.audit().page(0, 10)).singleElement().satisfies(row -> {
            assertThat(row.action()).isEqualTo("REPLIES LOST");
            assertThat(row.detail()).startsWith("entries 1 to 8 were applied once; 2 effects that do not show");
        });
    }

    @Test
    void whatOthersWonAgainstWasNotRefusedInALostReply() {
        redis.cli("RPUSH", "text", "theirs");
        node.write(Scope.BASE, ReplayFixture.effect(0, "SET", "text", "base"));
        node.rules = new ConflictRules(ConflictPolicy.UPSTREAM_WINS, Map.of());
        node.write("APPEND", "text", "ours");
        node.write("INCR", "k");
        replayAndLoseTheReplyTo("INCR", "k");

        assertThat(node.replay()).isInstanceOf(News.CaughtUp.class);

        assertThat(node.conflicts()).hasSize(1);
        assertThat(node.deadLetters()).isEmpty();
    }

    @Test
    void entriesWhoseReplyWasLostAreNotSentAgain() {
        node.write("INCR", "k");
        replayAndLoseTheReplyTo("INCR", "k");
        assertThat(redis.cli("GET", "k")).isEqualTo("1");
        assertThat(node.replay()).isEqualTo(new News.CaughtUp(1));
        assertThat(redis.cli("GET", "k")).isEqualTo("1");
    }

    @Test
    void aBatchThatAMiddleboxHeldBackIsNotExecutedLate() throws IOException {
        redis.cli("ACL", "SETUSER", "default", "-client|kill"); // nothing but the WATCH is left to stop it
        try {
            node.write("INCR", "k");
            var middlebox = new HoldsBackTheBatch();
            node.connection = middlebox::around;
            assertThat(node.replay()).isInstanceOf(News.Failed.class);
            node.stopReplayer();
            node.connection = real -> real;
            assertThat(node.replay()).isEqualTo(new News.CaughtUp(1));
            List<Reply> late = middlebox.release();
            assertThat(late.get(1)).isEqualTo(Reply.bulk("QUEUED"));
            assertThat(late.get(late.size() - 3)).isEqualTo(Reply.Null.BULK); // EXEC
            assertThat(redis.cli("GET", "k")).isEqualTo("1");
            assertThat(node.cursor()).isEqualTo("1");
        } finally {
            redis.cli("ACL", "SETUSER", "default", "+@all");
        }
    }

    /** Its peer believes the connection lost; what it sent last is still on its way, and the upstream sees no end. */
    private static final class HoldsBackTheBatch {
        private @Nullable Upstream behind;
        private List<List<Bytes>> held = List.of();

        Upstream around(Upstream real) {
            behind = real;
            return new Upstream() {
                @Override
                public void connect() throws IOException {
                    real.connect();
                }

                @Override
                public void send(List<List<Bytes>> commands) throws IOException {
                    if (commands.contains(List.of(Bytes.of("INCR"), Bytes.of("k")))) {
                        held = commands;
                        throw new IOException("lost, as the test asked");
                    }
                    real.send(commands);
                }

                @Override
                public List<Reply> receive(int count) throws IOException {
                    return real.receive(count);
                }

                @Override
                public void close() {}
            };
        }

        /** Lets it through; returns what the upstream answered. */
        List<Reply> release() throws IOException {
            Upstream open = Objects.requireNonNull(behind);
            open.send(held);
            List<Reply> replies = open.receive(held.size());
            open.close();
            return replies;
        }
    }

    @Test
    void aCursorTouchedBetweenTwoBatchesIsClaimedAgain() {
        Replayer replayer = node.replayer();
        replayer.start();
        node.heard.next();
        redis.cli("HSET", node.cursorKey(), "t", "1");
        node.write("INCR", "k");
        replayer.wake();
        assertThat(node.heard.next()).isEqualTo(new News.CaughtUp(1));
        assertThat(redis.cli("GET", "k")).isEqualTo("1");
    }

    // ---- what the tests above share

    private Map<String, Long> increments(int count, SplittableRandom random) {
        var expected = new HashMap<String, Long>();
        for (int i = 0; i < count; i++) {
            String key = "counter:" + random.nextInt(10);
            long by = 1L + random.nextInt(1000);
            node.write("INCRBY", key, Long.toString(by));
            expected.merge(key, by, Long::sum);
        }
        return expected;
    }

    private void assertApplied(Map<String, Long> expected) {
        expected.forEach(
                (key, value) -> assertThat(redis.cli("GET", key)).as(key).isEqualTo(Long.toString(value)));
        assertThat(node.deadLetters()).isEmpty();
    }

    /** On the replay thread. */
    private void fail(boolean crashes) throws IOException {
        crash = crashes ? node.snapshot() : null;
        throw new IOException("lost, as the test asked");
    }

    private void replayUntilDone() {
        while (!(node.replay() instanceof News.CaughtUp)) {
            restart();
        }
    }

    /** As a new process after a crash; otherwise the same one, with a new session. */
    private void restart() {
        Path left = crash;
        if (left != null) {
            node.restartAfter(left);
        } else {
            node.stopReplayer();
        }
    }
}
