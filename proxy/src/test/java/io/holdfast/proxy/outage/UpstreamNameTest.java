package io.holdfast.proxy.outage;

import static io.holdfast.proxy.outage.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.holdfast.proxy.ProxyConfig;
import io.holdfast.proxy.ProxyServer;
import io.holdfast.proxy.upstream.UpstreamAddress;
import io.holdfast.testing.RealRedis;
import io.holdfast.testing.RespClient;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The contract's rows U5 and U16: an upstream whose name is not known, or not now, and one that takes no connection. */
@Execution(ExecutionMode.CONCURRENT)
class UpstreamNameTest {
    private static final String NAME = "redis.holdfast.test";
    private static final int TIMEOUT_MS = 500;
    private static final int QUEUE_MAX = 64;
    private static final int REFUSED_MS = 200;

    /** Whose JVM looks names up in this file alone. */
    private static HoldfastProgram lookingIn(Path hosts) {
        return HoldfastProgram.get().with("-Djdk.net.hosts.file=" + hosts);
    }

    private static void name(Path hosts, String address) throws IOException {
        Path fresh =
                Files.writeString(hosts.resolveSibling("fresh"), address.isEmpty() ? "" : address + " " + NAME + "\n");
        Files.move(fresh, hosts, StandardCopyOption.ATOMIC_MOVE);
    }

    private static void awaitTrouble(RespClient client, String words) {
        await().atMost(Rig.PATIENCE)
                .pollInterval(10, TimeUnit.MILLISECONDS)
                .untilAsserted(
                        () -> assertThat(Rig.info(client, "upstream_trouble")).contains(words));
    }

    @Test
    void u16ANameIsLookedUpAnewForEachAttempt(@TempDir Path directory) throws Exception {
        Path hosts = directory.resolve("hosts");
        name(hosts, "");
        try (var redis = RealRedis.start();
                var holdfast =
                        HoldfastProcess.start(lookingIn(hosts), directory, "redis://" + NAME + ":" + redis.port());
                RespClient client = holdfast.connect()) {
            assertThat(text(client.call("INCR", "n"))).isEqualTo("1");
            awaitTrouble(client, NAME);
            name(hosts, "127.0.0.3"); // where nobody listens
            awaitTrouble(client, "refused");
            assertThat(text(client.call("INCR", "n"))).isEqualTo("2");

            name(hosts, "127.0.0.1");

            holdfast.awaitMode("online");
            assertThat(redis.cli("GET", "n")).isEqualTo("2");
        }
    }

    /** The look-up reads a pipe that nobody writes to, as if a name server kept it waiting. */
    @Test
    void u5ANameServerThatDoesNotAnswerDelaysNobody(@TempDir Path directory) throws Exception {
        Path pipe = directory.resolve("pipe");
        Process made = new ProcessBuilder("mkfifo", pipe.toString()).inheritIO().start();
        assertThat(made.waitFor()).isZero();
        Path hosts = Files.createSymbolicLink(directory.resolve("hosts"), pipe);
        try (var redis = RealRedis.start();
                var holdfast =
                        HoldfastProcess.start(lookingIn(hosts), directory, "redis://" + NAME + ":" + redis.port());
                RespClient client = holdfast.connect()) {
            for (int i = 1; i <= 3; i++) {
                awaitTrouble(client, "no connection within");
                assertThat(text(client.call("INCR", "n"))).isEqualTo("" + i);
            }

            name(hosts, "127.0.0.1");
            try (OutputStream answer = Files.newOutputStream(pipe)) {
                answer.write(("127.0.0.1 " + NAME + "\n").getBytes(StandardCharsets.US_ASCII));
            }

            holdfast.awaitMode("online");
            assertThat(redis.cli("GET", "n")).isEqualTo("3");
        }
    }

    @Test
    void u5AnUpstreamThatAnswersNoSynIsAwayAndDelaysNobody(@TempDir Path directory) throws Exception {
        List<Socket> queue = new ArrayList<>();
        try (var deaf = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            fill(deaf, queue);
            var upstream = new UpstreamAddress("127.0.0.1", deaf.getLocalPort(), null, null);
            try (var holdfast = ProxyServer.start(
                            ProxyConfig.of(directory, upstream).withTimeoutMs(TIMEOUT_MS));
                    RespClient client = Rig.clientOf(holdfast)) {
                for (int i = 1; i <= 3; i++) {
                    awaitTrouble(client, "connection"); // timed out, or: none within
                    assertThat(text(client.call("INCR", "n"))).isEqualTo("" + i);
                }
            }
        } finally {
            for (Socket each : queue) {
                each.close();
            }
        }
    }

    /** Connections that are never accepted, until the kernel drops what would be one more. */
    private static void fill(ServerSocket deaf, List<Socket> queue) throws IOException {
        for (int i = 0; i < QUEUE_MAX; i++) {
            var socket = new Socket();
            queue.add(socket);
            try {
                socket.connect(new InetSocketAddress(deaf.getInetAddress(), deaf.getLocalPort()), REFUSED_MS);
            } catch (SocketTimeoutException full) {
                return;
            }
        }
        throw new IllegalStateException("the kernel takes " + QUEUE_MAX + " connections that nobody accepts");
    }
}
