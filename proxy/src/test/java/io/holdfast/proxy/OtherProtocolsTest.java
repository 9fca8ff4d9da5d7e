package io.holdfast.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.resp.Reply;
import io.holdfast.testing.RespClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who is made to speak HTTP or TLS to a port for Redis gets nothing through, and no answer. */
class OtherProtocolsTest {
    private static final int TIMEOUT_MS = 20_000;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET / HTTP/1.1\r\n",
                "PUT / HTTP/1.1\r\n",
                "PROPFIND /x y HTTP/1.1\r\n",
                "Host: localhost\r\n",
                "\u0016\u0003\u0001\u0002"
            })
    void nothingBehindItIsExecuted(String first, @TempDir Path dir) throws Exception {
        try (var server = ProxyServer.start(ProxyConfig.of(dir, null));
                var client = RespClient.connect(server.port());
                var stranger = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            stranger.setSoTimeout(TIMEOUT_MS);
            stranger.getOutputStream()
                    .write((first + "SET smuggled v\r\nPING\r\n").getBytes(StandardCharsets.ISO_8859_1));
            assertThat(readAll(stranger)).isEmpty();
            assertThat(client.call("EXISTS", "smuggled")).isEqualTo(Reply.ZERO);
        }
    }

    /** What comes before the connection ends, by a reset too: bytes that nobody read make a close that. */
    private static String readAll(Socket socket) {
        var text = new StringBuilder();
        try {
            for (int b = socket.getInputStream().read();
                    b >= 0;
                    b = socket.getInputStream().read()) {
                text.append((char) b);
            }
        } catch (IOException e) {
            assertThat(e).hasMessageContaining("reset");
        }
        return text.toString();
    }
}
