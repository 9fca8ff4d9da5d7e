package io.holdfast.bench;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/** A client that writes and reads a small key in turn, a command at a time and a pause behind each, and notes how long each took. */
final class Probe implements AutoCloseable {
    private static final int SAMPLES_MAX = 1 << 20;
    private static final long PAUSE_MICROS = 500;
    private static final int TIMEOUT_MS = 10_000;

    private final Socket socket;
    private final Thread thread;
    private final long[] samples = new long[SAMPLES_MAX];
    private int count; // guarded by this
    private volatile boolean stopped;

    /** @param port of a server on this machine */
    Probe(int port, String name) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(TIMEOUT_MS);
        InputStream in = new BufferedInputStream(socket.getInputStream());
        thread = new Thread(() -> run(in, name), "probe of " + name);
        thread.setDaemon(true);
        thread.start();
    }

    private void run(InputStream in, String key) {
        byte[] set = ("SET probe:" + key + " v\r\n").getBytes(StandardCharsets.UTF_8);
        byte[] get = ("STRLEN probe:" + key + "\r\n").getBytes(StandardCharsets.UTF_8);
        try {
            for (int i = 0; !stopped; i++) {
                long began = System.nanoTime();
                socket.getOutputStream().write(i % 2 == 0 ? set : get);
                int first = in.read();
                while (in.read() != '\n') {
                    // to the line's end
                }
                if (first == '-' || first < 0) {
                    throw new IOException("the probe was refused");
                }
                note(System.nanoTime() - began);
                TimeUnit.MICROSECONDS.sleep(PAUSE_MICROS);
            }
        } catch (IOException | InterruptedException e) {
            if (!stopped) {
                System.err.println(Thread.currentThread().getName() + ": " + e);
            }
        }
    }

    private synchronized void note(long nanos) {
        if (count < SAMPLES_MAX) {
            samples[count++] = nanos;
        }
    }

    /** Forgets what it has noted. */
    synchronized void restart() {
        count = 0;
    }

    /** How many were noted. */
    synchronized int count() {
        return count;
    }

    /** Of what was noted since {@link #restart}, milliseconds. */
    synchronized double percentileMs(double percent) {
        if (count == 0) {
            throw new IllegalStateException("nothing was noted");
        }
        long[] sorted = Arrays.copyOf(samples, count);
        Arrays.sort(sorted);
        return sorted[(int) Math.min(count - 1, Math.floor(count * percent / 100))] / 1e6;
    }

    @Override
    public void close() throws IOException {
        stopped = true;
        socket.close();
        try {
            thread.join(TIMEOUT_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
