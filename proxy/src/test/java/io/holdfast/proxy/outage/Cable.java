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
 * refused, until it is mended. It can also say at which byte something is to happen. Safe on every thread.
 */
public final class Cable implements AutoCloseable {
    /** Which way bytes go. */
    public enum Way {
        TO_UPSTREAM,
        FROM_UPSTREAM
    }

    private record Trip(Way way, Runnable action) {}

    private final int target;
    private final int port;
    private final Set<Socket> sockets = new HashSet<>();
    private @Nullable ServerSocket listening;
    private @Nullable Trip trip;
    private long bytesBeforeTrip;

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

    /**
     * Lets {@code bytes} more pass that way, all connections together; then {@code action} runs, once, and what follows on
     * that connection waits for it.
     */
    public synchronized void tripAfter(Way way, long bytes, Runnable action) {
        trip = new Trip(way, action);
        bytesBeforeTrip = bytes;
    }

    /** False when it was too late: the action runs or has run. */
    public synchronized boolean removeTrip() {
        boolean inTime = trip != null;
        trip = null;
        return inTime;
    }

    private void pass(Way way, byte[] bytes, int count, OutputStream out) throws IOException {
        int before;
        Runnable action = null;
        synchronized (this) {
            if (trip == null || trip.way != way || bytesBeforeTrip >= count) {
                before = count;
                bytesBeforeTrip -= trip != null && trip.way == way ? count : 0;
            } else {
                before = Math.toIntExact(bytesBeforeTrip);
                action = trip.action;
                trip = null;
            }
        }
        out.write(bytes, 0, before);
        if (action != null) {
            action.run();
            // What was sent before the action arrives after it, as it does from the buffers of a real network.
            out.write(bytes, before, count - before);
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
        pump(Way.TO_UPSTREAM, client, upstream);
        pump(Way.FROM_UPSTREAM, upstream, client);
    }

    private void pump(Way way, Socket from, Socket to) {
        start("cable", () -> {
            byte[] buffer = new byte[64 * 1024];
            try (from;
                    to) {
                InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream();
                int n = in.read(buffer);
                while (n >= 0) {
                    pass(way, buffer, n, out);
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
