package io.holdfast.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.holdfast.proxy.upstream.UpstreamAddress;
import io.holdfast.sync.replay.Endpoint;
import io.holdfast.testing.RealRedis;
import java.io.IOException;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Comparator;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Unix sockets, from clients and to a real redis-server. */
class UnixSocketTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int TIMEOUT_MS = 20_000;

    /** Short: the path of a socket has room for about a hundred bytes. */
    private final Path dir;

    private final Path socket;

    UnixSocketTest() throws IOException {
        dir = Files.createTempDirectory("hf");
        socket = dir.resolve("s");
    }

    @AfterEach
    void removeFiles() throws IOException {
        try (Stream<Path> files = Files.walk(dir)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    private ProxyConfig standalone(Map<String, String> settings) {
        return ProxyConfig.of(dir.resolve("data"), null).withSettings(settings);
    }

    /** What a client is told on a connection of its own. */
    private String ask(String line) throws IOException {
        try (Socket client = new Endpoint("", 0, socket, null).connect(TIMEOUT_MS)) {
            client.getOutputStream().write((line + "\r\nQUIT\r\n").getBytes(StandardCharsets.US_ASCII));
            return new String(client.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        }
    }

    @Test
    void aSocketIsServedAndIsItsOwnersAlone() throws Exception {
        try (var server = ProxyServer.start(standalone(Map.of("unixsocket", socket.toString())))) {
            assertThat(server.port()).isZero();
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
                    .isEqualTo("rw-------");
            assertThat(ask("SET k v")).isEqualTo("+OK\r\n+OK\r\n");
            assertThat(ask("CLIENT LIST"))
                    .contains("addr=" + socket + ":0 laddr=" + socket + ":0 ")
                    .contains(" flags=U ");
        }
        assertThat(socket).doesNotExist();
    }

    @Test
    void permissionsAreAsChosen() throws Exception {
        try (var server =
                ProxyServer.start(standalone(Map.of("unixsocket", socket.toString(), "unixsocketperm", "770")))) {
            assertThat(server.greeting()).contains(socket.toString());
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
                    .isEqualTo("rwxrwx---");
        }
    }

    @Test
    void whatADeadServerLeftIsReplacedAndNothingElse() throws Exception {
        try (var dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            dead.bind(UnixDomainSocketAddress.of(socket));
        }
        try (var server = ProxyServer.start(standalone(Map.of("unixsocket", socket.toString())))) {
            assertThat(ask("PING")).isEqualTo("+PONG\r\n+OK\r\n");
            assertThat(server.greeting()).contains(socket.toString());
            assertThatThrownBy(() -> ProxyServer.start(ProxyConfig.of(dir.resolve("other"), null)
                            .withSettings(Map.of("unixsocket", socket.toString()))))
                    .isInstanceOf(StartupException.class)
                    .hasMessageContaining("in use by another server");
        }
        Files.writeString(socket, "a letter");
        assertThatThrownBy(() -> ProxyServer.start(standalone(Map.of("unixsocket", socket.toString()))))
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("is no socket");
        assertThat(socket).hasContent("a letter");
    }

    @Test
    void anUpstreamBehindASocketIsLostAndFoundAgain() throws Exception {
        Path upstream = dir.resolve("r");
        try (var redis = RealRedis.start(
                        "--unixsocket", upstream.toString(), "--appendonly", "yes", "--appendfsync", "always");
                var server = ProxyServer.start(
                        ProxyConfig.of(dir.resolve("data"), UpstreamAddress.parse("unix://" + upstream))
                                .withSettings(Map.of("unixsocket", socket.toString())))) {
            assertThat(server.greeting()).contains("unix://" + upstream);
            await().atMost(PATIENCE).until(() -> ask("INFO holdfast").contains("mode:online\r\n"));
            assertThat(ask("INCR n")).startsWith(":1\r\n");
            assertThat(redis.cli("GET", "n").trim()).isEqualTo("1");
            redis.kill();
            await().atMost(PATIENCE).until(() -> ask("INFO holdfast").contains("mode:offline\r\n"));
            assertThat(ask("INCR n")).startsWith(":2\r\n");
            redis.restart();
            await().atMost(PATIENCE).until(() -> ask("INFO holdfast").contains("mode:online\r\n"));
            assertThat(redis.cli("GET", "n").trim()).isEqualTo("2");
        }
    }
}
