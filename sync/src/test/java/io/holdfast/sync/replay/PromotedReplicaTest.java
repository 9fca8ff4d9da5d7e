package io.holdfast.sync.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.holdfast.sync.replay.Heard.News;
import io.holdfast.testing.RealRedis;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A replica takes the place of the upstream, with all or with a part of what that had. */
class PromotedReplicaTest {
    private RealRedis redis;
    private RealRedis replica;
    private ReplayFixture node;

    @BeforeEach
    void startAll(@TempDir Path directory) {
        redis = RealRedis.start("--repl-diskless-sync-delay", "0");
        replica = RealRedis.start("--replicaof", "127.0.0.1", Integer.toString(redis.port()));
        awaitReplica();
        node = new ReplayFixture(directory, redis);
    }

    @AfterEach
    void endAll() {
        node.close();
        replica.close();
        redis.close();
    }

    /** WAIT would not do: it is about what its own connection has written. */
    private void awaitReplica() {
        await().atMost(ReplayFixture.REPLICA_PATIENCE).until(() -> {
            Map<String, String> its = replication(replica);
            return "up".equals(its.get("master_link_status"))
                    && Objects.equals(
                            its.get("slave_repl_offset"), replication(redis).get("master_repl_offset"));
        });
    }

    private static Map<String, String> replication(RealRedis of) {
        return of.cli("INFO", "replication")
                .lines()
                .map(line -> line.split(":", 2))
                .filter(parts -> parts.length == 2)
                .collect(Collectors.toMap(parts -> parts[0], parts -> parts[1].trim()));
    }

    private void replay() {
        assertThat(node.replay()).isInstanceOf(News.CaughtUp.class);
    }

    private void promote() {
        replica.cli("REPLICAOF", "NO", "ONE");
    }

    /** The upstream's address leads to the replica from now on. */
    private void goThere() {
        node.stopReplayer();
        node.connection = real -> new JedisUpstream(Endpoint.tcp("127.0.0.1", replica.port()), node.timeoutMs);
    }

    @Test
    void aReplicaThatHasEverythingGoesOnWhereTheUpstreamEnded() {
        node.write("INCR", "n");
        replay();
        awaitReplica();
        promote();
        node.write("INCR", "n");
        goThere();

        replay();

        assertThat(replica.cli("GET", "n")).isEqualTo("2");
    }

    @Test
    void aReplicaThatWasBehindGetsWhatItLacks() {
        node.write("INCR", "n");
        replay();
        awaitReplica();
        promote();
        node.stopReplayer();
        node.write("INCR", "n");
        replay();
        node.write("INCR", "n");
        goThere();

        replay();

        assertThat(replica.cli("GET", "n")).isEqualTo("3");
    }

    @Test
    void aReplicaThatWasPromotedBeforeTheFirstClaimGetsEverything() {
        promote();
        node.write("INCR", "n");
        replay();
        node.write("INCR", "n");
        goThere();

        replay();

        assertThat(replica.cli("GET", "n")).isEqualTo("2");
        assertThat(node.replayer().status().upstreamLost()).isFalse();
    }

    @Test
    void aReplicaOfAnUpstreamWhoseCursorWasEvictedHasTheData() {
        node.write("INCR", "n");
        replay();
        redis.cli("DEL", node.cursorKey());
        awaitReplica();
        promote();
        node.write("INCR", "n");
        goThere();

        replay();

        assertThat(replica.cli("GET", "n")).isEqualTo("2");
        assertThat(node.replayer().status().upstreamLost()).isFalse();
    }

    @Test
    void anUpstreamThatHasNothingToDoWithItLostTheData() {
        node.write("INCR", "n");
        replay();
        node.stopReplayer();
        node.write("INCR", "n");
        try (RealRedis stranger = RealRedis.start()) {
            node.connection = real -> new JedisUpstream(Endpoint.tcp("127.0.0.1", stranger.port()), node.timeoutMs);

            replay();

            assertThat(stranger.cli("GET", "n")).isEqualTo("1");
            assertThat(node.replayer().status().upstreamLost()).isTrue();
        }
    }
}
