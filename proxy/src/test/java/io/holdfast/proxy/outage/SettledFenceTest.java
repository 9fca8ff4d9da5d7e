package io.holdfast.proxy.outage;

import static io.holdfast.proxy.outage.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.holdfast.testing.RespClient;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SettledFenceTest {
    @Test
    void anOperatorWhoHasSettledAFenceBringsItOnlineAgain(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient client = rig.client();
            String cursor = "holdfast:{" + HoldfastProcess.info(client, "node") + "}";
            rig.goOffline();
            client.call("INCR", "n");
            String epoch = text(rig.direct().call("HGET", cursor, "epoch"));
            rig.direct().call("HSET", cursor, "epoch", "999999");
            rig.cable.mend();
            await().atMost(Rig.PATIENCE)
                    .until(() -> HoldfastProcess.info(client, "condition").equals("fenced"));

            rig.direct().call("HSET", cursor, "epoch", epoch);
            assertThat(text(client.call("HOLDFAST", "ONLINE"))).isEqualTo("OK");

            rig.awaitMode("online");
            assertThat(HoldfastProcess.info(client, "condition")).isEmpty();
            assertThat(text(rig.direct().call("GET", "n"))).isEqualTo("1");
        }
    }
}
