package io.holdfast.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How long what was written in an outage takes to be upstream again: {@code bench/run Drain [--entries N] [--keys N] [--rounds
 * N]}. Each round replays the same writes without and with {@code sync.compaction}, into keys that nobody had touched before, and
 * into keys that were known and so have to be compared first, with each kind of upstream in turn. Prints Markdown.
 */
public final class Drain {
    private static final int ENTRIES = 1_000_000;
    private static final int KEYS = 10_000;
    private static final int ROUNDS = 2;
    private static final long DRAIN_SECONDS_MAX = 600;
    private static final int LOOK_MS = 10;

    private static final Pattern LAG = Pattern.compile("journal_pending:(\\d+)");

    /** A kind of upstream. */
    private record Kind(String name, List<String> options) {}

    private static final List<Kind> KINDS = List.of(
            new Kind("no persistence", List.of()),
            new Kind("AOF everysec", List.of("--appendonly", "yes", "--appendfsync", "everysec")),
            new Kind("AOF always", List.of("--appendonly", "yes", "--appendfsync", "always")));

    private final Path launcher;
    private final Path scratch;
    private final int entries;
    private final int keys;

    private Drain(Path launcher, Path scratch, int entries, int keys) {
        this.launcher = launcher;
        this.scratch = scratch;
        this.entries = entries;
        this.keys = keys;
    }

    public static void main(String[] args) throws IOException, InterruptedException {
        Driver.named("Drain")
                .with("entries", ENTRIES)
                .with("keys", KEYS)
                .with("rounds", ROUNDS)
                .run(
                        args,
                        (options, launcher, scratch) -> new Drain(
                                        launcher, scratch, options.number("entries"), options.number("keys"))
                                .run(options.number("rounds")));
    }

    private void run(int rounds) throws IOException {
        System.out.printf(
                Locale.ROOT, "%,d writes to %,d keys: INCR, HSET, SADD, ZADD, RPUSH, SET in turn%n%n", entries, keys);
        System.out.println(
                "| upstream | compaction | unknown keys, entries/s | commands upstream | its CPU, s | known keys, entries/s | commands upstream | its CPU, s |");
        System.out.println("|---|---|--:|--:|--:|--:|--:|--:|");
        for (Kind kind : KINDS) {
            for (int round = 0; round < rounds; round++) {
                for (String compaction : List.of("off", "on")) {
                    System.out.printf(
                            Locale.ROOT,
                            "| %s | %s |%s%s%n",
                            kind.name(),
                            compaction,
                            cells(drain(kind, false, compaction)),
                            cells(drain(kind, true, compaction)));
                }
            }
        }
    }

    /**
     * What a drain took.
     *
     * @param commands that the upstream executed meanwhile, MULTI and EXEC included
     * @param cpuSeconds that it needed for them
     */
    private record Took(double seconds, long commands, double cpuSeconds) {}

    private String cells(Took took) {
        return String.format(
                Locale.ROOT, " %,.0f | %,d | %.2f |", entries / took.seconds(), took.commands(), took.cpuSeconds());
    }

    /** From the order to go back until the upstream has everything. */
    private Took drain(Kind kind, boolean areKnown, String compaction) throws IOException {
        try (var redis =
                        Contestant.redis("redis-server", scratch, kind.options().toArray(String[]::new));
                var ours = Contestant.holdfastBy(
                        configuration(compaction),
                        "Holdfast",
                        Files.createTempDirectory(scratch, "holdfast"),
                        launcher,
                        "--upstream",
                        "redis://127.0.0.1:" + redis.port())) {
            ours.await("holdfast", "mode:online");
            if (areKnown) {
                write(ours.port(), keys);
            }
            Asking.ask(ours.port(), "HOLDFAST OFFLINE");
            ours.await("holdfast", "mode:offline");
            write(ours.port(), entries);
            Matcher pending = LAG.matcher(Asking.ask(ours.port(), "INFO holdfast"));
            if (!pending.find() || Long.parseLong(pending.group(1)) < entries) {
                throw new IOException("not every write waits for the upstream");
            }
            String before = Asking.ask(redis.port(), "INFO all");
            long began = System.nanoTime();
            Asking.ask(ours.port(), "HOLDFAST ONLINE");
            awaitOnline(ours.port(), began);
            double seconds = (System.nanoTime() - began) / 1e9;
            if (!Asking.ask(ours.port(), "INFO holdfast").contains("conflicts:0")) {
                throw new IOException("conflicts, although nobody else was there");
            }
            String behind = Asking.ask(redis.port(), "INFO all");
            return new Took(
                    seconds,
                    (long) (figure(behind, "total_commands_processed") - figure(before, "total_commands_processed")),
                    cpu(behind) - cpu(before));
        }
    }

    private static String configuration(String compaction) {
        return "{\"server\": {\"appendfsync\": \"everysec\"}, \"sync\": {\"compaction\": \"" + compaction + "\"}}\n";
    }

    private static double cpu(String info) throws IOException {
        return figure(info, "used_cpu_user") + figure(info, "used_cpu_sys");
    }

    private static double figure(String info, String name) throws IOException {
        return info.lines()
                .filter(line -> line.startsWith(name + ":"))
                .mapToDouble(line ->
                        Double.parseDouble(line.substring(name.length() + 1).trim()))
                .findFirst()
                .orElseThrow(() -> new IOException("no " + name + " in INFO"));
    }

    private static void awaitOnline(int port, long beganNanos) throws IOException {
        while (!Asking.ask(port, "INFO holdfast").contains("mode:online")) {
            if ((System.nanoTime() - beganNanos) / 1e9 > DRAIN_SECONDS_MAX) {
                throw new IOException("not drained within " + DRAIN_SECONDS_MAX + " s");
            }
            // Who asks all the time is a client that is served here, beside whom a replay takes small steps.
            Pause.ofMs(LOOK_MS);
        }
    }

    private void write(int port, int count) throws IOException {
        Pipelined.write(port, count, number -> line(number, number % keys));
    }

    /** A write as the workload has them, of the type that {@code key} has. */
    static String line(int number, int key) {
        String line = switch (key % 6) {
            case 0 -> "INCR agent:count:%d";
            case 1 -> "HSET agent:active:%d status running updated " + number;
            case 2 -> "SADD tool:agents:%d agent-" + number;
            case 3 -> "ZADD agents:timeline:%d " + number + " agent-" + number % 50;
            case 4 -> "RPUSH agent:history:%d entry-" + number;
            default -> "SET terminal:status:%d active-" + number;
        };
        return String.format(Locale.ROOT, line, key);
    }
}
