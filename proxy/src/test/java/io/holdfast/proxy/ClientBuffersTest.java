package io.holdfast.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.holdfast.resp.Reply;
import io.holdfast.testing.RealRedis;
import io.holdfast.testing.RespClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** CLIENT LIST shows what lies in the buffers of each connection; what an allocator does not decide is as in Redis. */
class ClientBuffersTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final int BIG = 1_000_000;
    private static final int BIG_REPLIES = 40;

    private final RealRedis redis = RealRedis.start();
    private ProxyServer server;

    @BeforeEach
    void start(@TempDir Path dir) throws StartupException {
        server = ProxyServer.start(ProxyConfig.of(dir.resolve("data"), null));
    }

    @AfterEach
    void stop() {
        server.close();
        redis.close();
    }

    @Test
    void halfACommandIsSeenAsWhatHasComeOfIt() {
        for (int port : new int[] {redis.port(), server.port()}) {
            try (var half = RespClient.connect(port);
                    var looking = RespClient.connect(port)) {
                half.call("CLIENT", "SETNAME", "half");
                half.sendText("*3\r\n$3\r\nSET\r\n$4\r\nlong\r\n$100\r\nno more");
                Map<String, String> seen = await().atMost(PATIENCE)
                        .pollInterval(5, TimeUnit.MILLISECONDS)
                        .until(() -> fields(looking, "half"), fields -> !number(fields, "argv-mem", 0));

                assertThat(seen).containsEntry("qbuf", "7").containsEntry("argv-mem", "7");
                assertThat(Long.parseLong(seen.get("tot-mem"))).isGreaterThan(14);
            }
        }
    }

    @Test
    void whoAsksSeesItsOwnCommand() {
        for (int port : new int[] {redis.port(), server.port()}) {
            try (var looking = RespClient.connect(port)) {
                looking.call("CLIENT", "SETNAME", "looking");

                assertThat(fields(looking, "looking"))
                        .containsEntry("qbuf", "26")
                        .containsEntry("argv-mem", "10")
                        .containsEntry("omem", "0")
                        .containsEntry("events", "r");
            }
        }
    }

    @Test
    void whatIsQueuedForExecIsCounted() {
        for (int port : new int[] {redis.port(), server.port()}) {
            try (var queueing = RespClient.connect(port);
                    var looking = RespClient.connect(port)) {
                queueing.call("CLIENT", "SETNAME", "queueing");
                queueing.call("MULTI");
                queueing.call("SET", "k", "v".repeat(1000));
                queueing.call("GET", "k");
                assertThat(fields(looking, "queueing"))
                        .containsEntry("multi", "2")
                        .containsEntry("multi-mem", "1048"); // 1004 + 4, and a pointer of 8 for each of five
                queueing.call("DISCARD");
                assertThat(fields(looking, "queueing")).containsEntry("multi-mem", "0");
            }
        }
    }

    @Test
    void whoWaitsKeepsItsArguments() {
        for (int port : new int[] {redis.port(), server.port()}) {
            try (var waiting = RespClient.connect(port);
                    var looking = RespClient.connect(port)) {
                waiting.call("CLIENT", "SETNAME", "waiting");
                waiting.send("BLPOP", "nolist", "0");
                Map<String, String> seen = await().atMost(PATIENCE)
                        .pollInterval(5, TimeUnit.MILLISECONDS)
                        .until(() -> fields(looking, "waiting"), fields -> "b".equals(fields.get("flags")));

                assertThat(seen).containsEntry("argv-mem", "12").containsEntry("qbuf", "0");
            }
        }
    }

    @Test
    void whatASlowReaderHasNotTakenIsItsOutput() {
        for (int port : new int[] {redis.port(), server.port()}) {
            try (var slow = RespClient.connect(port);
                    var looking = RespClient.connect(port)) {
                slow.call("CLIENT", "SETNAME", "slow");
                slow.call("SET", "big", "x".repeat(BIG));
                for (int i = 0; i < BIG_REPLIES; i++) {
                    slow.send("GET", "big");
                }
                Map<String, String> seen = await().atMost(PATIENCE)
                        .pollInterval(5, TimeUnit.MILLISECONDS)
                        .until(
                                () -> fields(looking, "slow"),
                                fields -> fields.getOrDefault("events", "").contains("w"));
                long waiting = Long.parseLong(seen.get("omem"));

                assertThat(waiting).isGreaterThan(BIG / 2);
                assertThat(Long.parseLong(seen.get("oll"))).isPositive();
                assertThat(Long.parseLong(seen.get("tot-mem"))).isGreaterThan(waiting);
                // Looked at from time to time only, there as here.
                await().atMost(PATIENCE)
                        .pollInterval(5, TimeUnit.MILLISECONDS)
                        .until(() -> number(info(looking, "clients"), "client_recent_max_output_buffer") > 0
                                && number(info(looking, "memory"), "mem_clients_normal") > BIG / 2);
                for (int i = 0; i < BIG_REPLIES; i++) {
                    assertThat(slow.read()).isInstanceOf(Reply.Bulk.class);
                }
                assertThat(fields(looking, "slow"))
                        .containsEntry("omem", "0")
                        .containsEntry("oll", "0")
                        .containsEntry("events", "r");
            }
        }
    }

    /** Of a burst of short requests for long values only so much is answered at once as its client may leave unread. */
    @Test
    void aBurstOfShortRequestsForLongValuesIsAnsweredInParts() {
        try (var client = RespClient.connect(server.port())) {
            client.call("SET", "long", "x".repeat(50_000));
            client.sendText("GET long\r\n".repeat(3_000)); // twice the limit on a client's output, and more

            for (int i = 0; i < 3_000; i++) {
                assertThat(text(client.read())).hasSize(50_000);
            }
            assertThat(client.call("PING")).isEqualTo(Reply.PONG);
        }
    }

    @Test
    void whoIsKilledIsGoneAtOnceThoughItDoesNotRead() {
        try (var slow = RespClient.connect(server.port());
                var looking = RespClient.connect(server.port())) {
            slow.call("CLIENT", "SETNAME", "slow");
            slow.call("SET", "big", "x".repeat(BIG));
            for (int i = 0; i < BIG_REPLIES; i++) {
                slow.send("GET", "big");
            }
            Map<String, String> seen = await().atMost(PATIENCE)
                    .pollInterval(5, TimeUnit.MILLISECONDS)
                    .until(
                            () -> fields(looking, "slow"),
                            fields -> fields.getOrDefault("events", "").contains("w"));

            Reply killed = looking.call("CLIENT", "KILL", "ID", seen.getOrDefault("id", ""));

            assertThat(killed).isEqualTo(Reply.of(1));
            assertThat(text(looking.call("CLIENT", "LIST"))).doesNotContain("name=slow");
        }
    }

    @Test
    void aLongArgumentArrivesAsItWasSent() {
        var value = new StringBuilder();
        for (int i = 0; value.length() < 12 * BIG; i++) {
            value.append(i).append(' ');
        }
        try (var client = RespClient.connect(server.port())) {
            client.call("SET", "long", value.toString());

            assertThat(text(client.call("GET", "long"))).isEqualTo(value.toString());
        }
    }

    private static boolean number(Map<String, String> fields, String name, long value) {
        return number(fields, name) == value;
    }

    private static long number(Map<String, String> fields, String name) {
        return Long.parseLong(fields.get(name));
    }

    /** What CLIENT LIST says of the client with that name. */
    private static Map<String, String> fields(RespClient looking, String name) {
        String line = text(looking.call("CLIENT", "LIST"))
                .lines()
                .filter(each -> each.contains(" name=" + name + " "))
                .findFirst()
                .orElseThrow();
        return pairs(line.split(" "), "=");
    }

    private static Map<String, String> info(RespClient looking, String section) {
        return pairs(text(looking.call("INFO", section)).split("\r\n"), ":");
    }

    private static Map<String, String> pairs(String[] lines, String between) {
        var pairs = new HashMap<String, String>();
        Arrays.stream(lines).map(line -> line.split(between, 2)).forEach(pair -> {
            if (pair.length == 2) {
                pairs.put(pair[0], pair[1]);
            }
        });
        return pairs;
    }

    private static String text(Reply reply) {
        return ((Reply.Bulk) reply).value().latin1();
    }
}
