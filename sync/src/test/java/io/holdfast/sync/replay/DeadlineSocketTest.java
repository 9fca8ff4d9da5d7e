package io.holdfast.sync.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DeadlineSocketTest {
    private ServerSocket server;
    private DeadlineSocket socket;
    private Socket peer;

    @BeforeEach
    void connect() throws IOException {
        server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        socket = DeadlineSocket.tcp(100);
        socket.connect(server.getLocalSocketAddress());
        peer = server.accept();
    }

    @AfterEach
    void close() throws IOException {
        socket.close();
        peer.close();
        server.close();
    }

    @Test
    void bytesGoBothWays() throws IOException {
        socket.getOutputStream().write("ping".getBytes(StandardCharsets.US_ASCII));
        byte[] arrived = peer.getInputStream().readNBytes(4);
        peer.getOutputStream().write(arrived);
        assertThat(socket.getInputStream().readNBytes(4)).asString().isEqualTo("ping");
    }

    @Test
    void readingFromASilentPeerEnds() {
        assertThatThrownBy(() -> socket.getInputStream().read()).isInstanceOf(SocketTimeoutException.class);
    }

    @Test
    void writingToAPeerThatDoesNotReadEnds() {
        byte[] much = new byte[64 * 1024 * 1024];
        assertThatThrownBy(() -> socket.getOutputStream().write(much)).isInstanceOf(SocketTimeoutException.class);
    }

    @Test
    void closingWakesAReader() throws Exception {
        socket.setSoTimeout(60_000);
        var reading = CompletableFuture.supplyAsync(this::read, task -> new Thread(task).start());
        socket.close();
        assertThatThrownBy(() -> reading.get(30, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasRootCauseInstanceOf(ClosedChannelException.class);
    }

    private int read() {
        try {
            return socket.getInputStream().read();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void closingResets() throws IOException {
        socket.getOutputStream().write(new byte[10]);
        socket.close();
        assertThatThrownBy(() -> peer.getInputStream().readNBytes(11))
                .isInstanceOf(SocketException.class)
                .hasMessageContaining("reset");
    }

    @Test
    void theEndOfTheStreamIsSeen() throws IOException {
        peer.close();
        assertThat(socket.getInputStream().read()).isEqualTo(-1);
    }
}
