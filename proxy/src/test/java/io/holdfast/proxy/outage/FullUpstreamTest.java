package io.holdfast.proxy.outage;

import static io.holdfast.proxy.outage.Rig.call;
import static io.holdfast.proxy.outage.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.holdfast.testing.RespClient;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An upstream that has as many clients as it takes: who needs another connection there is told so, and nothing else happens. */
class FullUpstreamTest {
    private static final String REFUSAL = "-ERR max number of clients reached upstream: it lets in no other connection";
    private static final int ENOUGH = 10_000;

    private final Rig rig;
    private RespClient blocked;
    private RespClient client;
    private RespClient direct;

    FullUpstreamTest(@TempDir Path dataDir) throws Exception {
        rig = new Rig(dataDir);
    }

    /** One client waits upstream already, over a connection of its own. */
    @BeforeEach
    void fill() {
        direct = rig.direct();
        client = rig.client();
        blocked = rig.client();
        assertThat(call(client, "SET", "k", "v")).isEqualTo("OK");
        blocked.send("BLPOP", "q1", "0");
        await().atMost(Rig.PATIENCE)
                .pollInterval(5, TimeUnit.MILLISECONDS)
                .until(() -> call(direct, "INFO", "clients").contains("blocked_clients:1\r\n"));
        letIn(1); // fewer than there are: nobody is cut off for that
    }

    @AfterEach
    void close() {
        rig.close();
    }

    private void letIn(int connections) {
        assertThat(call(direct, "CONFIG", "SET", "maxclients", Integer.toString(connections)))
                .isEqualTo("OK");
    }

    @Test
    void whoNeedsAConnectionOfItsOwnIsRefusedAndNobodyElseHearsOfIt() {
        String epoch = Rig.epoch(client);
        RespClient other = rig.client();

        assertThat(call(other, "BLPOP", "q2", "0")).isEqualTo(REFUSAL);
        assertThat(call(other, "WATCH", "k")).isEqualTo(REFUSAL);
        assertThat(call(other, "SUBSCRIBE", "news")).isEqualTo(REFUSAL);
        assertThat(call(other, "GET", "k")).isEqualTo("v");

        assertThat(Rig.epoch(client)).isEqualTo(epoch); // it has always been online
        call(direct, "RPUSH", "q1", "a");
        assertThat(text(blocked.read())).isEqualTo("[q1, a]");
    }

    @Test
    void whoIsTheFirstInAnotherDatabaseOrProtocolIsRefusedAndNobodyElseHearsOfIt() {
        String epoch = Rig.epoch(client);
        RespClient other = rig.client();
        RespClient resp3 = rig.client();

        call(other, "SELECT", "1");
        call(resp3, "HELLO", "3");
        assertThat(call(other, "SET", "k", "v1")).isEqualTo(REFUSAL);
        assertThat(call(resp3, "GET", "k")).isEqualTo(REFUSAL);
        assertThat(call(client, "GET", "k")).isEqualTo("v");
        call(other, "SELECT", "0");
        assertThat(call(other, "GET", "k")).isEqualTo("v");

        letIn(ENOUGH);

        call(other, "SELECT", "1");
        assertThat(call(other, "SET", "k", "v1")).isEqualTo("OK");
        assertThat(call(resp3, "GET", "k")).isEqualTo("v");
        assertThat(Rig.epoch(client)).isEqualTo(epoch); // it has always been online
    }

    @Test
    void theSameClientIsServedWhenThereIsRoomAgain() {
        RespClient other = rig.client();
        assertThat(call(other, "BLPOP", "q2", "0")).isEqualTo(REFUSAL);
        assertThat(call(other, "WATCH", "k")).isEqualTo(REFUSAL);
        assertThat(call(other, "SUBSCRIBE", "news")).isEqualTo(REFUSAL);

        letIn(ENOUGH);

        call(direct, "RPUSH", "q2", "b");
        assertThat(call(other, "BLPOP", "q2", "0")).isEqualTo("[q2, b]");
        assertThat(call(other, "WATCH", "k")).isEqualTo("OK");
        assertThat(call(other, "MULTI")).isEqualTo("OK");
        assertThat(call(other, "SET", "k", "w")).isEqualTo("QUEUED");
        assertThat(call(other, "EXEC")).isEqualTo("[OK]");
        assertThat(call(other, "SUBSCRIBE", "news")).isEqualTo("[subscribe, news, 1]");
        call(direct, "PUBLISH", "news", "hello");
        assertThat(text(other.read())).isEqualTo("[message, news, hello]");
    }

    @Test
    void theRefusalKeepsItsPlaceInAPipeline() {
        RespClient other = rig.client();

        other.sendText("INCR n\r\nBLPOP q3 0\r\nINCR n\r\n");

        assertThat(text(other.read())).isEqualTo("1");
        assertThat(text(other.read())).isEqualTo(REFUSAL);
        assertThat(text(other.read())).isEqualTo("2");
    }

    @Test
    void anOutageThatComesMeanwhileIsOneAsEver() {
        RespClient other = rig.client();
        rig.cable.tripAfter(Cable.Way.FROM_UPSTREAM, 0, rig.cable::cut); // with the refusal

        other.send("BLPOP", "q2", "0");
        rig.awaitMode("offline");

        assertThat(call(client, "RPUSH", "q2", "here")).isEqualTo("1");
        assertThat(text(other.read())).isEqualTo("[q2, here]");
    }
}
