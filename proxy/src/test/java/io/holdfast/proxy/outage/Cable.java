package io.holdfast.proxy.outage;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A TCP connection between Holdfast and its upstream that can be cut: then open connections are reset and new ones too,
 * until it is mended. It can also swallow what is sent and deliver it later, go slow, hand on a few bytes at a
 * time, hang up towards Holdfast alone, and say at which byte something is to happen. Safe on every thread.
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
    private final Set<Gate> gates = new HashSet<>();
    private final Set<Socket> towardsHoldfast = new HashSet<>();
    private volatile int sliceBytes = Integer.MAX_VALUE;
    private volatile int delayMs;
    private final ServerSocket listening;
    private boolean isCut;
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
        isCut = true;
        sockets.forEach(Cable::reset);
        sockets.clear();
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
        isCut = false;
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

    /** From now on nothing passes on the connections that are open, and nobody is told; new ones are not concerned. */
    public synchronized void swallow() {
        gates.forEach(Gate::close);
    }

    /** Delivers what was swallowed, in order, whether or not somebody still waits for it. */
    public synchronized void deliverLate() {
        gates.forEach(Gate::open);
    }

    /** Ends the way from the upstream on every open connection (FIN); requests still pass. */
    public synchronized void hangUpTowardsHoldfast() {
        for (Socket socket : towardsHoldfast) {
            try {
                if (!socket.isClosed()) {
                    socket.shutdownOutput();
                }
            } catch (IOException e) {
                // it was closed in the same moment
            }
        }
    }

    /** Hands on at most so many bytes at once, both ways. */
    public void slice(int bytes) {
        sliceBytes = bytes;
    }

    /** Keeps every piece for so long before it is handed on, both ways. */
    public void delay(int milliseconds) {
        delayMs = milliseconds;
    }

    /** Where the bytes of one connection wait. */
    private static final class Gate {
        private boolean closed;

        synchronized void close() {
            closed = true;
        }

        synchronized void open() {
            closed = false;
            notifyAll();
        }

        synchronized void pass() throws IOException {
            try {
                while (closed) {
                    wait();
                }
            } catch (InterruptedException e) {
                throw new InterruptedIOException("the cable is taken away");
            }
        }
    }

    private void handOn(byte[] bytes, int from, int to, OutputStream out) throws IOException {
        int at = from;
        while (at < to) {
            int count = Math.min(sliceBytes, to - at);
            out.write(bytes, at, count);
            at += count;
        }
    }

    private void dawdle() throws IOException {
        try {
            TimeUnit.MILLISECONDS.sleep(delayMs);
        } catch (InterruptedException e) {
            throw new InterruptedIOException("the cable is taken away");
        }
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
        if (delayMs > 0) {
            dawdle();
        }
        handOn(bytes, 0, before, out);
        if (action != null) {
            action.run();
            // What was sent before the action arrives after it, as it does from the buffers of a real network.
            handOn(bytes, before, count, out);
        }
    }

    private void accept(ServerSocket server) {
        start("cable-accept", () -> {
            try {
                while (true) {
                    join(server.accept());
                }
            } catch (IOException e) {
                // the cable was taken away
            }
        });
    }

    private synchronized void join(Socket client) {
        if (isCut) {
            reset(client);
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
        towardsHoldfast.add(client);
        var gate = new Gate();
        gates.add(gate);
        pump(Way.TO_UPSTREAM, client, upstream, gate);
        pump(Way.FROM_UPSTREAM, upstream, client, gate);
    }

    private void pump(Way way, Socket from, Socket to, Gate gate) {
        start("cable", () -> {
            byte[] buffer = new byte[64 * 1024];
            try (from;
                    to) {
                InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream();
                int n = in.read(buffer);
                while (n >= 0) {
                    gate.pass();
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
    public synchronized void close() {
        cut();
        deliverLate();
        try {
            listening.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
