package io.holdfast.sync.replay;

import static io.holdfast.sync.replay.ReplayFixture.effect;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.exec.Journal.Scope;
import io.holdfast.resp.Bytes;
import io.holdfast.sync.conflict.Sidecar;
import io.holdfast.sync.journal.Conflict;
import io.holdfast.sync.journal.Conflict.Winner;
import io.holdfast.sync.replay.Heard.News;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two nodes that were both cut off, wrote the same keys, and replay into one upstream. */
class StampConflictTest extends ReplayNodeTest {
    private static final long MOMENT_MS = 100;
    private static final long OUTAGE_MS = 600_000;
    private static final long DAY_MS = TimeUnit.DAYS.toMillis(1);

    private ReplayFixture other;
    private long startMs;

    @BeforeEach
    void startOther(@TempDir Path directory) {
        other = ReplayFixture.other(directory, redis);
        startMs = System.currentTimeMillis(); // the real upstream lets stamps go by its own clock
        for (ReplayFixture each : List.of(node, other)) {
            each.stamps = true;
            each.nowMs.set(startMs);
        }
    }

    @AfterEach
    void endOther() {
        other.close();
    }

    /** What both nodes and the upstream had when the outage began. */
    private void base(String... words) {
        redis.cli(words);
        for (ReplayFixture each : List.of(node, other)) {
            each.write(Scope.BASE, effect(0, words));
        }
    }

    private void at(ReplayFixture writer, long afterMs, String... words) {
        writer.nowMs.set(startMs + afterMs);
        writer.write(words);
    }

    private void replay(ReplayFixture... inOrder) {
        for (ReplayFixture each : inOrder) {
            each.nowMs.set(startMs + OUTAGE_MS);
            assertThat(each.replay()).isInstanceOf(News.CaughtUp.class);
        }
    }

    private void replayBoth(boolean otherFirst) {
        replay(otherFirst ? other : node, otherFirst ? node : other);
    }

    private static List<Bytes> words(String... words) {
        return effect(0, words).command();
    }

    // ---- the later write, whichever arrives first

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void theLaterOfTwoValuesStandsAndTheOtherIsRecorded(boolean otherFirst) {
        base("SET", "k", "base");
        at(node, MOMENT_MS, "SET", "k", "earlier");
        at(other, 2 * MOMENT_MS, "SET", "k", "later");

        replayBoth(otherFirst);

        assertThat(redis.cli("GET", "k")).isEqualTo("later");
        Conflict conflict = (otherFirst ? node : other).conflicts().get(0);
        assertThat(conflict.winner()).isEqualTo(otherFirst ? Winner.UPSTREAM : Winner.LOCAL);
        assertThat(otherFirst ? conflict.local() : conflict.upstream()).isEqualTo(words("SET", "k", "earlier"));
        assertThat(conflict.touchedMs()).isEqualTo(startMs + (otherFirst ? 2 : 1) * MOMENT_MS);
        assertThat(conflict.upstreamNode()).isEqualTo((otherFirst ? other : node).nodeId());
        assertThat((otherFirst ? other : node).conflicts()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void fieldsAndScoresAreJudgedOneByOne(boolean otherFirst) {
        base("HSET", "h", "a", "0", "b", "0");
        at(node, MOMENT_MS, "HSET", "h", "a", "early", "b", "late?");
        at(other, 2 * MOMENT_MS, "HSET", "h", "a", "late");
        at(node, 3 * MOMENT_MS, "HSET", "h", "b", "late");
        base("ZADD", "z", "0", "m");
        at(other, MOMENT_MS, "ZADD", "z", "1", "m");
        at(node, 2 * MOMENT_MS, "ZADD", "z", "2.5", "m");

        replayBoth(otherFirst);

        assertThat(redis.cli("HMGET", "h", "a", "b")).isEqualTo("late\nlate");
        assertThat(redis.cli("ZSCORE", "z", "m")).isEqualTo("2.5");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aLaterRemovalStandsAndAnEarlierOneDoesNot(boolean otherFirst) {
        base("SET", "removed", "base");
        at(node, MOMENT_MS, "SET", "removed", "ours");
        at(other, 2 * MOMENT_MS, "DEL", "removed");
        base("SET", "written", "base");
        at(node, MOMENT_MS, "DEL", "written");
        at(other, 2 * MOMENT_MS, "SET", "written", "theirs");
        base("HSET", "h", "f", "0", "g", "0");
        at(node, MOMENT_MS, "HSET", "h", "f", "ours");
        at(other, 2 * MOMENT_MS, "HDEL", "h", "f");

        replayBoth(otherFirst);

        assertThat(redis.cli("EXISTS", "removed")).isEqualTo("0");
        assertThat(redis.cli("GET", "written")).isEqualTo("theirs");
        assertThat(redis.cli("HKEYS", "h")).isEqualTo("g");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void inOneMillisecondTheSameNodeWinsWhicheverReplaysFirst(boolean otherFirst) {
        base("SET", "k", "base");
        at(node, MOMENT_MS, "SET", "k", "of node 7");
        at(other, MOMENT_MS, "SET", "k", "of node 9");

        replayBoth(otherFirst);

        assertThat(redis.cli("GET", "k")).isEqualTo("of node 9");
    }

    @Test
    void aTransactionIsJudgedByTheStampsOfWhatItOverwrites() {
        base("SET", "k", "base");
        at(other, 2 * MOMENT_MS, "SET", "k", "later");
        node.nowMs.set(startMs + MOMENT_MS);
        node.write(Scope.UPSTREAM, effect(0, "INCR", "n"), effect(0, "SET", "k", "earlier"));

        replay(other, node);

        assertThat(redis.cli("MGET", "k", "n")).isEqualTo("later\n");
        assertThat(node.conflicts()).extracting(Conflict::winner).containsOnly(Winner.UPSTREAM);
    }

    @Test
    void aStampIsRememberedOverACrash() {
        node.batchEntriesMax = 2;
        base("HSET", "h", "f", "0", "g", "0");
        at(other, MOMENT_MS, "HSET", "h", "f", "earlier");
        at(node, MOMENT_MS, "HSET", "h", "g", "ours");
        at(node, 2 * MOMENT_MS, "INCR", "n");
        at(node, 3 * MOMENT_MS, "HSET", "h", "f", "later");
        replay(other);
        node.connection = real -> new FaultyUpstream(real, (step, sent) -> {
            if (step == FaultyUpstream.Step.BEFORE_SEND && sent.contains(words("HSET", "h", "f", "later"))) {
                throw new IOException("lost");
            }
        });
        node.nowMs.set(startMs + OUTAGE_MS);
        assertThat(node.replay()).isInstanceOf(News.Failed.class);
        node.connection = real -> real;

        replay(node);

        assertThat(redis.cli("HGET", "h", "f")).isEqualTo("later");
    }

    // ---- others

    @Test
    void whatAStrangerWroteBehindANodeIsJudgedByWhenTheKeyWasUsed() {
        base("SET", "k", "base");
        at(other, MOMENT_MS, "SET", "k", "of a node");
        at(node, 2 * MOMENT_MS, "SET", "k", "ours");
        replay(other);
        redis.cli("SET", "k", "of a stranger");

        replay(node);

        assertThat(redis.cli("GET", "k")).isEqualTo("of a stranger");
        assertThat(node.conflicts()).extracting(Conflict::winner).containsExactly(Winner.UPSTREAM);
    }

    @Test
    void aNodeWhoseClockIsBehindWritesLaterThanWhatItHadSeen() {
        base("SET", "k", "base");
        node.write("INCR", "n");
        at(other, OUTAGE_MS, "SET", "k", "of a clock that is ahead");
        replay(other, node); // node meets the stamp
        node.stopReplayer();
        node.write(Scope.BASE, effect(0, "SET", "k", "base")); // its copy is not up to date
        at(node, MOMENT_MS, "SET", "k", "of one that is behind");

        replay(node);

        assertThat(redis.cli("GET", "k")).isEqualTo("of one that is behind");
        assertThat(node.conflicts()).extracting(Conflict::winner).containsExactly(Winner.LOCAL);
    }

    // ---- the sidecar

    @Test
    void stampsLieInOneHashOfTheDayAndGoBySelf() {
        at(node, MOMENT_MS, "SET", "k", "v");
        node.write(Scope.UPSTREAM, effect(0, "MSET", "a", "1", "b", "2"), effect(0, "HSET", "h", "f", "v"));
        at(node, MOMENT_MS, "INCR", "n");

        replay(node);

        Bytes key = Sidecar.KEYS.get((int) ((startMs + OUTAGE_MS) / DAY_MS % 2));
        assertThat(redis.cli("HLEN", key.utf8())).isEqualTo("5"); // k, a, b, h f; and the clock
        long leftMs = Long.parseLong(redis.cli("PTTL", key.utf8()));
        assertThat(leftMs).isBetween(DAY_MS - OUTAGE_MS, 2 * DAY_MS + OUTAGE_MS);
    }

    @Test
    void withoutOtherNodesNothingIsStamped() {
        node.stamps = false;
        at(node, MOMENT_MS, "SET", "k", "v");

        replay(node);

        assertThat(redis.cli("KEYS", "holdfast:{stamps}*")).isEmpty();
    }

    @Test
    void whatIsReplayedWhenTheHashIsFullHasNoStamp() {
        for (Bytes key : Sidecar.KEYS) {
            redis.cli("EVAL", "for i = 1, 100000 do redis.call('HSET', KEYS[1], i, '1 0 x y') end", "1", key.utf8());
        }
        at(node, MOMENT_MS, "SET", "k", "v");

        replay(node);

        assertThat(redis.cli("GET", "k")).isEqualTo("v");
        assertThat(redis.cli("HLEN", Sidecar.KEYS.get(0).utf8())).isEqualTo("100000");
        assertThat(redis.cli("HLEN", Sidecar.KEYS.get(1).utf8())).isEqualTo("100000");
    }

    @Test
    void somethingElseUnderTheNameOfTheSidecarHoldsNothingUp() {
        Sidecar.KEYS.forEach(key -> redis.cli("SET", key.utf8(), "not a hash"));
        base("SET", "k", "base");
        at(node, MOMENT_MS, "SET", "k", "v");

        replay(node);

        assertThat(redis.cli("GET", "k")).isEqualTo("v");
    }
}
