package io.holdfast.proxy.outage;

import static io.holdfast.proxy.outage.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.holdfast.proxy.ProxyConfig;
import io.holdfast.proxy.ProxyServer;
import io.holdfast.proxy.StartupException;
import io.holdfast.proxy.upstream.HealthProbe;
import io.holdfast.proxy.upstream.UpstreamAddress;
import io.holdfast.testing.RespClient;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A Holdfast where a Redis should be: nothing is ever sent to it. */
class HoldfastUpstreamTest {
    @Test
    void oneThatTurnsUpInTheUpstreamsPlaceIsNotUsed(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient client = rig.client();
            client.call("SET", "n", "1");
            rig.redis.kill();
            rig.awaitMode("offline");
            client.call("INCR", "n");

            try (var other = ProxyServer.start(
                            ProxyConfig.of(dataDir.resolve("other"), null).withPort(rig.redis.port()));
                    RespClient direct = RespClient.connect(other.port())) {
                await().atMost(Rig.PATIENCE)
                        .until(() -> Rig.info(client, "upstream_trouble").equals(HealthProbe.IS_HOLDFAST));
                client.call("INCR", "n");
                assertThat(Rig.info(client, "mode")).isEqualTo("offline");
                assertThat(text(client.call("HOLDFAST", "STATUS"))).contains(HealthProbe.IS_HOLDFAST);
                assertThat(text(direct.call("DBSIZE"))).isEqualTo("0");
            }

            rig.redis.restart();
            rig.awaitMode("online");
            assertThat(Rig.info(client, "upstream_trouble")).isEmpty();
            assertThat(text(rig.direct().call("GET", "n"))).isEqualTo("3");
        }
    }

    @Test
    void aHoldfastThatPassesEverythingOnIsKnownAsOneToo(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            var second = ProxyConfig.of(
                    dataDir.resolve("second"), new UpstreamAddress("127.0.0.1", rig.holdfast.port(), null, null));

            assertThatThrownBy(() -> ProxyServer.start(second).close())
                    .isInstanceOf(StartupException.class)
                    .hasMessageContaining(HealthProbe.IS_HOLDFAST);
        }
    }
}
