package io.holdfast.sync.replay;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where a server listens and how it is spoken to: by name and port, the name looked up anew for each connection, or over a
 * Unix socket of this machine.
 *
 * @param unixSocket null: TCP; else host and port mean nothing
 * @param encryption null: plain
 */
public record Endpoint(
        String host,
        int port,
        @Nullable Path unixSocket,
        @Nullable Encryption encryption) {
    /** Puts TLS on a connection. */
    @FunctionalInterface
    public interface Encryption {
        /**
         * Shakes hands; closing the connected socket ends both.
         *
         * @throws IOException when the handshake fails, or the server is not who it should be
         */
        Socket over(Socket connected, String host, int port) throws IOException;
    }

    /** Plain TCP. */
    public static Endpoint tcp(String host, int port) {
        return new Endpoint(host, port, null, null);
    }

    /**
     * Connects.
     *
     * @param timeoutMs longest wait for the connection, and for each read and write on it
     */
    public Socket connect(int timeoutMs) throws IOException {
        DeadlineSocket socket = open(timeoutMs);
        try {
            return connect(socket);
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    DeadlineSocket open(int timeoutMs) throws IOException {
        return unixSocket == null ? DeadlineSocket.tcp(timeoutMs) : DeadlineSocket.unix(timeoutMs);
    }

    /** Connects a socket that {@link #open} made, which stays the one to close. */
    Socket connect(DeadlineSocket socket) throws IOException {
        socket.connect(address());
        return encryption == null ? socket : encryption.over(socket, host, port);
    }

    private SocketAddress address() throws IOException {
        if (unixSocket != null) {
            return UnixDomainSocketAddress.of(unixSocket);
        }
        var address = new InetSocketAddress(host, port);
        if (address.isUnresolved()) {
            throw new IOException("the name " + host + " is unknown");
        }
        return address;
    }

    @Override
    public String toString() {
        return unixSocket != null ? unixSocket.toString() : host + ":" + port;
    }
}
