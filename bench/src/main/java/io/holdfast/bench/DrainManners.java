package io.holdfast.bench;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What others feel of a replay: {@code bench/run DrainManners [--entries N] [--rate N] [--conflicts N] [--rounds N]}. Prints the heap in use
 * while a backlog drains, what clients here wait then and in an outage, what another client of the upstream waits under a
 * capped replay and without one, once where Holdfast uses the cores that those two use, and once where it has others, as on a
 * machine of its own; and how long it takes to settle many conflicts by one order. Markdown.
 */
public final class DrainManners {
    private static final int ENTRIES = 1_000_000;
    private static final int RATE = 10_000;
    private static final int CONFLICTS = 10_000;
    private static final int ROUNDS = 3;
    /** Drains after a start that the compilers have a part in, and about how much they need to have done with it. */
    private static final int WARM_UPS = 3;

    private static final int WARM_UP_ENTRIES = 1_000_000;
    private static final int KEYS = 10_000;
    private static final int QUIET_SECONDS = 5;
    private static final int LOOK_MS = 50;
    private static final int DRAIN_SECONDS_MAX = 600;
    private static final int ORDER_MS_MAX = 120_000;
    private static final double MB = 1 << 20;
    /** The upstream's and its other client's, where Holdfast has none of theirs. */
    private static final String OTHERS_CORES = "0";

    private static final int ALL_CORES = Runtime.getRuntime().availableProcessors();

    private static final Pattern USED = Pattern.compile("used_memory:(\\d+)");
    private static final Pattern CONFLICTS_OPEN = Pattern.compile("(?m)^conflicts:(\\d+)");

    private final Path launcher;
    private final Path scratch;

    private DrainManners(Path launcher, Path scratch) {
        this.launcher = launcher;
        this.scratch = scratch;
    }

    public static void main(String[] args) throws IOException, InterruptedException {
        Driver.named("DrainManners")
                .with("entries", ENTRIES)
                .with("rate", RATE)
                .with("conflicts", CONFLICTS)
                .with("rounds", ROUNDS)
                .run(args, (options, launcher, scratch) -> {
                    var driver = new DrainManners(launcher, scratch);
                    driver.drain(options.number("entries"), options.number("rounds"));
                    driver.capped(options.number("rate"), options.number("rounds"));
                    driver.conflicts(options.number("conflicts"), options.number("rounds"));
                });
    }

    private Contestant holdfast(Contestant redis) throws IOException {
        return Contestant.holdfast(
                        "Holdfast", scratch, launcher, "everysec", "--upstream", "redis://127.0.0.1:" + redis.port())
                .await("holdfast", "mode:online");
    }

    private static void goOffline(Contestant ours) throws IOException {
        Asking.ask(ours.port(), "HOLDFAST OFFLINE");
        ours.await("holdfast", "mode:offline");
    }

    // ---- a whole drain

    private void drain(int entries, int rounds) throws IOException {
        System.out.printf(Locale.ROOT, "A drain of %,d entries, no cap, upstream without persistence%n%n", entries);
        System.out.println(
                "| since the start | seconds | heap in use before, MB | at most, MB | live p50/p99 offline, ms | live p50/p99 in the drain, ms | p99 ratio |");
        System.out.println("|---|--:|--:|--:|--:|--:|--:|");
        try (var redis = Contestant.redis("redis-server", scratch);
                var ours = holdfast(redis);
                var probe = new Probe(ours.port(), "local")) {
            for (int round = 1; round <= WARM_UPS + rounds; round++) {
                goOffline(ours);
                Pipelined.write(ours.port(), entries, DrainManners::request);
                probe.restart();
                lookOffline(ours);
                double p50 = probe.percentileMs(50);
                double p99 = probe.percentileMs(99);
                double before = heapMb(ours);
                probe.restart();
                long began = System.nanoTime();
                Asking.ask(ours.port(), "HOLDFAST ONLINE");
                double most = heapWhileDraining(ours, began);
                double seconds = (System.nanoTime() - began) / 1e9;
                System.out.printf(
                        Locale.ROOT,
                        "| drain %d%s | %.1f | %.0f | %.0f | %.2f / %.2f | %.2f / %.2f | **%.2f** |%n",
                        round,
                        round <= WARM_UPS ? ", code not compiled yet" : "",
                        seconds,
                        before,
                        most,
                        p50,
                        p99,
                        probe.percentileMs(50),
                        probe.percentileMs(99),
                        probe.percentileMs(99) / p99);
                Asking.ask(ours.port(), "FLUSHALL"); // the next begins with unknown keys as this one did
            }
        }
        System.out.println();
    }

    /** As often as {@link #heapWhileDraining}: what looking costs is in both figures. */
    private static void lookOffline(Contestant ours) throws IOException {
        long began = System.nanoTime();
        while (System.nanoTime() - began < TimeUnit.SECONDS.toNanos(QUIET_SECONDS)) {
            heapMb(ours);
            if (!Asking.ask(ours.port(), "INFO holdfast").contains("mode:offline")) {
                throw new IOException("not offline any more");
            }
            look();
        }
    }

    /** What is in use, garbage included, as INFO memory says; the most of it until the upstream is in charge. */
    private static double heapWhileDraining(Contestant ours, long beganNanos) throws IOException {
        double most = 0;
        while (!Asking.ask(ours.port(), "INFO holdfast").contains("mode:online")) {
            most = Math.max(most, heapMb(ours));
            look();
            if ((System.nanoTime() - beganNanos) / 1e9 > DRAIN_SECONDS_MAX) {
                throw new IOException("not drained within " + DRAIN_SECONDS_MAX + " s");
            }
        }
        return most;
    }

    /** Between two looks at how far it is: asking all the time would be felt by whom the latency is measured of. */
    private static void look() throws IOException {
        Pause.ofMs(LOOK_MS);
    }

    private static double heapMb(Contestant ours) throws IOException {
        Matcher used = USED.matcher(Asking.ask(ours.port(), "INFO memory"));
        if (!used.find()) {
            throw new IOException("INFO memory does not say what is used");
        }
        return Long.parseLong(used.group(1)) / MB;
    }

    // ---- the cap

    private void capped(int rate, int rounds) throws IOException {
        System.out.printf(
                Locale.ROOT, "Another client of the upstream, AOF everysec, under a replay capped at %,d/s%n%n", rate);
        System.out.println("| Holdfast's cores | p50/p99 without a replay, ms | p50/p99 with it, ms | p99 ratio |");
        System.out.println("|---|--:|--:|--:|");
        boolean canBeApart = Cores.canBeGiven();
        List<Double> shared = new ArrayList<>();
        List<Double> apart = new ArrayList<>();
        try (var redis = Contestant.redis("redis-server", scratch, "--appendonly", "yes", "--appendfsync", "everysec");
                var ours = holdfast(redis);
                var probe = new Probe(redis.port(), "upstream")) {
            for (int i = 0; i < WARM_UPS; i++) {
                goOffline(ours);
                Pipelined.write(ours.port(), WARM_UP_ENTRIES, DrainManners::request);
                Asking.ask(ours.port(), "HOLDFAST ONLINE");
                ours.await("holdfast", "mode:online");
                Asking.ask(ours.port(), "FLUSHALL");
            }
            for (int round = 0; round < rounds; round++) {
                shared.add(capped("all, as the others", rate, ours, probe));
                if (canBeApart) {
                    giveCores(redis, ours, OTHERS_CORES, "1-" + (ALL_CORES - 1));
                    apart.add(capped("none of the others'", rate, ours, probe));
                    giveCores(redis, ours, "0-" + (ALL_CORES - 1), "0-" + (ALL_CORES - 1));
                }
            }
        }
        System.out.printf(Locale.ROOT, "%nMedian on the same cores: %.2f%n", Results.median(shared));
        if (canBeApart) {
            System.out.printf(Locale.ROOT, "Median on cores of its own: %.2f%n", Results.median(apart));
        }
        System.out.println();
    }

    /** One round; returns the ratio of the p99s. */
    private static double capped(String cores, int rate, Contestant ours, Probe probe) throws IOException {
        goOffline(ours);
        Pipelined.write(ours.port(), rate * (QUIET_SECONDS + 2), DrainManners::request);
        rate(ours, rate);
        probe.restart();
        Pause.ofMs(QUIET_SECONDS * 1000);
        double p50 = probe.percentileMs(50);
        double p99 = probe.percentileMs(99);
        Asking.ask(ours.port(), "HOLDFAST ONLINE");
        ours.await("holdfast", "mode:replaying");
        probe.restart();
        Pause.ofMs(QUIET_SECONDS * 1000);
        if (!Asking.ask(ours.port(), "INFO holdfast").contains("mode:replaying")) {
            throw new IOException("the replay was over too soon");
        }
        double ratio = probe.percentileMs(99) / p99;
        System.out.printf(
                Locale.ROOT,
                "| %s | %.2f / %.2f | %.2f / %.2f | **%.2f** |%n",
                cores,
                p50,
                p99,
                probe.percentileMs(50),
                probe.percentileMs(99),
                ratio);
        rate(ours, 0);
        ours.await("holdfast", "mode:online");
        Asking.ask(ours.port(), "FLUSHALL");
        return ratio;
    }

    /** The other client is a thread of this process. */
    private static void giveCores(Contestant redis, Contestant ours, String others, String oursAlone)
            throws IOException {
        Cores.give(redis.pid(), others);
        Cores.give(ProcessHandle.current().pid(), others);
        Cores.give(ours.pid(), oursAlone);
    }

    private static void rate(Contestant ours, int entriesASecond) throws IOException {
        order(ours.port(), "HOLDFAST CONFIG SET sync.rate " + entriesASecond);
    }

    // ---- many conflicts, one order

    private void conflicts(int count, int rounds) throws IOException {
        System.out.printf(Locale.ROOT, "%,d conflicts, settled by one order%n%n", count);
        System.out.println("| `CONFLICTS RESOLVE` | until it is answered, s | until the upstream has it, s |");
        System.out.println("|---|--:|--:|");
        for (int round = 0; round < rounds; round++) {
            for (String choice : new String[] {"keep", "local", "upstream"}) {
                conflicts(count, choice);
            }
        }
        System.out.println();
    }

    private void conflicts(int count, String choice) throws IOException {
        try (var redis = Contestant.redis("redis-server", scratch);
                var ours = holdfast(redis)) {
            Pipelined.write(ours.port(), count, i -> "SET conflict:" + i + " base");
            goOffline(ours);
            Pipelined.write(ours.port(), count, i -> "SET conflict:" + i + " local");
            Pipelined.write(redis.port(), count, i -> "SET conflict:" + i + " upstream");
            Asking.ask(ours.port(), "HOLDFAST ONLINE");
            ours.await("holdfast", "mode:online");
            Matcher open = CONFLICTS_OPEN.matcher(Asking.ask(ours.port(), "INFO holdfast"));
            if (!open.find() || Integer.parseInt(open.group(1)) != count) {
                throw new IOException("not every write has become a conflict: " + open.group(1));
            }
            long began = System.nanoTime();
            order(ours.port(), "HOLDFAST CONFLICTS RESOLVE " + choice + " ALL");
            double answered = (System.nanoTime() - began) / 1e9;
            ours.await("holdfast", "journal_pending:0\r\n");
            System.out.printf(
                    Locale.ROOT,
                    "| %s ALL | **%.2f** | %.2f |%n",
                    choice.toUpperCase(Locale.ROOT),
                    answered,
                    (System.nanoTime() - began) / 1e9);
        }
    }

    // ---- the wire

    private static void order(int port, String command) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(ORDER_MS_MAX);
            socket.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.UTF_8));
            Pipelined.skipLine(new BufferedInputStream(socket.getInputStream()));
        }
    }

    /** The mix that {@link Drain} writes. */
    private static String request(int number) {
        return Drain.line(number, number % KEYS);
    }
}
