package io.holdfast.proxy.outage;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A TCP connection between Holdfast and its upstream that can be cut: then open connections are reset and new ones are
 * refused, until it is mended. Safe on every thread.
 */
public final class Cable implements AutoCloseable {
    private final int target;
    private final int port;
    private final Set<Socket> sockets = new HashSet<>();
    private @Nullable ServerSocket listening;

    private Cable(int target) throws IOException {
        this.target = target;
        listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        port = listening.getLocalPort();
        accept(listening);
    }

    /** A cable to {@code target} on this machine. */
    public static Cable to(int target) {
        try {
            return new Cable(target);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where to connect instead. */
    public int port() {
        return port;
    }

    public synchronized void cut() {
        try {
            if (listening != null) {
                listening.close();
                listening = null;
            }
            sockets.forEach(Cable::reset);
            sockets.clear();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void reset(Socket socket) {
        try {
            socket.setSoLinger(true, 0);
            socket.close();
        } catch (IOException e) {
            // its pump closed it in the same moment
        }
    }

    public synchronized void mend() {
        try {
            var again = new ServerSocket();
            again.setReuseAddress(true);
            again.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            listening = again;
            accept(again);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void accept(ServerSocket server) {
        start("cable-accept", () -> {
            try {
                while (true) {
                    join(server.accept());
                }
            } catch (IOException e) {
                // the cable was cut
            }
        });
    }

    private synchronized void join(Socket client) {
        if (listening == null) {
            reset(client); // accepted in the moment of the cut
            return;
        }
        Socket upstream;
        try {
            upstream = new Socket(InetAddress.getLoopbackAddress(), target);
        } catch (IOException refused) {
            reset(client);
            return;
        }
        sockets.add(client);
        sockets.add(upstream);
        pump(client, upstream);
        pump(upstream, client);
    }

    private void pump(Socket from, Socket to) {
        start("cable", () -> {
            byte[] buffer = new byte[64 * 1024];
            try (from;
                    to) {
                InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream();
                int n = in.read(buffer);
                while (n >= 0) {
                    out.write(buffer, 0, n);
                    n = in.read(buffer);
                }
            } catch (IOException e) {
                // one side went: the other goes with it
            }
        });
    }

    private static void start(String name, Runnable work) {
        var thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() {
        cut();
    }
}
