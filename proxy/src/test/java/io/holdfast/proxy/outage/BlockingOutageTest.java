package io.holdfast.proxy.outage;

import static io.holdfast.proxy.outage.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.holdfast.testing.RespClient;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients that wait for keys, through an outage and back (contract, C4 and C5). */
class BlockingOutageTest {
    @Test
    void aClientThatWaitsOfflineIsServedByAPushOffline(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient waiting = rig.client();
            RespClient pusher = rig.client();
            rig.goOffline();
            waiting.send("BLPOP", "queue", "0");
            awaitBlocked(pusher, 1);
            assertThat(text(pusher.call("RPUSH", "queue", "x", "y"))).isEqualTo("2");
            assertThat(text(waiting.read())).isEqualTo("[queue, x]");

            rig.goOnline();
            assertThat(text(rig.direct().call("LRANGE", "queue", "0", "-1"))).isEqualTo("[y]");
        }
    }

    @Test
    void whatWasSentAheadIsAnsweredWhenTheWaitingIsOver(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient waiting = rig.client();
            RespClient pusher = rig.client();
            rig.goOffline();
            waiting.send("BLPOP", "queue", "0");
            waiting.send("RPUSH", "answers", "a");
            waiting.send("PING");
            awaitBlocked(pusher, 1);
            assertThat(text(pusher.call("LLEN", "answers"))).isEqualTo("0");
            pusher.call("RPUSH", "queue", "x");
            assertThat(text(waiting.read())).isEqualTo("[queue, x]");
            assertThat(text(waiting.read())).isEqualTo("1");
            assertThat(text(waiting.read())).isEqualTo("PONG");
        }
    }

    @Test
    void aClientThatStillWaitsMovesUpstream(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient waiting = rig.client();
            RespClient other = rig.client();
            rig.goOffline();
            waiting.send("BLMOVE", "queue", "done", "LEFT", "RIGHT", "0");
            awaitBlocked(other, 1);
            rig.goOnline();
            RespClient direct = rig.direct();
            await().atMost(Rig.PATIENCE)
                    .until(() -> text(direct.call("CLIENT", "LIST")).contains("cmd=blmove"));
            assertThat(text(other.call("INFO", "holdfast"))).contains("mode:online");
            direct.call("RPUSH", "queue", "x");
            assertThat(text(waiting.read())).isEqualTo("x");
            assertThat(text(direct.call("LRANGE", "done", "0", "-1"))).isEqualTo("[x]");
            assertThat(text(waiting.call("PING"))).isEqualTo("PONG");
        }
    }

    @Test
    void whoWaitsForWhatComesBehindTheLastEntryGetsItAlsoWhenItCameUpstream(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient waiting = rig.client();
            RespClient other = rig.client();
            other.call("XADD", "stream", "1-1", "f", "v");
            rig.goOffline();
            waiting.send("XREAD", "BLOCK", "0", "STREAMS", "stream", "$");
            awaitBlocked(other, 1);
            rig.direct().call("XADD", "stream", "2-1", "f", "w");

            rig.goOnline();

            assertThat(text(waiting.read())).isEqualTo("[[stream, [[2-1, [f, w]]]]]");
        }
    }

    @Test
    void aClientThatHasGoneWhileItWaitedTakesNothing(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient waiting = rig.client();
            RespClient pusher = rig.client();
            rig.goOffline();
            waiting.send("BLPOP", "queue", "0");
            awaitBlocked(pusher, 1);
            waiting.close();
            awaitBlocked(pusher, 0);
            pusher.call("RPUSH", "queue", "x");
            assertThat(text(pusher.call("LLEN", "queue"))).isEqualTo("1");
        }
    }

    @Test
    void aWaitThatIsKilledOrUnblockedEnds(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient waiting = rig.client();
            RespClient other = rig.client();
            rig.goOffline();
            String id = text(waiting.call("CLIENT", "ID"));
            waiting.send("BLPOP", "queue", "0");
            awaitBlocked(other, 1);
            assertThat(text(other.call("CLIENT", "UNBLOCK", id, "ERROR"))).isEqualTo("1");
            assertThat(text(waiting.read())).startsWith("-UNBLOCKED client unblocked");
            waiting.send("BLPOP", "queue", "0.01");
            assertThat(text(waiting.read())).isEqualTo("nil");
            waiting.send("BLPOP", "queue", "0");
            awaitBlocked(other, 1);
            assertThat(text(other.call("CLIENT", "KILL", "ID", id))).isEqualTo("1");
            assertThat(waiting.isClosedByServer()).isTrue();
        }
    }

    @Test
    void theCopyFollowsWhatTheUpstreamGaveToAClientThatWaited(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient waiting = rig.client();
            RespClient pusher = rig.client();
            pusher.call("RPUSH", "queue", "a");
            assertThat(text(waiting.call("BLPOP", "queue", "0"))).isEqualTo("[queue, a]");
            waiting.send("BLMOVE", "queue", "done", "LEFT", "RIGHT", "0");
            RespClient direct = rig.direct();
            await().atMost(Rig.PATIENCE)
                    .until(() -> text(direct.call("CLIENT", "LIST")).contains("cmd=blmove"));
            pusher.call("RPUSH", "queue", "b", "c");
            assertThat(text(waiting.read())).isEqualTo("b");
            // What has to be fetched again was asked for before this, on the same link.
            assertThat(text(pusher.call("LRANGE", "queue", "0", "-1"))).isEqualTo("[c]");
            assertThat(text(pusher.call("LRANGE", "done", "0", "-1"))).isEqualTo("[b]");
            rig.goOffline();
            assertThat(text(pusher.call("LRANGE", "queue", "0", "-1"))).isEqualTo("[c]");
            assertThat(text(pusher.call("LRANGE", "done", "0", "-1"))).isEqualTo("[b]");
        }
    }

    private static void awaitBlocked(RespClient client, int count) {
        await().atMost(Rig.PATIENCE)
                .until(() -> text(client.call("INFO", "clients")).contains("blocked_clients:" + count + "\r\n"));
    }
}
