package io.holdfast.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.holdfast.proxy.upstream.UpstreamAddress;
import io.holdfast.sync.replay.Endpoint;
import io.holdfast.testing.RealRedis;
import java.lang.ref.WeakReference;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** A server that is closed is held by nothing of its JVM, which may start another. */
@Execution(ExecutionMode.CONCURRENT)
class ClosedServerTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int TIMEOUT_MS = 20_000;

    private static String ask(ProxyServer server, String line) throws Exception {
        try (Socket client = Endpoint.tcp("127.0.0.1", server.port()).connect(TIMEOUT_MS)) {
            client.getOutputStream().write((line + "\r\nQUIT\r\n").getBytes(StandardCharsets.US_ASCII));
            return new String(client.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        }
    }

    /** Forwards, loses its upstream, writes here, replays, forwards again, and is closed. */
    private static WeakReference<ProxyServer> outlived(RealRedis redis, UpstreamAddress upstream, Path data)
            throws Exception {
        var config =
                ProxyConfig.of(data, upstream).withTimeoutMs((int) PATIENCE.toMillis()); // a slow disk is no outage
        try (var server = ProxyServer.start(config)) {
            await().atMost(PATIENCE).until(() -> ask(server, "INFO holdfast").contains("mode:online\r\n"));
            assertThat(ask(server, "INCR n")).startsWith(":1\r\n");
            redis.kill();
            await().atMost(PATIENCE).until(() -> ask(server, "INFO holdfast").contains("mode:offline\r\n"));
            assertThat(ask(server, "INCR n")).startsWith(":2\r\n");
            redis.restart();
            await().atMost(PATIENCE).until(() -> ask(server, "INFO holdfast").contains("mode:online\r\n"));
            return new WeakReference<>(server);
        }
    }

    private static WeakReference<ProxyServer> alone(Path data) throws Exception {
        try (var server = ProxyServer.start(ProxyConfig.of(data, null))) {
            assertThat(ask(server, "EVAL \"return redis.call('incr','n')\" 1 n"))
                    .startsWith(":1\r\n");
            return new WeakReference<>(server);
        }
    }

    /** What has a variable for the server must have returned before: a frame that is still there may hold it. */
    private static void assertIsGivenBack(WeakReference<ProxyServer> closed) {
        await().atMost(PATIENCE).until(() -> {
            System.gc();
            return closed.refersTo(null);
        });
    }

    private static RealRedis redis(String... more) {
        String[] arguments = new String[more.length + 4];
        arguments[0] = "--appendonly";
        arguments[1] = "yes";
        arguments[2] = "--appendfsync";
        arguments[3] = "always";
        System.arraycopy(more, 0, arguments, 4, more.length);
        return RealRedis.start(arguments);
    }

    @Test
    void oneBeforeAPortIsGivenBack(@TempDir Path data) throws Exception {
        try (var redis = redis()) {
            assertIsGivenBack(outlived(redis, UpstreamAddress.parse("redis://127.0.0.1:" + redis.port()), data));
        }
    }

    @Test
    void oneBeforeAUnixSocketIsGivenBack(@TempDir Path data) throws Exception {
        Path socket =
                Files.createTempDirectory("hf").resolve("r"); // short: its path has room for about a hundred bytes
        try (var redis = redis("--unixsocket", socket.toString())) {
            assertIsGivenBack(outlived(redis, UpstreamAddress.parse("unix://" + socket), data));
        } finally {
            Files.deleteIfExists(socket);
            Files.delete(socket.getParent());
        }
    }

    @Test
    void oneAloneIsGivenBack(@TempDir Path data) throws Exception {
        assertIsGivenBack(alone(data));
    }
}
