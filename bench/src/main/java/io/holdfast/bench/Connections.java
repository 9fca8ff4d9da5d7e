package io.holdfast.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What open connections cost that ask nothing, and whether they are felt by those that do: {@code bench/run Connections
 * [--open N] [--active N] [--rounds N] [--requests N]}. Prints Markdown.
 */
public final class Connections {
    /** Netty's buffers are neither the heap's nor the JDK's to count: only this tells of them from outside. */
    private static final String COUNTED = "-XX:NativeMemoryTracking=summary";

    private static final Pattern DIRECT = Pattern.compile("Other \\(reserved=\\d+KB, committed=(\\d+)KB\\)");
    private static final byte[] ASKS = "*2\r\n$3\r\nGET\r\n$4\r\nidle\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final String NOBODY_HAS_IT = "$-1\r\n";
    private static final int TIMEOUT_MS = 10_000;
    private static final String BESIDE = "beside";
    private static final String ALONE = "alone";
    private static final List<String> TESTS = List.of("get", "set");

    /** @param open connections in all; {@code active} of them ask */
    private record Plan(int open, int active, int rounds, int requests) {}

    private final Plan plan;
    private final Results results = new Results();
    private final List<Double> perSecond = new ArrayList<>();

    private Connections(Plan plan) {
        this.plan = plan;
    }

    public static void main(String[] args) throws IOException, InterruptedException {
        Driver.named("Connections")
                .with("open", 10_000)
                .with("active", 100)
                .with("rounds", 5)
                .with("requests", 100_000)
                .run(
                        args,
                        (options, launcher, scratch) -> new Connections(new Plan(
                                        options.number("open"),
                                        options.number("active"),
                                        options.number("rounds"),
                                        options.number("requests")))
                                .run(launcher, scratch));
    }

    private void run(Path launcher, Path scratch) throws IOException {
        System.out.printf(
                Locale.ROOT, "%,d connections, %,d of them active, %d rounds%n%n", plan.open, plan.active, plan.rounds);
        String[] many = {"--maxclients", Integer.toString(plan.open + plan.active)};
        try (var redis = Contestant.redis("redis-server", scratch, many);
                var ours = holdfast(launcher, scratch, redis)) {
            ours.await("holdfast", "mode:online");
            for (String test : TESTS) { // compiled, and everything there that is there once
                load(test).prepare(ours.port());
                load(test).run(ours.port());
            }
            memory(ours);
            for (int round = 0; round < plan.rounds; round++) {
                // Beside each other in time, and each first as often as the other.
                measure(ours, round % 2 == 0);
                measure(ours, round % 2 != 0);
            }
        }
        print();
    }

    private Contestant holdfast(Path launcher, Path scratch, Contestant redis) throws IOException {
        String configuration = "{\"settings\": {\"maxclients\": " + (plan.open + plan.active) + "}}\n";
        return Contestant.holdfastWith(
                COUNTED,
                configuration,
                "Holdfast",
                Files.createTempDirectory(scratch, "holdfast"),
                launcher,
                "--upstream",
                "redis://127.0.0.1:" + redis.port());
    }

    private Load load(String test) {
        return new Load(test, plan.active, 1, plan.requests);
    }

    private int idle() {
        return plan.open - plan.active;
    }

    // ---- memory

    private void memory(Contestant ours) throws IOException {
        long heapBefore = Footprint.liveBytes(ours.pid());
        long directBefore = direct(ours.pid());
        List<Socket> idle = open(ours.port());
        try {
            long heap = Footprint.liveBytes(ours.pid()) - heapBefore;
            long direct = direct(ours.pid()) - directBefore;
            System.out.println("| of an idle connection that has asked once | bytes |");
            System.out.println("|---|--:|");
            System.out.printf(Locale.ROOT, "| heap in use after a collection | %,d |%n", heap / idle());
            System.out.printf(Locale.ROOT, "| direct memory | %,d |%n", direct / idle());
            System.out.printf(Locale.ROOT, "| together | **%,d** |%n%n", (heap + direct) / idle());
        } finally {
            close(idle);
        }
    }

    private static long direct(long pid) throws IOException {
        Matcher other = DIRECT.matcher(Footprint.jcmd(pid, "VM.native_memory", "summary"));
        if (!other.find()) {
            return 0; // nothing was ever allocated
        }
        return Long.parseLong(other.group(1)) * 1024;
    }

    // ---- who asks nothing

    /** Each has asked once, and been answered. */
    private List<Socket> open(int port) throws IOException {
        long began = System.nanoTime();
        List<Socket> idle = new ArrayList<>(idle());
        try {
            for (int i = 0; i < idle(); i++) {
                var socket = new Socket(InetAddress.getLoopbackAddress(), port);
                idle.add(socket);
                socket.setSoTimeout(TIMEOUT_MS);
                socket.getOutputStream().write(ASKS);
                String answer = new String(
                        socket.getInputStream().readNBytes(NOBODY_HAS_IT.length()), StandardCharsets.US_ASCII);
                if (!answer.equals(NOBODY_HAS_IT)) {
                    throw new IOException("connection " + i + " was answered " + answer);
                }
            }
        } catch (IOException e) {
            close(idle);
            throw new IOException(
                    "after " + idle.size() + " connections (ulimit -n bounds them): " + e.getMessage(), e);
        }
        perSecond.add(idle() / ((System.nanoTime() - began) / 1e9));
        return idle;
    }

    private static void close(List<Socket> sockets) throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
    }

    // ---- who asks

    private void measure(Contestant ours, boolean crowded) throws IOException {
        List<Socket> idle = crowded ? open(ours.port()) : List.of();
        try {
            for (String test : TESTS) {
                Load load = load(test);
                results.add(load, crowded ? BESIDE : ALONE, load.run(ours.port()));
            }
        } finally {
            close(idle);
        }
        awaitAllGone(ours.port());
    }

    /** It has heard that the connections are closed. */
    private static void awaitAllGone(int port) throws IOException {
        long began = System.nanoTime();
        while (isAnyThere(port)) {
            if (System.nanoTime() - began > TimeUnit.MILLISECONDS.toNanos(TIMEOUT_MS)) {
                throw new IOException("connections that are closed are still there");
            }
        }
    }

    /** Beside the one that asks, which sends the others away: CLIENT LIST would be long. */
    private static boolean isAnyThere(int port) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(TIMEOUT_MS);
            socket.getOutputStream()
                    .write("CLIENT KILL TYPE normal SKIPME yes\r\n".getBytes(StandardCharsets.US_ASCII));
            return !new String(socket.getInputStream().readNBytes(2), StandardCharsets.US_ASCII).equals(":0");
        }
    }

    private void print() {
        System.out.printf(
                Locale.ROOT,
                "Opened one after the other, each asking once: %,.0f a second.%n%n",
                Results.median(perSecond));
        System.out.println("| | requests a second | p50, µs | p99, µs |\n|---|--:|--:|--:|");
        for (String test : TESTS) {
            System.out.printf(
                    Locale.ROOT,
                    "| %s | %s | %s | %s |%n",
                    test.toUpperCase(Locale.ROOT),
                    compared(test, Load.Measurement::perSecond, 1),
                    compared(test, Load.Measurement::medianMs, 1000),
                    compared(test, Load.Measurement::slowMs, 1000));
        }
        System.out.println("\nBeside the idle connections / without them, medians of the rounds, and their ratio.");
    }

    private String compared(String test, ToDoubleFunction<Load.Measurement> what, int scale) {
        double beside = scale * results.median(load(test), BESIDE, what);
        double alone = scale * results.median(load(test), ALONE, what);
        return String.format(Locale.ROOT, "%,.0f / %,.0f = **%.2f**", beside, alone, beside / alone);
    }
}
