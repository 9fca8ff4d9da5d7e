package io.holdfast.proxy.outage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.testing.RespClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Clients whose sockets belong to loops beside the engine's: what they are told is the same, on either side of an outage. */
@Execution(ExecutionMode.CONCURRENT)
class IoThreadsTest {
    private static final int CLIENTS = 7; // more than loops, and not a multiple
    private static final int ROUNDS = 40;
    private static final int PIPELINE = 50;

    private static Rig rig(Path dir) throws Exception {
        return Rig.with(dir, config -> config.withSettings(Map.of("io-threads", "3", "busy-reply-threshold", "50")));
    }

    private static Reply integer(long n) {
        return new Reply.Int(n);
    }

    @Test
    void repliesComeInOrderAndNothingIsLostOverAnOutage(@TempDir Path dir) throws Exception {
        try (Rig rig = rig(dir)) {
            List<RespClient> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                clients.add(rig.client());
            }
            rig.client().call("SET", "total", "0");
            countUp(clients, 0);
            rig.cable.cut();
            rig.awaitMode("offline");
            countUp(clients, 1);
            rig.cable.mend();
            rig.awaitMode("online");
            countUp(clients, 2);
            String total = Integer.toString(3 * CLIENTS * ROUNDS * PIPELINE);
            assertThat(rig.direct().call("GET", "total")).isEqualTo(Reply.bulk(total));
            assertThat(rig.client().call("GET", "total")).isEqualTo(Reply.bulk(total));
        }
    }

    /** Each client's own counter rises by one a command, whatever others do between. */
    private static void countUp(List<RespClient> clients, int phase) {
        for (int round = 0; round < ROUNDS; round++) {
            for (RespClient client : clients) {
                String own = "of:" + clients.indexOf(client);
                for (int i = 0; i < PIPELINE; i++) {
                    client.send("INCR", own);
                    client.send("INCR", "total");
                }
            }
            for (RespClient client : clients) {
                for (int i = 1; i <= PIPELINE; i++) {
                    assertThat(client.read()).isEqualTo(integer((long) (phase * ROUNDS + round) * PIPELINE + i));
                    assertThat(client.read()).isInstanceOf(Reply.Int.class);
                }
            }
        }
    }

    @Test
    void aScriptThatRunsOnIsKilledByAClientOfAnyLoop(@TempDir Path dir) throws Exception {
        try (Rig rig = rig(dir)) {
            rig.client().call("HOLDFAST", "OFFLINE");
            rig.awaitMode("offline");
            RespClient looping = rig.client();
            List<RespClient> others = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                others.add(rig.client());
            }
            for (RespClient other : others) {
                looping.send("EVAL", "while true do end", "0");
                await().atMost(Rig.PATIENCE)
                        .until(() -> other.call("PING").toString().contains("BUSY"));
                assertThat(other.call("SCRIPT", "KILL")).isEqualTo(Reply.OK);
                assertThat(looping.read().toString()).contains("Script killed by user");
                assertThat(other.call("PING")).isEqualTo(new Reply.Simple(Bytes.of("PONG")));
            }
        }
    }

    @Test
    void whatOneLoopsClientPublishesOrPushesAllOthersGet(@TempDir Path dir) throws Exception {
        try (Rig rig = rig(dir)) {
            rig.client().call("HOLDFAST", "OFFLINE");
            rig.awaitMode("offline");
            List<RespClient> listeners = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                RespClient listener = rig.client();
                listener.call("SUBSCRIBE", "news");
                listeners.add(listener);
            }
            assertThat(rig.client().call("PUBLISH", "news", "hello")).isEqualTo(integer(CLIENTS));
            for (RespClient listener : listeners) {
                assertThat(listener.read().toString()).contains("hello");
            }
            RespClient waiting = rig.client();
            waiting.send("BLPOP", "queue", "0");
            rig.client().call("RPUSH", "queue", "job");
            assertThat(waiting.read().toString()).contains("job");
        }
    }

    /** Some are gone before the engine has heard that they came. */
    @Test
    void whoComesAndGoesAtOnceIsForgotten(@TempDir Path dir) throws Exception {
        try (Rig rig = rig(dir)) {
            RespClient client = rig.client();
            long before = clients(client);
            for (int i = 0; i < 300; i++) {
                try (var socket = new Socket(InetAddress.getLoopbackAddress(), rig.holdfast.port())) {
                    socket.setSoLinger(true, 0);
                    if (i % 3 == 0) {
                        socket.getOutputStream().write("INCR left\r\n".getBytes(StandardCharsets.US_ASCII));
                    }
                } catch (IOException e) {
                    assertThat(e).hasMessageContaining("reset");
                }
            }
            await().atMost(Rig.PATIENCE).until(() -> clients(client) == before);
        }
    }

    /** Here, whichever connections there are upstream. */
    private static long clients(RespClient client) {
        return Rig.text(client.call("CLIENT", "LIST")).lines().count();
    }

    /** What it sends while the engine has no time waits in its socket, and is answered in the end. */
    @Test
    void aLongPipelineBehindAScriptIsAnsweredWhole(@TempDir Path dir) throws Exception {
        try (Rig rig = rig(dir)) {
            rig.client().call("HOLDFAST", "OFFLINE");
            rig.awaitMode("offline");
            RespClient busy = rig.client();
            busy.send("EVAL", "while true do end", "0");
            RespClient sender = rig.client();
            String value = "v".repeat(64 * 1024);
            var writer = new Thread(() -> {
                for (int i = 0; i < 200; i++) {
                    sender.send("ECHO", value);
                }
            });
            writer.start();
            RespClient other = rig.client();
            await().atMost(Rig.PATIENCE)
                    .until(() -> other.call("SCRIPT", "KILL").equals(Reply.OK));
            for (int i = 0; i < 200; i++) {
                Reply reply = sender.read();
                assertThat(reply.equals(Reply.bulk(value)) || reply.toString().contains("BUSY"))
                        .isTrue();
            }
            writer.join();
        }
    }
}
