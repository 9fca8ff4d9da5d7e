package io.holdfast.proxy.outage;

import static io.holdfast.proxy.outage.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.sync.replay.ReplaySettings;
import io.holdfast.sync.replay.UpstreamLoss;
import io.holdfast.testing.RespClient;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients write faster than a capped replay carries away. */
class BackPressureOutageTest {
    private static final ReplaySettings SLOW =
            new ReplaySettings(500, 50, 0, 1000, 20, UpstreamLoss.PENDING_ONLY, true, false);

    @Test
    void writersAreSlowedAndNobodyIsRefusedUntilEverythingIsUpstream(@TempDir Path dataDir) throws Exception {
        try (var rig = Rig.with(dataDir, config -> config.withReplay(SLOW))) {
            RespClient client = rig.client();
            RespClient reader = rig.client();
            rig.goOffline();
            for (int i = 0; i < 200; i++) {
                client.call("INCR", "n");
            }
            assertThat(Rig.info(reader, "writers_held_ms")).isEqualTo("0"); // offline nobody is slowed
            rig.cable.mend();
            rig.awaitMode("replaying");
            int written = 200;
            while (Rig.info(reader, "writers_held_ms").equals("0")) {
                written++;
                assertThat(text(client.call("INCR", "n"))).isEqualTo(Integer.toString(written));
            }
            assertThat(text(reader.call("GET", "n"))).isEqualTo(Integer.toString(written));
            client.call("HOLDFAST", "CONFIG", "SET", "sync.rate", "0");

            rig.awaitMode("online");

            assertThat(text(rig.direct().call("GET", "n"))).isEqualTo(Integer.toString(written));
        }
    }
}
