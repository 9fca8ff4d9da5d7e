package io.holdfast.bench;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Clients of which each sends its next command when it has the reply to the last, all on one thread of their own. They
 * remember when each reply came and how long it took. A connection that is dropped, or an error other than
 * {@code -UNCERTAIN}, is what {@link #close} throws.
 */
final class BusyClients implements AutoCloseable {
    private static final int SAMPLES_FIRST = 1 << 20;
    private static final int REPLY_BYTES_MAX = 512;
    private static final int STOP_SECONDS_MAX = 10;
    private static final int KEYS = 1_000;

    /** Replies that are one line each. */
    private static final String[] COMMANDS = {
        "SET v:%d some-value-%d", "INCR n:%d", "EXISTS v:%d", "HSET h:%d field %d", "SADD s:%d m-%d"
    };

    private final Selector selector = Selector.open();
    private final Thread thread = new Thread(this::run, "busy-clients");
    private long[] atNanos = new long[SAMPLES_FIRST];
    private long[] tookNanos = new long[SAMPLES_FIRST];
    private int samples; // guarded by this
    private long uncertain; // guarded by this
    private volatile boolean ends;
    private volatile @Nullable Exception failure;
    private final int numbers;
    private int number;

    /** One connection and what is on its way. */
    private static final class Client {
        final ByteBuffer received = ByteBuffer.allocate(REPLY_BYTES_MAX);
        long sentNanos;
    }

    /**
     * @param port of a server on this machine
     * @param members that each of 200 sets gets, and no more
     */
    BusyClients(int port, int clients, int members) throws IOException {
        numbers = Math.multiplyExact(members, KEYS); // each set is met once among so many as there are keys
        for (int i = 0; i < clients; i++) {
            var channel = SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.configureBlocking(false);
            var client = new Client();
            channel.register(selector, SelectionKey.OP_READ, client);
            send(channel, client);
        }
        thread.start();
    }

    private void run() {
        try {
            while (!ends) {
                selector.select(100);
                for (SelectionKey key : selector.selectedKeys()) {
                    read((SocketChannel) key.channel(), (Client) key.attachment());
                }
                selector.selectedKeys().clear();
            }
        } catch (IOException | RuntimeException e) {
            failure = e;
        }
    }

    private void send(SocketChannel channel, Client client) throws IOException {
        int key = number % KEYS;
        number = (number + 1) % numbers;
        String line = String.format(Locale.ROOT, COMMANDS[key % COMMANDS.length], key, number) + "\r\n";
        ByteBuffer bytes = ByteBuffer.wrap(line.getBytes(StandardCharsets.ISO_8859_1));
        client.sentNanos = System.nanoTime();
        while (bytes.hasRemaining()) {
            channel.write(bytes); // some bytes, to who has read the last ones: there is room
        }
    }

    private void read(SocketChannel channel, Client client) throws IOException {
        if (channel.read(client.received) < 0) {
            throw new EOFException("a connection was dropped");
        }
        int end = client.received.position();
        if (end == 0 || client.received.get(end - 1) != '\n') {
            return;
        }
        if (client.received.get(0) == '-') {
            String error = new String(client.received.array(), 0, end, StandardCharsets.ISO_8859_1);
            if (!error.startsWith("-UNCERTAIN ")) {
                throw new IOException("an error: " + error.strip());
            }
            synchronized (this) {
                uncertain++;
            }
        }
        long now = System.nanoTime();
        note(now, now - client.sentNanos);
        client.received.clear();
        send(channel, client);
    }

    private synchronized void note(long at, long took) {
        if (samples == atNanos.length) {
            atNanos = Arrays.copyOf(atNanos, samples * 2);
            tookNanos = Arrays.copyOf(tookNanos, samples * 2);
        }
        atNanos[samples] = at;
        tookNanos[samples] = took;
        samples++;
    }

    /** How many replies were {@code -UNCERTAIN}. */
    synchronized long uncertain() {
        return uncertain;
    }

    /** The longest that anybody waited who waited between these moments, milliseconds. */
    synchronized double longestMs(long fromNanos, long toNanos) {
        long longest = 0;
        for (int i = samples - 1; i >= 0 && atNanos[i] >= fromNanos; i--) {
            if (atNanos[i] - tookNanos[i] <= toNanos) {
                longest = Math.max(longest, tookNanos[i]);
            }
        }
        return longest / 1e6;
    }

    /** Latencies of the replies that came between these moments, milliseconds, sorted. */
    synchronized double[] latenciesMs(long fromNanos, long toNanos) {
        int from = samples;
        while (from > 0 && atNanos[from - 1] >= fromNanos) {
            from--;
        }
        int to = from;
        while (to < samples && atNanos[to] < toNanos) {
            to++;
        }
        double[] latencies = new double[to - from];
        for (int i = from; i < to; i++) {
            latencies[i - from] = tookNanos[i] / 1e6;
        }
        Arrays.sort(latencies);
        return latencies;
    }

    /** Forgets what it remembers; a wait that is under way is remembered when it ends. */
    synchronized void forget() {
        samples = 0;
    }

    @Override
    public void close() throws IOException {
        ends = true;
        try {
            thread.join(TimeUnit.SECONDS.toMillis(STOP_SECONDS_MAX));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        for (SelectionKey key : selector.keys()) {
            key.channel().close();
        }
        selector.close();
        Exception why = failure;
        if (why instanceof IOException io) {
            throw io;
        } else if (why != null) {
            throw new UncheckedIOException(new IOException(why));
        }
    }
}
