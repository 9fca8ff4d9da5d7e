package io.holdfast.proxy.outage;

import static io.holdfast.proxy.outage.Rig.call;
import static io.holdfast.proxy.outage.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.resp.RespVersion;
import io.holdfast.testing.RespClient;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A client that wants no replies (CLIENT REPLY) hears of its subscriptions all the same, from a Redis and through Holdfast. */
class SilentSubscriberTest {
    private final Path dataDir;

    SilentSubscriberTest(@TempDir Path dataDir) {
        this.dataDir = dataDir;
    }

    @ParameterizedTest
    @EnumSource(RespVersion.class)
    void hearsConfirmationsAndMessages(RespVersion version) throws Exception {
        try (var rig = new Rig(dataDir)) {
            for (RespClient client : new RespClient[] {direct(rig, version), rig.client(version)}) {
                client.send("CLIENT", "REPLY", "OFF");
                client.send("SET", "k", "v");
                client.send("SUBSCRIBE", "news", "more");
                assertThat(text(client.read())).isEqualTo("[subscribe, news, 1]");
                assertThat(text(client.read())).isEqualTo("[subscribe, more, 2]");
                call(rig.direct(), "PUBLISH", "news", "hello");
                assertThat(text(client.read())).isEqualTo("[message, news, hello]");
                client.send("UNSUBSCRIBE");
                assertThat(text(client.read())).startsWith("[unsubscribe, ");
                assertThat(text(client.read())).endsWith(", 0]");
                client.send("CLIENT", "REPLY", "SKIP");
                client.send("SUBSCRIBE", "news");
                assertThat(text(client.read())).isEqualTo("[subscribe, news, 1]");
                client.close();
            }
        }
    }

    private static RespClient direct(Rig rig, RespVersion version) {
        RespClient client = rig.redis.connect();
        if (version == RespVersion.RESP3) {
            call(client, "HELLO", "3");
        }
        return client;
    }
}
