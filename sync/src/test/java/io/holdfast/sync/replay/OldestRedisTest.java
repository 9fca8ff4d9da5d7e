package io.holdfast.sync.replay;

import static io.holdfast.sync.replay.ReplayFixture.effect;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.exec.Journal.Scope;
import io.holdfast.resp.Bytes;
import io.holdfast.sync.journal.Conflict;
import io.holdfast.sync.replay.FaultyUpstream.Step;
import io.holdfast.sync.replay.Heard.News;
import io.holdfast.testing.RealRedis;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Replay into a Redis 6.2, the oldest that is supported. */
class OldestRedisTest {
    private RealRedis redis;
    private ReplayFixture node;

    @BeforeEach
    void start(@TempDir Path directory) {
        redis = RealRedis.startOldest();
        node = new ReplayFixture(directory, redis);
    }

    @AfterEach
    void end() {
        if (node != null) { // null where there is no such Redis for this machine
            node.close();
            redis.close();
        }
    }

    private Capabilities asked() {
        Replayer replayer = node.replayer();
        replayer.start();
        node.heard.next();
        return replayer.status().capabilities();
    }

    @Test
    void itGivesExactlyOnceAndSaysWhatItLacks() {
        Capabilities found = asked();

        assertThat(found.version()).isEqualTo(redis.version());
        assertThat(found.guarantee()).isEqualTo(Guarantee.EXACTLY_ONCE);
        assertThat(found.rights())
                .isEqualTo("client_kill:1,transactions:1,cursor:1,tracking:1,idletime:1,freq:0,refused:FUNCTION");
        assertThat(found.sentence())
                .contains("it does not take FUNCTION: such entries become dead letters", "no count of entries added");
        assertThat(redis.cli("DBSIZE")).isEqualTo("1"); // the cursor
    }

    /** As a journal says it that was begun before any upstream was seen. */
    @Test
    void streamsThatAreJournaledAsForANewerRedisArriveWhole() {
        node.write(
                Scope.UPSTREAM,
                effect(0, "XADD", "s", "1-1", "a", "b"),
                effect(0, "XADD", "s", "2-1", "a", "c"),
                effect(0, "XGROUP", "CREATE", "s", "g", "0-0", "ENTRIESREAD", "0"),
                effect(0, "XSETID", "s", "3-1", "ENTRIESADDED", "3", "MAXDELETEDID", "3-1"));
        node.write("XGROUP", "SETID", "s", "g", "1-1", "ENTRIESREAD", "1");
        node.write("XCLAIM", "s", "g", "me", "0", "1-1", "TIME", "5", "RETRYCOUNT", "2", "FORCE", "JUSTID");

        assertThat(node.replay()).isEqualTo(new News.CaughtUp(3));

        assertThat(node.deadLetters()).isEmpty();
        assertThat(redis.cli("XRANGE", "s", "-", "+")).isEqualTo("1-1\na\nb\n2-1\na\nc");
        assertThat(redis.cli("XINFO", "GROUPS", "s"))
                .isEqualTo("name\ng\nconsumers\n1\npending\n1\nlast-delivered-id\n1-1");
        assertThat(redis.cli("XINFO", "STREAM", "s")).contains("last-generated-id\n3-1");
    }

    @Test
    void aFunctionIsADeadLetterAndTheRestGoesOn() {
        node.write("SET", "before", "1");
        node.write(
                "FUNCTION", "LOAD", "REPLACE", "#!lua name=l\nredis.register_function('f', function() return 1 end)");
        node.write("SET", "behind", "1");

        assertThat(node.replay()).isEqualTo(new News.CaughtUp(3));

        assertThat(node.deadLetters()).hasSize(1);
        assertThat(node.deadLetters().get(0).letter().error()).startsWith("ERR unknown command `FUNCTION`");
        assertThat(redis.cli("MGET", "before", "behind")).isEqualTo("1\n1");
    }

    @Test
    void whatOthersChangedIsAConflict() {
        redis.cli("SET", "k", "theirs");
        redis.cli("HSET", "h", "f", "theirs", "g", "old");
        node.write(Scope.BASE, effect(0, "SET", "k", "old"));
        node.write("SET", "k", "ours");
        node.write(Scope.BASE, effect(0, "HSET", "h", "f", "old", "g", "old"));
        node.write("HSET", "h", "f", "ours");

        assertThat(node.replay()).isEqualTo(new News.CaughtUp(4));

        assertThat(node.conflicts())
                .extracting(Conflict::key)
                .extracting(Object::toString)
                .containsExactly("k", "h");
        assertThat(redis.cli("GET", "k")).isEqualTo("ours");
        assertThat(redis.cli("HGET", "h", "f")).isEqualTo("ours");
    }

    @Test
    void aBatchThatLiesInAFrozenOnesBuffersIsNotDoneTwice() {
        var frozen = new AtomicBoolean();
        node.connection = real -> new FaultyUpstream(real, (at, sent) -> {
            boolean batch = at == Step.BEFORE_SEND && sent.contains(List.of(Bytes.of("INCR"), Bytes.of("n")));
            if (batch && !frozen.getAndSet(true)) {
                redis.freeze();
            }
        });
        node.timeoutMs = 300;
        node.write("INCR", "n");
        assertThat(node.replay()).isInstanceOf(News.Failed.class);
        node.stopReplayer();
        redis.thaw();
        node.timeoutMs = 10_000;

        assertThat(node.replay()).isEqualTo(new News.CaughtUp(1));

        assertThat(redis.cli("GET", "n")).isEqualTo("1");
        assertThat(node.cursor()).isEqualTo("1");
    }
}
