package io.holdfast.proxy.outage;

import static io.holdfast.proxy.outage.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.holdfast.proxy.ProxyConfig;
import io.holdfast.proxy.ProxyServer;
import io.holdfast.proxy.upstream.UpstreamAddress;
import io.holdfast.sync.replay.ReplaySettings;
import io.holdfast.sync.replay.UpstreamLoss;
import io.holdfast.testing.RespClient;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An upstream comes back without its data, and the configuration says that it is to be given back what is here. */
class ResurrectTest {
    private static final ReplaySettings USUAL = ReplaySettings.DEFAULT;
    private static final ReplaySettings RESURRECTS = new ReplaySettings(
            USUAL.batchEntriesMax(), 0, 0, USUAL.replicasWaitMs(), 0, UpstreamLoss.RESURRECT, true, false);

    private static void write(RespClient client) {
        client.call("SET", "untouched", "v", "PX", "1000000");
        client.call("INCRBY", "n", "40");
        client.call("HSET", "h", "f", "1");
        client.call("RPUSH", "l", "a", "b");
        client.call("SADD", "s", "m");
        client.call("ZADD", "z", "1.5", "m");
        client.call("XADD", "x", "1-1", "f", "v");
        client.call("SET", "theirs", "ours");
        client.call("SET", "gone", "v");
        Rig.awaitKnown(client, "untouched", "n", "h", "l", "s", "z", "x", "theirs", "gone");
    }

    /** Restarts the upstream empty while nobody can reach it; {@code meanwhile} somebody writes there. */
    private static void loseEverything(Rig rig) {
        rig.redis.kill();
        rig.redis.deleteAppendOnlyFiles();
        rig.redis.restart();
    }

    private static void checkEverythingIsBack(RespClient upstream) {
        assertThat(text(upstream.call("GET", "untouched"))).isEqualTo("v");
        assertThat(Long.parseLong(text(upstream.call("PTTL", "untouched")))).isPositive();
        assertThat(text(upstream.call("GET", "n"))).isEqualTo("42"); // 40 before, 2 in the outage
        assertThat(text(upstream.call("HGET", "h", "f"))).isEqualTo("1");
        assertThat(text(upstream.call("LRANGE", "l", "0", "-1"))).isEqualTo("[a, b, c]");
        assertThat(text(upstream.call("SMEMBERS", "s"))).isEqualTo("[m]");
        assertThat(text(upstream.call("ZSCORE", "z", "m"))).isEqualTo("1.5");
        assertThat(text(upstream.call("XLEN", "x"))).isEqualTo("1");
        assertThat(text(upstream.call("EXISTS", "gone"))).isEqualTo("0");
        assertThat(text(upstream.call("GET", "new"))).isEqualTo("v");
    }

    private static void writeOffline(RespClient client) {
        client.call("INCRBY", "n", "2");
        client.call("RPUSH", "l", "c");
        client.call("DEL", "gone");
        client.call("SET", "new", "v");
    }

    @Test
    void anEmptyUpstreamGetsBackWhatIsHereAndWhatWasWrittenSince(@TempDir Path dataDir) throws Exception {
        try (var rig = Rig.with(dataDir, config -> config.withReplay(RESURRECTS))) {
            RespClient client = rig.client();
            write(client);
            rig.goOffline();
            writeOffline(client);
            loseEverything(rig);
            rig.redis.cli("SET", "theirs", "theirs");

            rig.goOnline();

            checkEverythingIsBack(rig.direct());
            assertThat(text(rig.direct().call("GET", "theirs"))).isEqualTo("theirs");
            assertThat(Rig.info(client, "condition")).isEqualTo("upstream-lost");
            assertThat(Long.parseLong(Rig.info(client, "resurrected"))).isGreaterThanOrEqualTo(7);
            assertThat(text(client.call("HOLDFAST", "CONFLICTS", "LIST"))).isEqualTo("[]");
        }
    }

    @Test
    void soDoesOneThatIsFoundEmptyAfterAStart(@TempDir Path dataDir) throws Exception {
        try (var rig = Rig.with(dataDir, config -> config.withReplay(RESURRECTS))) {
            RespClient client = rig.client();
            write(client);
            rig.goOffline();
            writeOffline(client);
            client.close();
            rig.holdfast.close();
            loseEverything(rig);
            rig.cable.mend();
            var config = ProxyConfig.of(
                            dataDir.resolve("data"), new UpstreamAddress("127.0.0.1", rig.cable.port(), null, null))
                    .withReplay(RESURRECTS);
            try (var again = ProxyServer.start(config);
                    var anew = Rig.clientOf(again)) {
                await().atMost(Rig.PATIENCE).until(() -> Rig.info(anew, "mode").equals("online"));
                checkEverythingIsBack(rig.direct());
                assertThat(text(anew.call("GET", "theirs"))).isEqualTo("ours");
            }
        }
    }
}
