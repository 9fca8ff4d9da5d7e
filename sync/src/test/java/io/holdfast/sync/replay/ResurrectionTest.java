package io.holdfast.sync.replay;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.command.Effect;
import io.holdfast.engine.exec.Journal.Scope;
import io.holdfast.resp.Bytes;
import io.holdfast.sync.replay.Heard.News;
import io.holdfast.testing.RealRedis;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An upstream that lost its data gets back what is here, and what was written since exactly once on top of it. */
class ResurrectionTest {
    private RealRedis redis;
    private ReplayFixture node;

    @BeforeEach
    void start(@TempDir Path directory) {
        redis = RealRedis.start();
        node = new ReplayFixture(directory, redis);
        node.whenLost = UpstreamLoss.RESURRECT;
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

    /** What an empty restart looks like: no key, another process, and a history that has nothing to do with the one before. */
    private void loseEverything() {
        redis.cli("FLUSHALL");
        node.store.replay().sawRunId("0".repeat(40));
        node.store.settings().put(ReplayProgress.LINEAGE, "0".repeat(40) + " 0");
    }

    /** What is here, in slices of one key. */
    private final class Copy implements LocalCopy {
        final List<List<Effect>> keys = new ArrayList<>();

        Copy with(Effect... making) {
            keys.add(List.of(making));
            return this;
        }

        @Override
        public Walk walk() {
            var left = new ArrayList<>(keys);
            return () -> left.isEmpty() ? null : new Slice(List.of(left.remove(0)), node.journal.committedSequence());
        }

        @Override
        public boolean forEachKey(Effect effect, Consumer<Bytes> visitor) {
            if (effect.command().size() == 1) {
                return false;
            }
            visitor.accept(effect.command().get(1));
            return true;
        }
    }

    private static Effect effect(String... words) {
        return ReplayFixture.effect(0, words);
    }

    private void outageWithOneKeyChangedAndOneNot() {
        node.write("INCRBY", "n", "5");
        replayed(1);
        node.write(Scope.BASE, effect("SET", "n", "5"));
        node.write("INCRBY", "n", "2"); // 3
        node.localCopy = new Copy()
                .with(effect("SET", "n", "7"))
                .with(effect("DEL", "h"), effect("HSET", "h", "f", "v"))
                .with(effect("SET", "theirs", "ours"));
    }

    @Test
    void whatWasChangedSinceGetsItsBaseAndTheRestWhatItIsHere() {
        outageWithOneKeyChangedAndOneNot();
        loseEverything();
        redis.cli("SET", "theirs", "theirs");
        Replayer replayer = node.replayer();
        replayer.start();
        assertThat(node.heard.next()).isEqualTo(new News.CaughtUp(3));
        assertThat(redis.cli("GET", "n")).isEqualTo("7");
        assertThat(redis.cli("HGET", "h", "f")).isEqualTo("v");
        assertThat(redis.cli("GET", "theirs")).isEqualTo("theirs");
        assertThat(replayer.status().resurrectedKeys()).isEqualTo(2);
        assertThat(replayer.status().upstreamLost()).isTrue();
        assertThat(node.store.audit().page(0, 10)).singleElement().satisfies(row -> {
            assertThat(row.action()).isEqualTo("RESURRECT");
            assertThat(row.detail())
                    .startsWith("2 keys written back, 1 were there, 0 were refused; replaying from entry 2");
        });
        assertThat(node.conflicts()).isEmpty();
    }

    @Test
    void aConnectionThatIsLostAnywhereOnTheWayCostsAndRepeatsNothing() {
        outageWithOneKeyChangedAndOneNot();
        replayed(3);
        int steps = 0;
        boolean whole = false;
        while (!whole) {
            node.store
                    .settings()
                    .put("replay.outage-began", "1"); // it was interrupted, and is lost with what it had brought
            loseEverything();
            var at = new AtomicInteger();
            int failing = steps++;
            node.connection = real -> new FaultyUpstream(real, (step, sent) -> {
                if (at.getAndIncrement() == failing) {
                    throw new IOException("lost, as the test asked");
                }
            });
            whole = node.replay() instanceof News.CaughtUp;
            node.stopReplayer();
            node.connection = real -> real;
            if (!whole) {
                replayed(3);
            }
            assertThat(redis.cli("GET", "n")).as("failing at step %d", failing).isEqualTo("7");
            assertThat(redis.cli("HGET", "h", "f")).isEqualTo("v");
            assertThat(node.cursor()).isEqualTo("3");
        }
        assertThat(steps).isGreaterThan(40);
    }

    @Test
    void entriesOfAnInterruptedReplayAreReplayedAgainOnTopOfWhatWasThereBefore() {
        outageWithOneKeyChangedAndOneNot();
        replayed(3); // the outage goes on: nothing has said that the upstream is in charge
        node.store.settings().put("replay.outage-began", "1");
        node.write("INCRBY", "n", "3"); // 4
        loseEverything();
        replayed(4);
        assertThat(redis.cli("GET", "n")).isEqualTo("10");
    }

    @Test
    void whatHasExpiredIsNotWrittenBackAndTheRestKeepsItsTime() {
        replayed(0);
        long soon = System.currentTimeMillis() + 1_000_000;
        node.nowMs.set(System.currentTimeMillis());
        node.localCopy = new Copy()
                .with(effect("SET", "past", "v"), effect("PEXPIREAT", "past", "1000"))
                .with(effect("SET", "future", "v"), effect("PEXPIREAT", "future", Long.toString(soon)));
        loseEverything();
        replayed(0);
        assertThat(redis.cli("EXISTS", "past")).isEqualTo("0");
        assertThat(redis.cli("PEXPIRETIME", "future")).isEqualTo(Long.toString(soon));
    }

    @Test
    void cursorsOfAnyNodeStayGone() {
        replayed(0);
        node.localCopy =
                new Copy().with(effect("DEL", "holdfast:{other}"), effect("HSET", "holdfast:{other}", "cur", "9"));
        loseEverything();
        replayed(0);
        assertThat(redis.cli("KEYS", "*")).isEqualTo(node.cursorKey());
    }

    @Test
    void whereTheJournalDoesNotNameWhatWasChangedOnlyBasesComeBack() {
        node.write("SET", "k", "v");
        replayed(1);
        node.write(Scope.BASE, effect("SET", "k", "v")); // 2
        node.write("SET", "k", "w");
        node.write("FLUSHALL"); // 4
        node.localCopy = new Copy().with(effect("SET", "other", "v"));
        loseEverything();
        replayed(4);
        assertThat(redis.cli("EXISTS", "other")).isEqualTo("0");
        assertThat(node.store.audit().page(0, 10).get(0).detail()).contains("does not name all keys");
    }

    @Test
    void aReplayThatIsConfiguredOtherwiseForgetsWhereTheOutageBegan() {
        outageWithOneKeyChangedAndOneNot();
        replayed(3);
        node.whenLost = UpstreamLoss.PENDING_ONLY;
        replayed(3);
        assertThat(node.store.settings().get("replay.outage-began")).isEmpty();
    }

    @Test
    void keysThatTheUpstreamDoesNotTakeAreCountedAndTheOthersComeBack() {
        replayed(0);
        node.localCopy = new Copy()
                .with(effect("SET", "a", "v"))
                .with(effect("NOSUCHCOMMAND", "b", "v"))
                .with(ReplayFixture.effect(99, "SET", "elsewhere", "v"))
                .with(effect("SET", "c", "v"));
        loseEverything();
        replayed(0);
        assertThat(redis.cli("MGET", "a", "c")).isEqualTo("v\nv");
        assertThat(node.store.audit().page(0, 10).get(0).detail())
                .startsWith("2 keys written back, 0 were there, 2 were refused");
    }
}
