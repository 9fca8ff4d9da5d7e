package io.holdfast.proxy.outage;

import static io.holdfast.proxy.outage.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.holdfast.testing.RealRedis;
import io.holdfast.testing.RespClient;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SettledFenceTest {
    @Test
    void aFencedProcessEndsWithAStatusOfItsOwnWhereThatIsConfigured(@TempDir Path directory) throws Exception {
        var program = HoldfastProgram.get();
        try (var redis = RealRedis.start();
                var holdfast = HoldfastProcess.start(
                        program, directory, redis.port(), Map.of("HOLDFAST_SYNC_EXIT_WHEN_FENCED", "true"))) {
            holdfast.awaitMode("online");
            String cursor;
            try (RespClient client = holdfast.connect()) {
                cursor = "holdfast:{" + Rig.info(client, "node") + "}";
                client.call("SET", "k", "v");
            }
            redis.cli("HSET", cursor, "epoch", "999999");
            redis.freeze();
            holdfast.awaitMode("offline");
            redis.thaw();

            assertThat(holdfast.awaitExit()).isEqualTo(75);

            assertThat(holdfast.log())
                    .contains("FENCED: the upstream has seen epoch 999999", "Stopped: everything is on disk");
        }
    }

    @Test
    void anOperatorWhoHasSettledAFenceBringsItOnlineAgain(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient client = rig.client();
            String cursor = "holdfast:{" + Rig.info(client, "node") + "}";
            rig.goOffline();
            client.call("INCR", "n");
            String epoch = text(rig.direct().call("HGET", cursor, "epoch"));
            rig.direct().call("HSET", cursor, "epoch", "999999");
            rig.cable.mend();
            await().atMost(Rig.PATIENCE)
                    .until(() -> Rig.info(client, "condition").equals("fenced"));

            rig.direct().call("HSET", cursor, "epoch", epoch);
            assertThat(text(client.call("HOLDFAST", "ONLINE"))).isEqualTo("OK");

            rig.awaitMode("online");
            assertThat(Rig.info(client, "condition")).isEmpty();
            assertThat(text(rig.direct().call("GET", "n"))).isEqualTo("1");
        }
    }
}
