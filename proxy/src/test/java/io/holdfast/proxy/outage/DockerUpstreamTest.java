package io.holdfast.proxy.outage;

import static io.holdfast.proxy.outage.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.holdfast.proxy.ProxyServer;
import io.holdfast.testing.RespClient;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.junit.jupiter.Testcontainers;
import org.testcontainers.utility.DockerImageName;

/** Before the versions that there are images of: an outage, and what comes back of it. */
@Tag("docker")
@Testcontainers(disabledWithoutDocker = true)
class DockerUpstreamTest {
    private static final int REDIS_PORT = 6379;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "redis:6.2.14",
                "redis:7.0.15",
                "redis:7.2.4",
                "redis:7.4.0",
                "redis:8.0.2",
                "valkey/valkey:7.2.5",
                "valkey/valkey:8.0.1",
                "valkey/valkey:8.1.1"
            })
    void whatWasWrittenWhileItWasAwayIsThereOnce(String image, @TempDir Path dataDir) throws Exception {
        try (var redis = new GenericContainer<>(DockerImageName.parse(image)).withExposedPorts(REDIS_PORT)) {
            redis.start();
            try (Cable cable = Cable.to(redis.getMappedPort(REDIS_PORT));
                    ProxyServer holdfast = Rig.behind(cable, dataDir);
                    RespClient client = Rig.clientOf(holdfast);
                    RespClient direct = RespClient.connect(redis.getMappedPort(REDIS_PORT), Rig.PATIENCE)) {
                awaitMode(client, "online");
                client.call("SET", "n", "5");
                client.call("RPUSH", "l", "a", "b");
                client.call("XADD", "s", "1-1", "f", "v");
                client.call("XGROUP", "CREATE", "s", "g", "0");
                client.call("SET", "both", "base");
                client.call("DEL", "made"); // its reply comes behind those to whatever is asked to know the keys before
                cable.cut();
                awaitMode(client, "offline");

                assertThat(text(client.call("INCRBY", "n", "2"))).isEqualTo("7");
                assertThat(text(client.call("LPOP", "l"))).isEqualTo("a");
                assertThat(text(client.call("XREADGROUP", "GROUP", "g", "me", "STREAMS", "s", ">")))
                        .isEqualTo("[[s, [[1-1, [f, v]]]]]");
                client.call("SET", "both", "here");
                direct.call("SET", "both", "there");
                cable.mend();
                awaitMode(client, "online");

                assertThat(text(direct.call("MGET", "n", "both"))).isEqualTo("[7, here]");
                assertThat(text(direct.call("LRANGE", "l", "0", "-1"))).isEqualTo("[b]");
                assertThat(text(direct.call("XPENDING", "s", "g"))).startsWith("[1, ");
                assertThat(text(client.call("INFO", "holdfast")))
                        .contains("dead_letters:0\r\n", "conflicts:1\r\n", "guarantee:exactly-once\r\n");
            }
        }
    }

    private static void awaitMode(RespClient client, String mode) {
        await().atMost(Rig.PATIENCE)
                .until(() -> text(client.call("INFO", "holdfast")).contains("\r\nmode:" + mode + "\r\n"));
    }
}
