package io.holdfast.proxy.outage;

import static io.holdfast.proxy.outage.Rig.call;
import static io.holdfast.proxy.outage.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.resp.Reply;
import io.holdfast.resp.RespVersion;
import io.holdfast.testing.RespClient;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the upstream lets in with is known to Holdfast, and not told to its clients. */
class UpstreamSecretsTest {
    private static final String PASSWORD = "canary-7731";
    private static final Reply NOTHING = Reply.bulk("");

    private final Rig rig;

    UpstreamSecretsTest(@TempDir Path dataDir) throws Exception {
        rig = new Rig(dataDir, Rig.NO_TIMEOUT_MS, "default:" + PASSWORD);
        RespClient direct = rig.direct();
        direct.call("CONFIG", "SET", "masterauth", PASSWORD);
        direct.call("CONFIG", "SET", "tls-key-file-pass", PASSWORD);
        direct.call("CONFIG", "SET", "requirepass", PASSWORD); // who is in stays in
    }

    @AfterEach
    void stop() {
        rig.close();
    }

    @ParameterizedTest
    @EnumSource
    void noPasswordOfTheUpstreamIsTold(RespVersion version) {
        RespClient client = rig.client(version);

        assertThat(items(client.call("CONFIG", "GET", "requirepass")))
                .containsExactly(Reply.bulk("requirepass"), NOTHING);
        assertThat(items(client.call("CONFIG", "GET", "MasterAuth"))).last().isEqualTo(NOTHING);
        assertThat(items(client.call("CONFIG", "GET", "tls*")))
                .contains(Reply.bulk("tls-key-file-pass"))
                .doesNotContain(Reply.bulk(PASSWORD));
    }

    @Test
    void nothingElseOfTheReplyChanges() {
        RespClient direct = rig.direct();
        direct.call("AUTH", PASSWORD);

        List<Reply> known = items(direct.call("CONFIG", "GET", "*"));
        List<Reply> told = items(rig.client().call("CONFIG", "GET", "*"));

        known.replaceAll(value -> value.equals(Reply.bulk(PASSWORD)) ? NOTHING : value);
        assertThat(told).isEqualTo(known);
    }

    @Test
    void noPasswordIsToldInATransaction() {
        RespClient client = rig.client();
        client.call("MULTI");
        client.call("CONFIG", "GET", "requirepass");
        client.call("CONFIG", "GET", "maxmemory");
        client.call("PING");

        assertThat(call(client, "EXEC")).isEqualTo("[[requirepass, ], [maxmemory, 0], PONG]");
    }

    @Test
    void aScriptCannotAskForIt() {
        assertThat(call(rig.client(), "EVAL", "return redis.call('CONFIG', 'GET', 'requirepass')", "0"))
                .startsWith("-ERR This Redis command is not allowed from script");
    }

    @Test
    void anErrorIsPassedOn() {
        assertThat(call(rig.client(), "CONFIG", "GET"))
                .isEqualTo("-ERR wrong number of arguments for 'config|get' command");
        assertThat(text(rig.client().call("CONFIG", "GET", "no-such-setting"))).isEqualTo("[]");
    }

    private static List<Reply> items(Reply reply) {
        return new ArrayList<>(reply instanceof Reply.MapOf map ? map.keysAndValues() : ((Reply.Array) reply).items());
    }
}
