package io.holdfast.sync.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.holdfast.sync.replay.Heard.News;
import io.holdfast.testing.RealRedis;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was replayed is confirmed once enough replicas of the upstream have it, and is not sent again for that. */
class ReplicasTest {
    private static final Pattern WAITS = Pattern.compile("cmdstat_wait:calls=(\\d+)");

    private RealRedis redis;
    private RealRedis replica;
    private ReplayFixture node;

    @BeforeEach
    void startAll(@TempDir Path directory) {
        redis = RealRedis.start("--repl-diskless-sync-delay", "0");
        replica = RealRedis.start("--replicaof", "127.0.0.1", Integer.toString(redis.port()));
        await().atMost(ReplayFixture.REPLICA_PATIENCE)
                .until(() -> redis.cli("WAIT", "1", "100").equals("1"));
        node = new ReplayFixture(directory, redis);
        node.replicas = 1;
    }

    @AfterEach
    void endAll() {
        node.close();
        replica.close();
        redis.close();
    }

    /** How often the upstream was asked for what its replicas have. */
    private long waits() {
        Matcher calls = WAITS.matcher(redis.cli("INFO", "commandstats"));
        return calls.find() ? Long.parseLong(calls.group(1)) : 0;
    }

    private static void awaitWaiting(Replayer replayer) {
        await().atMost(ReplayFixture.REPLICA_PATIENCE)
                .until(() -> replayer.status().state() == ReplayStatus.State.AWAITING_REPLICAS);
    }

    @Test
    void whatIsConfirmedIsOnTheReplica() {
        node.write("INCR", "n");

        assertThat(node.replay()).isEqualTo(new News.CaughtUp(1));

        assertThat(replica.cli("GET", "n")).isEqualTo("1");
    }

    @Test
    void aBatchThatTheReplicaLacksStaysPendingAndIsNotSentAgain() {
        node.write("INCR", "n");
        Replayer replayer = node.replayer();
        replica.freeze();
        replayer.start();

        awaitWaiting(replayer);
        long asked = waits(); // by the set-up as well, as often as the replica took to come
        await().atMost(ReplayFixture.REPLICA_PATIENCE).until(() -> waits() >= asked + 2);
        assertThat(node.heard.isSilent()).isTrue();
        assertThat(node.confirmed).hasValueLessThan(1);
        assertThat(redis.cli("GET", "n")).isEqualTo("1");
        assertThat(node.store.replay().acknowledged()).isZero();
        assertThat(replayer.status().summary()).contains("state:awaiting_replicas", "replicas:0/1");

        replica.thaw();

        assertThat(node.heard.next()).isEqualTo(new News.CaughtUp(1));
        assertThat(redis.cli("GET", "n")).isEqualTo("1");
        assertThat(replica.cli("GET", "n")).isEqualTo("1");
        assertThat(node.confirmed).hasValue(1);
        assertThat(replayer.status().summary()).contains("replicas:1/1");
    }

    @Test
    void theNextStartWaitsForTheReplicaToo() {
        assertThat(node.replay()).isEqualTo(new News.CaughtUp(0));
        node.stopReplayer();
        node.write("INCR", "n");
        replica.freeze();
        Replayer before = node.replayer();
        before.start();
        await().atMost(ReplayFixture.REPLICA_PATIENCE)
                .until(() -> redis.cli("GET", "n").equals("1"));
        node.stopReplayer();
        node.nextStart();
        Replayer after = node.replayer();
        after.start();

        awaitWaiting(after);
        assertThat(node.store.replay().acknowledged()).isZero();
        replica.thaw();

        assertThat(node.heard.next()).isEqualTo(new News.CaughtUp(1));
        assertThat(redis.cli("GET", "n")).isEqualTo("1");
        assertThat(replica.cli("GET", "n")).isEqualTo("1");
    }

    @Test
    void noReplicaIsWaitedForAnyMoreWhenTheSettingSaysSo() {
        node.write("INCR", "n");
        Replayer replayer = node.replayer();
        replica.freeze();
        replayer.start();
        awaitWaiting(replayer);

        replayer.change(
                config -> config.with(null, null, 10_000, config.settings().withReplicas(0, 1), config.conflicts()));

        assertThat(node.heard.next()).isEqualTo(new News.CaughtUp(1));
    }

    @Test
    void aPauseDoesNotConfirmWhatTheReplicaLacks() {
        node.write("INCR", "n");
        Replayer replayer = node.replayer();
        replica.freeze();
        replayer.start();
        awaitWaiting(replayer);

        replayer.finish();
        node.stopReplayer();

        assertThat(node.store.replay().acknowledged()).isZero();
        assertThat(redis.cli("GET", "n")).isEqualTo("1");
    }
}
