package io.holdfast.proxy.outage;

import static io.holdfast.proxy.outage.Rig.call;
import static io.holdfast.proxy.outage.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.holdfast.resp.RespVersion;
import io.holdfast.testing.RespClient;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What Holdfast answers itself, and others feel, waits for what its client has sent upstream before. */
class ClientOrderTest {
    private final Rig rig;
    private RespClient first;
    private RespClient other;

    ClientOrderTest(@TempDir Path dataDir) throws Exception {
        rig = new Rig(dataDir);
    }

    @BeforeEach
    void connect() {
        first = rig.client();
        other = rig.client();
    }

    @AfterEach
    void close() {
        rig.close();
    }

    private void waitUpstreamThen(String command) {
        first.sendText("BLPOP queue 0\r\n" + command + "\r\n");
        RespClient direct = rig.direct();
        await().atMost(Rig.PATIENCE)
                .pollInterval(5, TimeUnit.MILLISECONDS)
                .until(() -> call(direct, "INFO", "clients").contains("blocked_clients:1\r\n"));
    }

    private void serve() {
        call(rig.direct(), "RPUSH", "queue", "v");
        assertThat(text(first.read())).isEqualTo("[queue, v]");
    }

    @Test
    void whoIsKilledLivesUntilItIsTime() {
        waitUpstreamThen("CLIENT KILL ID " + call(other, "CLIENT", "ID"));
        assertThat(call(other, "SET", "k", "v")).isEqualTo("OK");

        serve();

        assertThat(text(first.read())).isEqualTo("1");
        assertThat(other.isClosedByServer()).isTrue();
    }

    @Test
    void whoKillsItselfGetsTheRepliesBefore() {
        waitUpstreamThen("CLIENT KILL ID " + call(first, "CLIENT", "ID") + " SKIPME no");

        serve();

        assertThat(text(first.read())).isEqualTo("1");
        assertThat(first.isClosedByServer()).isTrue();
    }

    @Test
    void aPauseBeginsWhenItIsTime() {
        waitUpstreamThen("CLIENT PAUSE 100000 WRITE");
        assertThat(call(other, "SET", "k", "v")).isEqualTo("OK");

        serve();

        assertThat(text(first.read())).isEqualTo("OK");
        other.send("SET", "k", "w");
        assertThat(call(first, "GET", "k")).isEqualTo("v");
        assertThat(call(first, "CLIENT", "UNPAUSE")).isEqualTo("OK");
        assertThat(text(other.read())).isEqualTo("OK");
    }

    @Test
    void whoIsResetHearsWhatWasPublishedBefore() {
        first.speak(RespVersion.RESP3);
        call(first, "SUBSCRIBE", "c");
        waitUpstreamThen("RESET");
        assertThat(call(other, "PUBLISH", "c", "m")).isEqualTo("1");
        assertThat(text(first.read())).isEqualTo("[message, c, m]");

        serve();

        assertThat(text(first.read())).isEqualTo("RESET");
        assertThat(call(other, "PUBLISH", "c", "m")).isEqualTo("0");
    }

    @RepeatedTest(20)
    void whatAClientPublishesItHearsAsLongAsItIsSubscribed() {
        first.speak(RespVersion.RESP3);

        first.sendText("SUBSCRIBE c d\r\nSUBSCRIBE e\r\nPUBLISH c x\r\nUNSUBSCRIBE c\r\nPUBLISH c y\r\n");

        assertThat(Stream.generate(() -> text(first.read())).limit(7))
                .containsExactlyInAnyOrder(
                        "[subscribe, c, 1]",
                        "[subscribe, d, 2]",
                        "[subscribe, e, 3]",
                        "1",
                        "[message, c, x]",
                        "[unsubscribe, c, 2]",
                        "0");
    }
}
