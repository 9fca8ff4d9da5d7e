package io.holdfast.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.testing.RespClient;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One Holdfast listens where {@code localhost} may lead: at 127.0.0.1 and at ::1. */
class BindAddressTest {
    private static final int CONNECTIONS = 1000;
    private static final int LOOKS = 10_000;

    @Test
    void addressesStandBehindEachOther() throws StartupException {
        assertThat(BindAddress.parse("127.0.0.1, -::1"))
                .containsExactly(new BindAddress("127.0.0.1", false), new BindAddress("::1", true));
        assertThat(new BindAddress("::1", false).at(6379)).isEqualTo("[::1]:6379");
        assertThatThrownBy(() -> BindAddress.parse(" , "))
                .isInstanceOf(StartupException.class)
                .hasMessage("--bind takes an address, such as 127.0.0.1");
    }

    @Test
    void bothAddressesAreOneServer(@TempDir Path dir) throws Exception {
        try (var server = ProxyServer.start(
                        ProxyConfig.of(dir.resolve("data"), null).withBind("127.0.0.1 ::1"));
                var four = RespClient.connect(server.port());
                var six = new Socket(loopbackOfSix(), server.port())) {
            four.call("SET", "k", "v");
            six.getOutputStream().write("GET k\r\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(six.getInputStream().readNBytes(7)).asString().isEqualTo("$1\r\nv\r\n");
            assertThat(server.greeting()).contains("127.0.0.1:" + server.port() + " and [::1]:" + server.port());
        }
    }

    @Test
    void anAddressThatIsMissingEndsTheStartUnlessItMayBe() throws StartupException {
        Listeners.refuseOccupied("127.0.0.1 -192.0.2.1", 0, "--port");
        assertThatThrownBy(() -> Listeners.refuseOccupied("127.0.0.1 192.0.2.1", 0, "--port"))
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("cannot listen on 192.0.2.1:0");
    }

    @Test
    void nobodyIsTakenInWhileAPortIsLookedAt() throws Exception {
        int port;
        try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        var looks = new AtomicInteger();
        var ended = new AtomicBoolean();
        CompletableFuture<Void> looking = CompletableFuture.runAsync(
                () -> {
                    while (!ended.get()) {
                        look(port);
                        looks.incrementAndGet();
                    }
                },
                task -> new Thread(task).start());
        try {
            for (int i = 0; i < CONNECTIONS || (looks.get() < LOOKS && !looking.isDone()); i++) {
                try (var client = new Socket()) {
                    client.bind(new InetSocketAddress("127.0.0.2", 0)); // so that it cannot meet itself
                    assertThatThrownBy(
                                    () -> client.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port)))
                            .isInstanceOf(ConnectException.class)
                            .hasMessageContaining("refused");
                }
            }
        } finally {
            ended.set(true);
        }
        looking.get(60, TimeUnit.SECONDS);
    }

    private static void look(int port) {
        try {
            Listeners.refuseOccupied("127.0.0.1", port, "--port");
        } catch (StartupException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void oneOfThemThatOthersCanReachIsRefused(@TempDir Path dir) {
        var config = ProxyConfig.of(dir.resolve("data"), null).withBind("127.0.0.1 0.0.0.0");
        assertThatThrownBy(() -> ProxyServer.start(config))
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("--bind 127.0.0.1 0.0.0.0 is refused");
    }

    @Test
    void oneAddressThatIsTakenIsNamed(@TempDir Path dir) throws Exception {
        try (var other = new ServerSocket()) {
            other.bind(new InetSocketAddress(loopbackOfSix(), 0));
            var config = ProxyConfig.of(dir.resolve("data"), null)
                    .withPort(other.getLocalPort())
                    .withBind("127.0.0.1 -::1");
            assertThatThrownBy(() -> ProxyServer.start(config))
                    .isInstanceOf(StartupException.class)
                    .hasMessageContaining("cannot listen on [::1]:" + other.getLocalPort());
        }
    }

    private static InetAddress loopbackOfSix() throws UnknownHostException {
        return InetAddress.getAllByName("::1")[0];
    }
}
