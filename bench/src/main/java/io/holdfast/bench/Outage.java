package io.holdfast.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * What clients see of outages: {@code bench/run Outage [--resets N] [--freezes N] [--returns N] [--clients N] [--members N]}. The longest that any
 * of the busy clients waits when the upstream is killed, when it is frozen, and when the journal is handed back; then a picture
 * of one outage. Prints Markdown.
 */
public final class Outage {
    private static final int TIMEOUT_MS = 500;
    private static final int FEW_CLIENTS = 8;
    private static final int MEMBERS = 100;
    private static final int BESIDE_MS = 300;
    private static final int AWAY_MS = 300;
    private static final int SETTLE_MS = 2_000;
    private static final int BIN_MS = 250;
    private static final int[] PICTURE_MS = {2_000, 3_000, 4_000};
    private static final int BAR_MAX = 40;

    private final Path launcher;
    private final Path scratch;
    private final int clients;
    private final int members;

    private Contestant redis;
    private final Path redisDirectory;

    private Outage(Path launcher, Path scratch, int clients, int members) throws IOException {
        this.launcher = launcher;
        this.scratch = scratch;
        this.clients = clients;
        this.members = members;
        redisDirectory = Files.createTempDirectory(scratch, "redis");
        redis = startRedis(Contestant.freePort());
    }

    public static void main(String[] args) throws IOException, InterruptedException {
        Driver.named("Outage")
                .with("resets", 100)
                .with("freezes", 20)
                .with("returns", 100)
                .with("clients", 50)
                .with("members", MEMBERS)
                .run(
                        args,
                        (options, launcher, scratch) -> new Outage(
                                        launcher, scratch, options.number("clients"), options.number("members"))
                                .run(options.number("resets"), options.number("freezes"), options.number("returns")));
    }

    private Contestant startRedis(int port) throws IOException {
        return Contestant.redisAt(port, "redis-server", redisDirectory, "--appendonly", "yes");
    }

    private void run(int resets, int freezes, int returns) throws IOException {
        String config = "{\"redis\": {\"connection_timeout\": \"" + TIMEOUT_MS + "ms\"}}\n";
        try (var ours = Contestant.holdfastBy(
                config,
                "Holdfast",
                Files.createTempDirectory(scratch, "holdfast"),
                launcher,
                "--upstream",
                "redis://127.0.0.1:" + redis.port())) {
            ours.await("holdfast", "mode:online");
            System.out.println("The longest that any client waited, milliseconds:\n");
            System.out.println("| what | times | p50 | p99 | max | beside it, p50 | p99 | max |");
            System.out.println("|---|--:|--:|--:|--:|--:|--:|--:|");
            try (var busy = new BusyClients(ours.port(), FEW_CLIENTS, members)) {
                Pause.ofMs(SETTLE_MS);
                row("reset (kill -9), " + FEW_CLIENTS + " clients", resets, busy, () -> reset(ours));
                row("freeze (SIGSTOP), " + FEW_CLIENTS + " clients", freezes, busy, () -> freeze(ours));
                System.out.printf("%n%d commands were `-UNCERTAIN`.%n%n", busy.uncertain());
            }
            System.out.println("| what | times | p50 | p99 | max | beside it, p50 | p99 | max |");
            System.out.println("|---|--:|--:|--:|--:|--:|--:|--:|");
            try (var busy = new BusyClients(ours.port(), clients, members)) {
                Pause.ofMs(SETTLE_MS);
                row("hand-over back, " + clients + " clients", returns, busy, () -> handBack(ours));
            }
            picture(ours);
        } finally {
            redis.close();
        }
    }

    /** One time of what is measured; gives the moments between which waiting counts. */
    private interface Event {
        long[] happen() throws IOException;
    }

    private static void row(String what, int times, BusyClients busy, Event event) throws IOException {
        List<Double> waits = new ArrayList<>();
        List<Double> usual = new ArrayList<>();
        for (int i = 0; i < times; i++) {
            busy.forget();
            long from = System.nanoTime();
            Pause.ofMs(BESIDE_MS);
            usual.add(busy.longestMs(from, System.nanoTime()));
            long[] window = event.happen();
            waits.add(busy.longestMs(window[0], window[1]));
        }
        System.out.printf(
                Locale.ROOT,
                "| %s | %d | **%.1f** | **%.1f** | %.1f | %.1f | %.1f | %.1f |%n",
                what,
                times,
                percentile(waits, 50),
                percentile(waits, 99),
                percentile(waits, 100),
                percentile(usual, 50),
                percentile(usual, 99),
                percentile(usual, 100));
    }

    private static double percentile(List<Double> values, int percent) {
        List<Double> sorted = new ArrayList<>(values);
        Collections.sort(sorted);
        return sorted.get(Math.max(0, (sorted.size() * percent + 99) / 100 - 1));
    }

    // ---- what happens

    private long[] reset(Contestant ours) throws IOException {
        long from = System.nanoTime();
        redis.kill();
        ours.await("holdfast", "mode:offline");
        Pause.ofMs(AWAY_MS);
        long to = System.nanoTime();
        redis = startRedis(redis.port());
        comeBack(ours);
        return new long[] {from, to};
    }

    private long[] freeze(Contestant ours) throws IOException {
        long from = System.nanoTime();
        redis.signal("STOP");
        ours.await("holdfast", "mode:offline");
        Pause.ofMs(AWAY_MS);
        long to = System.nanoTime();
        redis.signal("CONT");
        comeBack(ours);
        return new long[] {from, to};
    }

    private static long[] handBack(Contestant ours) throws IOException {
        Asking.ask(ours.port(), "HOLDFAST OFFLINE");
        ours.await("holdfast", "mode:offline");
        Pause.ofMs(AWAY_MS);
        long from = System.nanoTime();
        Asking.ask(ours.port(), "HOLDFAST ONLINE");
        comeBack(ours);
        Pause.ofMs(AWAY_MS);
        return new long[] {from, System.nanoTime()};
    }

    /** Without the pauses that an upstream gets which went soon after it came. */
    private static void comeBack(Contestant ours) throws IOException {
        Asking.ask(ours.port(), "HOLDFAST SYNC NOW");
        ours.await("holdfast", "mode:online");
    }

    // ---- the picture

    private void picture(Contestant ours) throws IOException {
        System.out.printf("%n%d clients; each line is %d ms:%n%n```%n", clients, BIN_MS);
        try (var busy = new BusyClients(ours.port(), clients, members)) {
            Pause.ofMs(SETTLE_MS);
            busy.forget();
            long from = System.nanoTime();
            Pause.ofMs(PICTURE_MS[0]);
            long killed = System.nanoTime();
            redis.kill();
            Pause.ofMs(PICTURE_MS[1]);
            long back = System.nanoTime();
            redis = startRedis(redis.port());
            Pause.ofMs(PICTURE_MS[2]);
            draw(busy, from, killed, back, System.nanoTime());
        }
        System.out.println("```");
    }

    private static void draw(BusyClients busy, long from, long killed, long back, long to) {
        long bin = TimeUnit.MILLISECONDS.toNanos(BIN_MS);
        List<double[]> bins = new ArrayList<>();
        int most = 1;
        for (long at = from; at + bin <= to; at += bin) {
            double[] latencies = busy.latenciesMs(at, at + bin);
            bins.add(latencies);
            most = Math.max(most, latencies.length);
        }
        System.out.println("    ms   commands/s   p50 ms   max ms");
        for (int i = 0; i < bins.size(); i++) {
            double[] latencies = bins.get(i);
            long at = from + i * bin;
            System.out.printf(
                    Locale.ROOT,
                    "%6d %,12d %8.2f %8.1f  %-" + BAR_MAX + "s%s%n",
                    i * BIN_MS,
                    latencies.length * 1_000L / BIN_MS,
                    latencies.length == 0 ? Double.NaN : latencies[latencies.length / 2],
                    latencies.length == 0 ? Double.NaN : latencies[latencies.length - 1],
                    "#".repeat(latencies.length * BAR_MAX / most),
                    mark(at, bin, killed, " upstream killed") + mark(at, bin, back, " upstream starts again"));
        }
    }

    private static String mark(long at, long bin, long moment, String text) {
        return moment >= at && moment < at + bin ? text : "";
    }
}
