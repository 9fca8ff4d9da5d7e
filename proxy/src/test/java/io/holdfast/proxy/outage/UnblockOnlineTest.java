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

/** CLIENT UNBLOCK of clients that wait upstream. */
class UnblockOnlineTest {
    private final Rig rig;
    private RespClient waiting;
    private RespClient other;
    private String id;

    UnblockOnlineTest(@TempDir Path dataDir) throws Exception {
        rig = new Rig(dataDir);
    }

    @BeforeEach
    void connect() {
        waiting = rig.client();
        other = rig.client();
        id = call(waiting, "CLIENT", "ID");
    }

    @AfterEach
    void close() {
        rig.close();
    }

    private void awaitBlocked() {
        RespClient direct = rig.direct();
        await().atMost(Rig.PATIENCE)
                .pollInterval(5, TimeUnit.MILLISECONDS)
                .until(() -> call(direct, "INFO", "clients").contains("blocked_clients:1\r\n"));
    }

    @Test
    void whoWaitsIsToldThatTheTimeIsOver() {
        waiting.send("BLPOP", "queue", "0");
        awaitBlocked();

        assertThat(call(other, "CLIENT", "UNBLOCK", id)).isEqualTo("1");

        assertThat(text(waiting.read())).isEqualTo("nil");
        assertThat(call(waiting, "PING")).isEqualTo("PONG");
    }

    @Test
    void whoWaitsIsToldOfItAsOfAnErrorWhereThatIsAskedFor() {
        waiting.send("XREAD", "BLOCK", "0", "STREAMS", "stream", "$");
        awaitBlocked();

        assertThat(call(other, "CLIENT", "UNBLOCK", id, "ERROR")).isEqualTo("1");

        assertThat(text(waiting.read())).isEqualTo("-UNBLOCKED client unblocked via CLIENT UNBLOCK");
        assertThat(call(waiting, "BLPOP", "queue", "0.01")).isEqualTo("nil");
    }

    @Test
    void whoDoesNotWaitIsLeftAlone() {
        assertThat(call(other, "CLIENT", "UNBLOCK", id)).isEqualTo("0");
        call(waiting, "BLPOP", "queue", "0.01");
        assertThat(call(other, "CLIENT", "UNBLOCK", id)).isEqualTo("0");
        assertThat(call(other, "CLIENT", "UNBLOCK", "999999")).isEqualTo("0");
        assertThat(call(other, "CLIENT", "UNBLOCK", id, "SOON"))
                .isEqualTo("-ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
    }

    @Test
    void theReplyKeepsItsPlaceInAPipeline() {
        waiting.send("BLPOP", "queue", "0");
        awaitBlocked();

        other.sendText("INCR n\r\nCLIENT UNBLOCK " + id + "\r\nINCR n\r\n");

        assertThat(text(other.read())).isEqualTo("1");
        assertThat(text(other.read())).isEqualTo("1");
        assertThat(text(other.read())).isEqualTo("2");
        assertThat(text(waiting.read())).isEqualTo("nil");
    }
}
