package io.holdfast.sync.replay;

import static io.holdfast.sync.replay.ReplayFixture.effect;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.holdfast.engine.exec.Journal.Scope;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.sync.journal.DeadLetter;
import io.holdfast.sync.journal.DeadLetters;
import io.holdfast.sync.replay.Heard.News;
import io.holdfast.testing.RealRedis;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;

/** What replay does when nothing fails but, here and there, an effect. */
@TestInstance(Lifecycle.PER_CLASS)
class ReplayerTest {
    private RealRedis redis;
    private ReplayFixture node;

    @BeforeAll
    void startRedis() {
        redis = RealRedis.start("--databases", "4");
    }

    @AfterAll
    void endRedis() {
        redis.close();
    }

    @BeforeEach
    void startNode(@TempDir Path directory) {
        redis.cli("FLUSHALL");
        redis.cli("CONFIG", "SET", "maxmemory", "0");
        node = new ReplayFixture(directory, redis);
    }

    @AfterEach
    void endNode() {
        node.close();
    }

    @Test
    void entriesArriveInTheirOrder() {
        node.batchEntriesMax = 7;
        for (int i = 0; i < 50; i++) {
            node.write("RPUSH", "list", Integer.toString(i));
        }
        assertThat(node.replay()).isEqualTo(new News.CaughtUp(50));
        assertThat(redis.cli("LRANGE", "list", "0", "-1").lines().map(Integer::parseInt))
                .isSorted()
                .hasSize(50);
        assertThat(node.cursor()).isEqualTo("50");
        assertThat(node.confirmed).hasValue(50);
    }

    @Test
    void eachDatabaseGetsItsEffects() {
        node.write(Scope.UPSTREAM, effect(2, "SET", "k", "two"), effect(0, "SET", "k", "zero"));
        node.write(Scope.UPSTREAM, effect(3, "SET", "k", "three"));
        assertThat(node.replay()).isEqualTo(new News.CaughtUp(2));
        try (var client = redis.connect()) {
            Map.of("0", "zero", "2", "two", "3", "three").forEach((db, value) -> {
                client.call("SELECT", db);
                assertThat(client.call("GET", "k")).as(db).isEqualTo(Reply.bulk(value));
            });
        }
        assertThat(node.cursor()).isEqualTo("2");
    }

    @Test
    void entriesForNobodyElseStayAndAreNotWaitedFor() {
        node.write(Scope.LOCAL, effect(0, "SET", "local", "v"));
        node.write(Scope.BASE, effect(0, "SET", "base", "v"));
        node.write("SET", "k", "v");
        node.write(Scope.LOCAL, effect(0, "SET", "local", "w"));
        assertThat(node.replay()).isEqualTo(new News.CaughtUp(4));
        assertThat(redis.cli("EXISTS", "local", "base", "k")).isEqualTo("1");
        assertThat(node.confirmed).hasValue(4);
    }

    @Test
    void anExpiryThatHasPassedEndsAsNoKey() {
        redis.cli("SET", "k", "before");
        redis.cli("SET", "m", "before");
        node.write("SET", "k", "v", "PXAT", "1000");
        node.write("PEXPIREAT", "m", "1000");
        assertThat(node.replay()).isEqualTo(new News.CaughtUp(2));
        assertThat(redis.cli("EXISTS", "k", "m")).isEqualTo("0");
        assertThat(node.deadLetters()).isEmpty();
    }

    @Test
    void anEffectOfTheWrongTypeIsADeadLetterAndTheRestStands() {
        redis.cli("RPUSH", "list", "x");
        node.write("INCR", "before");
        node.write(
                Scope.UPSTREAM,
                effect(0, "INCR", "beside"),
                effect(0, "INCRBY", "list", "5"),
                effect(0, "INCR", "beside"));
        node.write("INCR", "after");
        assertThat(node.replay()).isEqualTo(new News.CaughtUp(3));
        assertThat(redis.cli("MGET", "before", "beside", "after")).isEqualTo("1\n2\n1");
        DeadLetter letter = onlyDeadLetter();
        assertThat(letter.sequence()).isEqualTo(2);
        assertThat(letter.effectIndex()).isEqualTo(1);
        assertThat(letter.command()).isEqualTo(effect(0, "INCRBY", "list", "5").command());
        assertThat(letter.error()).startsWith("WRONGTYPE");
        assertThat(letter.atMs()).isEqualTo(ReplayFixture.START_MS);
    }

    @Test
    void anEntryThatCannotBeQueuedIsDeadAsAWholeAndTheRestGoesOn() {
        node.write("INCR", "before");
        node.write(Scope.UPSTREAM, effect(0, "INCR", "beside"), effect(0, "NOSUCHCOMMAND", "k"));
        node.write("SET", "too-short");
        node.write("INCR", "after");
        assertThat(node.replay()).isEqualTo(new News.CaughtUp(4));
        assertThat(redis.cli("EXISTS", "beside")).isEqualTo("0");
        assertThat(redis.cli("MGET", "before", "after")).isEqualTo("1\n1");
        assertThat(node.deadLetters())
                .extracting(stored -> stored.letter().sequence())
                .containsExactly(2L, 2L, 3L);
        assertThat(node.cursor()).isEqualTo("4");
    }

    @Test
    void anEffectForADatabaseThatIsNotThereGoesIntoNoOtherOne() {
        node.write("INCR", "before");
        node.write(Scope.UPSTREAM, effect(9, "SET", "k", "v"));
        node.write("INCR", "after");
        assertThat(node.replay()).isEqualTo(new News.CaughtUp(3));
        assertThat(redis.cli("EXISTS", "k")).isEqualTo("0");
        assertThat(redis.cli("MGET", "before", "after")).isEqualTo("1\n1");
        assertThat(onlyDeadLetter().db()).isEqualTo(9);
    }

    @Test
    void theCursorOutlivesAFlushThatIsReplayed() {
        node.write("SET", "k", "v");
        node.write("FLUSHALL");
        node.write("SET", "m", "v");
        assertThat(node.replay()).isEqualTo(new News.CaughtUp(3));
        node.stopReplayer();
        node.write("INCR", "n");
        assertThat(node.replay()).isEqualTo(new News.CaughtUp(4));
        assertThat(redis.cli("KEYS", "?").lines()).containsExactlyInAnyOrder("m", "n");
    }

    @Test
    void aFullUpstreamIsNoFaultOfTheEntriesWhichGoLater() {
        redis.cli("CONFIG", "SET", "maxmemory", "1");
        node.write("SET", "k", "v");
        assertThat(node.replay())
                .isInstanceOfSatisfying(
                        News.Failed.class, failed -> assertThat(failed.reason()).contains("OOM"));
        redis.cli("CONFIG", "SET", "maxmemory", "0");
        assertThat(node.replay()).isEqualTo(new News.CaughtUp(1));
        assertThat(redis.cli("GET", "k")).isEqualTo("v");
        assertThat(node.deadLetters()).isEmpty();
    }

    @Test
    void aReplicaIsNotWrittenTo() {
        node.write("SET", "k", "v");
        redis.cli("REPLICAOF", "127.0.0.1", "1");
        News news = node.replay();
        redis.cli("REPLICAOF", "NO", "ONE");
        assertThat(news).isEqualTo(new News.Failed("the upstream is not a master"));
    }

    @Test
    void anUpstreamThatIsDemotedDuringASessionGetsTheEntriesLater() {
        Replayer replayer = node.replayer();
        replayer.start();
        assertThat(node.heard.next()).isEqualTo(new News.CaughtUp(0));
        redis.cli("REPLICAOF", "127.0.0.1", "1");
        node.write("SET", "k", "v");

        replayer.wake();

        assertThat(node.heard.next())
                .isInstanceOfSatisfying(
                        News.Failed.class, failed -> assertThat(failed.reason()).contains("READONLY"));
        redis.cli("REPLICAOF", "NO", "ONE");
        assertThat(node.replay()).isEqualTo(new News.CaughtUp(1));
        assertThat(redis.cli("GET", "k")).isEqualTo("v");
        assertThat(node.deadLetters()).isEmpty();
    }

    @Test
    void newEntriesFollowWhenItIsWoken() {
        Replayer replayer = node.replayer();
        replayer.start();
        assertThat(node.heard.next()).isEqualTo(new News.CaughtUp(0));
        node.write("INCR", "k");
        replayer.wake();
        assertThat(node.heard.next()).isEqualTo(new News.CaughtUp(1));
        assertThat(redis.cli("GET", "k")).isEqualTo("1");
    }

    @Test
    void whoeverWakesItHearsAgainAndTheUpstreamDoesNot() {
        Replayer replayer = node.replayer();
        replayer.start();
        node.heard.next();
        long before = commandsProcessed();
        replayer.wake();
        News again = node.heard.next();
        assertThat(again).isEqualTo(new News.CaughtUp(0));
        assertThat(commandsProcessed()).isEqualTo(before + 1); // this INFO
    }

    @Test
    void aStatusTellsWhatWasDone() {
        node.write("SET", "k", "v");
        node.write("INCR", "k");
        Replayer replayer = node.replayer();
        replayer.start();
        node.heard.next();
        ReplayStatus status = replayer.status();
        assertThat(status.replayedEntries()).isEqualTo(2);
        assertThat(status.deadLetters()).isEqualTo(1);
        assertThat(status.lastSyncMs()).isEqualTo(ReplayFixture.START_MS);
        assertThat(status.confirmedSequence()).isEqualTo(2);
        assertThat(status.summary()).isEqualTo("state:caught_up,fence:kill,upstream_lost:0");
    }

    private long commandsProcessed() {
        return redis.cli("INFO", "stats")
                .lines()
                .filter(line -> line.startsWith("total_commands_processed:"))
                .mapToLong(line -> Long.parseLong(line.substring(line.indexOf(':') + 1)))
                .findFirst()
                .orElseThrow();
    }

    private DeadLetter onlyDeadLetter() {
        List<DeadLetters.Stored> letters = node.deadLetters();
        assertThat(letters).hasSize(1);
        return letters.get(0).letter();
    }

    @Test
    void aCapOnTheRateHoldsUntilItIsLiftedInTheMiddle() {
        node.entriesPerSecondMax = 20;
        for (int i = 0; i < 2000; i++) {
            node.write("INCR", "n");
        }
        Replayer replayer = node.replayer();
        replayer.start();
        await().until(() -> replayer.status().replayedEntries() > 0);
        assertThat(node.heard.isSilent()).isTrue(); // 100 s would be left

        replayer.change(config ->
                config.with(null, null, 10_000, config.settings().withEntriesPerSecondMax(0), config.conflicts()));

        assertThat(node.heard.next()).isEqualTo(new News.CaughtUp(2000));
        assertThat(redis.cli("GET", "n")).isEqualTo("2000");
    }

    @Test
    void smallStepsAreNotedAheadOfTheirTurnButNotBeyondTheJournal() {
        node.entriesPerSecondMax = 200; // one at a time, noted with the 20 behind it
        for (int i = 0; i < 30; i++) {
            node.write("INCR", "n");
        }
        Replayer replayer = node.replayer();
        replayer.start();
        await().until(() -> replayer.status().replayedEntries() > 0);
        assertThat(node.store.replay().lastSent()).isBetween(21L, 30L);

        assertThat(node.heard.next()).isEqualTo(new News.CaughtUp(30));
        assertThat(node.store.replay().lastSent()).isEqualTo(30);
        assertThat(redis.cli("GET", "n")).isEqualTo("30");
    }

    @Test
    void aStopDoesNotWaitForTheCapOnTheRate() {
        node.entriesPerSecondMax = 1;
        node.write("INCR", "n");
        node.write("INCR", "n");
        Replayer replayer = node.replayer();
        replayer.start();
        await().until(() -> replayer.status().replayedEntries() == 1);

        node.stopReplayer(); // fails when that takes long

        assertThat(redis.cli("GET", "n")).isEqualTo("1");
    }

    @Test
    void entriesThatKeepTheUpstreamBusyGoInSmallerBatches() {
        redis.cli("EVAL", "for i = 1, 40000 do redis.call('rpush', KEYS[1], i) end", "1", "long");
        List<Integer> batches = new ArrayList<>();
        node.connection = real -> new FaultyUpstream(real, (step, sent) -> {
            if (step == FaultyUpstream.Step.BEFORE_SEND && sent.get(0).get(0).equals(Bytes.of("MULTI"))) {
                batches.add((int) sent.stream()
                        .filter(words -> words.get(0).equals(Bytes.of("LREM")))
                        .count());
            }
        });
        for (int i = 0; i < 1500; i++) {
            node.write("LREM", "long", "-1", "1"); // from the end: each looks at the whole list
        }

        assertThat(node.replay()).isInstanceOf(News.CaughtUp.class);

        List<Integer> ofEntries = batches.stream().filter(size -> size > 0).toList();
        assertThat(ofEntries.get(0)).isEqualTo(500); // before anything was known
        assertThat(ofEntries.subList(1, ofEntries.size())).allMatch(size -> size < 250);
        assertThat(ofEntries.stream().mapToInt(Integer::intValue).sum()).isEqualTo(1500);
    }
}
