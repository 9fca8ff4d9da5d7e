package io.holdfast.bench;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * What a client of small commands waits beside clients that read a large value over and over, through Holdfast online and of the same
 * redis-server directly, in turn: {@code bench/run Neighbours [--bytes N] [--pipeline N] [--heavy N] [--seconds N] [--rounds N]}.
 * Prints Markdown.
 */
public final class Neighbours {
    private static final String KEY = "large";
    private static final int BUFFER_BYTES = 1 << 20;
    /** Of each turn: until those that read have links, and all is warm. */
    private static final int WARM_UP_MS = 500;

    private final int bytes;
    private final int pipeline;
    private final int heavy;
    private final int seconds;

    /** @param slowMs what 99 in a hundred of the small commands take at most */
    private record Turn(double megabytesPerSecond, double medianMs, double slowMs, double longestMs) {}

    private Neighbours(Driver options) {
        bytes = options.number("bytes");
        pipeline = options.number("pipeline");
        heavy = options.number("heavy");
        seconds = options.number("seconds");
    }

    public static void main(String[] args) throws IOException, InterruptedException {
        Driver.named("Neighbours")
                .with("bytes", 1_000_000)
                .with("pipeline", 16)
                .with("heavy", 1)
                .with("seconds", 4)
                .with("rounds", 3)
                .run(
                        args,
                        (options, launcher, scratch) ->
                                new Neighbours(options).run(launcher, scratch, options.number("rounds")));
    }

    private void run(Path launcher, Path scratch, int rounds) throws IOException {
        System.out.printf(
                Locale.ROOT,
                "Beside %d that read %,d bytes, %d at a time; milliseconds that small commands take%n%n",
                heavy,
                bytes,
                pipeline);
        System.out.println("| | median | 99 % | longest | MB/s read |");
        System.out.println("|---|--:|--:|--:|--:|");
        try (var redis = Contestant.redis("redis-server", scratch);
                var ours = Contestant.holdfast(
                        "Holdfast", scratch, launcher, "everysec", "--upstream", "redis://127.0.0.1:" + redis.port())) {
            ours.await("holdfast", "mode:online");
            Asking.ask(redis.port(), "SETRANGE " + KEY + " " + (bytes - 1) + " x");
            measure(ours); // nobody's first turn counts
            for (int round = 0; round < rounds; round++) {
                for (Contestant contestant : List.of(redis, ours)) {
                    Turn turn = measure(contestant);
                    System.out.printf(
                            Locale.ROOT,
                            "| %s | %.2f | %.2f | %.2f | %,.0f |%n",
                            contestant.name(),
                            turn.medianMs(),
                            turn.slowMs(),
                            turn.longestMs(),
                            turn.megabytesPerSecond());
                }
            }
        }
    }

    private Turn measure(Contestant contestant) throws IOException {
        long from = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(WARM_UP_MS);
        long to = from + TimeUnit.SECONDS.toNanos(seconds);
        List<CompletableFuture<Long>> reading = new ArrayList<>();
        try (var small = new BusyClients(contestant.port(), 1, 1)) {
            for (int i = 0; i < heavy; i++) {
                reading.add(startReading(contestant.port(), to));
            }
            long read = 0;
            for (CompletableFuture<Long> one : reading) {
                read += one.join();
            }
            double[] took = small.latenciesMs(from, to);
            if (took.length == 0) {
                throw new IOException("no small command was answered by " + contestant.name());
            }
            return new Turn(
                    read / 1e6 / (seconds + WARM_UP_MS / 1e3),
                    took[took.length / 2],
                    took[(int) (took.length * 99L / 100)],
                    took[took.length - 1]);
        }
    }

    /** Completed with the bytes that it has read when that time is over. */
    private CompletableFuture<Long> startReading(int port, long untilNanos) {
        var done = new CompletableFuture<Long>();
        var thread = new Thread(
                () -> {
                    try {
                        done.complete(read(port, untilNanos));
                    } catch (IOException | RuntimeException e) {
                        done.completeExceptionally(e);
                    }
                },
                "reader");
        thread.setDaemon(true);
        thread.start();
        return done;
    }

    private long read(int port, long untilNanos) throws IOException {
        byte[] request = ("GET " + KEY + "\r\n").repeat(pipeline).getBytes(StandardCharsets.US_ASCII);
        long batch = pipeline * (long) ("$" + bytes + "\r\n\r\n").length() + (long) pipeline * bytes;
        var buffer = new byte[BUFFER_BYTES];
        long read = 0;
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            InputStream in = socket.getInputStream();
            while (System.nanoTime() < untilNanos) {
                socket.getOutputStream().write(request);
                long left = batch;
                while (left > 0) {
                    int count = in.read(buffer, 0, (int) Math.min(left, buffer.length));
                    if (count < 0) {
                        throw new EOFException("the connection of one that reads was dropped");
                    }
                    left -= count;
                }
                read += batch;
            }
        }
        return read;
    }
}
