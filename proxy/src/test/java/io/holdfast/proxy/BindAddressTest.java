package io.holdfast.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.testing.RespClient;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One Holdfast listens where {@code localhost} may lead: at 127.0.0.1 and at ::1. */
class BindAddressTest {
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
