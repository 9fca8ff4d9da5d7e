package io.holdfast.sync.replay;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.resp.Bytes;
import io.holdfast.sync.replay.FaultyUpstream.Step;
import io.holdfast.sync.replay.Heard.News;
import io.holdfast.testing.RealRedis;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an upstream allows, by what it says itself, and that asking leaves no trace there. */
class CapabilityProbeTest {
    private RealRedis redis;
    private ReplayFixture node;

    @BeforeEach
    void start(@TempDir Path directory) {
        redis = RealRedis.start();
        node = new ReplayFixture(directory, redis);
    }

    @AfterEach
    void end() {
        node.close();
        redis.close();
    }

    private void user(String... rights) {
        var words = new ArrayList<>(List.of("ACL", "SETUSER", "holdfast", "reset", "on", ">secret"));
        words.addAll(List.of(rights));
        assertThat(redis.cli(words.toArray(String[]::new))).isEqualTo("OK");
        node.user = "holdfast";
        node.password = "secret";
    }

    private Capabilities asked() {
        Replayer replayer = node.replayer();
        replayer.start();
        node.heard.next();
        return replayer.status().capabilities();
    }

    @Test
    void aRedisThatAllowsEverythingGivesExactlyOnce() {
        Capabilities found = asked();
        assertThat(found.guarantee()).isEqualTo(Guarantee.EXACTLY_ONCE);
        assertThat(found.sentence()).startsWith("exactly once: earlier connections are killed");
        assertThat(found.rights())
                .isEqualTo("client_kill:1,transactions:1,cursor:1,tracking:1,idletime:1,freq:0,refused:");
        assertThat(found.keeping()).startsWith("policy:noeviction,appendfsync:").endsWith("replicas:0");
        assertThat(found.version())
                .isEqualTo(redis.cli("INFO", "server")
                        .lines()
                        .filter(line -> line.startsWith("redis_version:"))
                        .map(line -> line.substring("redis_version:".length()).trim())
                        .findFirst()
                        .orElseThrow());
    }

    @Test
    void withoutClientKillTheFenceIsABoundInTimeAlsoBeforeThereIsAnythingToKill() {
        user("~*", "&*", "+@all", "-client|kill");
        node.write("SET", "k", "v");
        Replayer replayer = node.replayer();
        replayer.start();
        assertThat(node.heard.next()).isEqualTo(new News.CaughtUp(1));
        ReplayStatus status = replayer.status();
        assertThat(status.fence()).isEqualTo(ReplayStatus.Fence.WAIT);
        assertThat(status.capabilities().guarantee()).isEqualTo(Guarantee.TIME_BOUND);
        assertThat(status.capabilities().sentence()).contains("grant +client|kill");
    }

    @Test
    void aUserWhoMayNotUseTransactionsCanReplayNothing() {
        user("~*", "&*", "+@all", "-multi");
        redis.cli("SET", "holdfast:untouched", "yes");
        Capabilities found = asked();
        assertThat(found.guarantee()).isEqualTo(Guarantee.NONE);
        assertThat(found.sentence()).startsWith("none, nothing can be replayed: it refuses MULTI or DISCARD");
        assertThat(redis.cli("DBSIZE")).isEqualTo("1"); // without MULTI the effects that are tried would be executed
    }

    @Test
    void aUserWithoutTheCursorsKeyCanReplayNothing() {
        user("~app:*", "&*", "+@all");
        Capabilities found = asked();
        assertThat(found.guarantee()).isEqualTo(Guarantee.NONE);
        assertThat(found.rights()).contains("transactions:1,cursor:0");
    }

    @Test
    void effectsThatAreRefusedAreNamedAndTheRestIsReplayed() {
        user("~*", "&*", "+@all", "-setrange", "-client|tracking", "-object", "-config");
        node.write("SET", "k", "v");
        Capabilities found = asked();
        assertThat(found.refusedEffects()).containsExactly("SETRANGE");
        assertThat(found.rights())
                .isEqualTo("client_kill:1,transactions:1,cursor:1,tracking:0,idletime:0,freq:0,refused:SETRANGE");
        assertThat(found.sentence()).contains("it does not take SETRANGE", "untouched by others is not known");
        assertThat(redis.cli("GET", "k")).isEqualTo("v");
    }

    @Test
    void anUpstreamThatMayEvictTheCursorOrForgetsEverythingIsSaidToBeOne() {
        redis.cli("CONFIG", "SET", "maxmemory-policy", "allkeys-lfu");
        redis.cli("CONFIG", "SET", "appendonly", "no");
        Capabilities found = asked();
        assertThat(found.guarantee()).isEqualTo(Guarantee.EXACTLY_ONCE);
        assertThat(found.sentence()).contains("allkeys-lfu may evict the cursor", "no append-only file");
        assertThat(found.rights()).contains("idletime:0,freq:1");
        assertThat(found.keeping()).isEqualTo("policy:allkeys-lfu,appendfsync:off,replicas:0");
    }

    @Test
    void askingLeavesNoTraceInTheData() {
        var atClaim = new ArrayList<String>();
        node.connection = real -> new FaultyUpstream(real, (at, sent) -> {
            if (at == Step.BEFORE_SEND && sent.contains(List.of(Bytes.of("EXEC")))) {
                atClaim.add(redis.cli("DBSIZE")
                        + ' '
                        + redis.cli("INFO", "persistence")
                                .lines()
                                .filter(line -> line.startsWith("rdb_changes_since_last_save:"))
                                .findFirst()
                                .orElseThrow()
                                .trim());
            }
        });
        asked();
        assertThat(atClaim).containsExactly("0 rdb_changes_since_last_save:0");
    }

    @Test
    void aNewProcessIsAskedAnew() {
        node.user = null;
        String first = asked().runId();
        node.stopReplayer();
        redis.kill();
        redis.restart();
        assertThat(asked().runId()).isNotEmpty().isNotEqualTo(first);
    }
}
