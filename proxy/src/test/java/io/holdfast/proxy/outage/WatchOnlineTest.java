package io.holdfast.proxy.outage;

import static io.holdfast.proxy.outage.Rig.call;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.testing.RespClient;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What ends a WATCH that stands upstream, and what does not, as in Redis. */
class WatchOnlineTest {
    private final Rig rig;

    WatchOnlineTest(@TempDir Path dataDir) throws Exception {
        rig = new Rig(dataDir);
    }

    @AfterEach
    void stop() {
        rig.close();
    }

    /** What EXEC answers to who watched a key, sent {@code commands}, and then had it changed by another. */
    private String execBehind(String... commands) {
        RespClient client = rig.client();
        client.call("WATCH", "k");
        for (String command : commands) {
            client.call(command.split(" "));
        }
        rig.direct().call("SET", "k", "1");
        client.call("MULTI");
        client.call("GET", "k");
        return call(client, "EXEC");
    }

    @ParameterizedTest
    @ValueSource(strings = {"RESET", "UNWATCH", "EXEC too-much"})
    void endsTheWatch(String command) {
        assertThat(execBehind(command)).isEqualTo("[1]");
        assertThat(execBehind("MULTI", command, "DISCARD")).isEqualTo("[1]");
    }

    @ParameterizedTest
    @ValueSource(strings = {"EXEC", "DISCARD", "RESET too-much", "UNWATCH too-much"})
    void isRefusedAndEndsNothing(String command) {
        assertThat(execBehind(command)).isEqualTo("nil");
    }

    @Test
    void aSubscriberMayNotWatch() {
        RespClient client = rig.client();
        client.call("SUBSCRIBE", "news");

        assertThat(call(client, "WATCH", "k")).startsWith("-ERR Can't execute 'watch': only (P|S)SUBSCRIBE");
    }

    @Test
    void whatIsRefusedToASubscriberEndsNoWatch() {
        assertThat(execBehind("SUBSCRIBE news", "UNWATCH", "UNSUBSCRIBE news")).isEqualTo("nil");
    }
}
