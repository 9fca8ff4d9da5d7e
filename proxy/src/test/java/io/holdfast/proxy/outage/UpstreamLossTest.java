package io.holdfast.proxy.outage;

import static io.holdfast.proxy.outage.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.holdfast.sync.replay.ReplaySettings;
import io.holdfast.sync.replay.UpstreamLoss;
import io.holdfast.testing.RespClient;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An upstream comes back without its data, and the configuration says that a person decides. */
class UpstreamLossTest {
    private static final ReplaySettings USUAL = ReplaySettings.DEFAULT;
    private static final ReplaySettings HALTS = new ReplaySettings(
            USUAL.batchEntriesMax(), 0, 0, USUAL.replicasWaitMs(), 0, UpstreamLoss.HALT, true, false);

    @Test
    void nothingIsReplayedBeforeAnOperatorAcceptsThatTheDataIsGone(@TempDir Path dataDir) throws Exception {
        try (var rig = Rig.with(dataDir, config -> config.withReplay(HALTS))) {
            RespClient client = rig.client();
            client.call("INCR", "n");
            assertThat(text(client.call("HOLDFAST", "SYNC", "ACCEPT"))).startsWith("-ERR nothing is halted");
            rig.redis.kill();
            rig.redis.deleteAppendOnlyFiles();
            rig.awaitMode("offline");
            client.call("INCR", "n");
            rig.redis.restart();
            await().atMost(Rig.PATIENCE).until(() -> Rig.info(client, "replay").contains("upstream_lost:1"));

            await().atMost(Rig.PATIENCE)
                    .until(() -> Rig.info(client, "reason").startsWith("halted: the upstream lost its data"));
            assertThat(Rig.info(client, "condition")).isEqualTo("upstream-lost");
            assertThat(Rig.info(client, "replay")).startsWith("state:halted,");
            assertThat(text(client.call("SET", "k", "written here"))).isEqualTo("OK");
            assertThat(text(client.call("HOLDFAST", "SYNC", "NOW"))).isEqualTo("OK"); // looks, and halts again
            await().atMost(Rig.PATIENCE)
                    .until(() -> Rig.info(client, "reason").startsWith("halted: the upstream lost its data"));
            assertThat(text(rig.direct().call("DBSIZE"))).isEqualTo("0");

            assertThat(text(client.call("HOLDFAST", "SYNC", "ACCEPT"))).isEqualTo("OK");

            rig.awaitMode("online");
            assertThat(text(rig.direct().call("GET", "n"))).isEqualTo("1"); // what was never confirmed
            assertThat(text(rig.direct().call("GET", "k"))).isEqualTo("written here");
            assertThat(Rig.info(client, "condition")).isEmpty();
        }
    }
}
