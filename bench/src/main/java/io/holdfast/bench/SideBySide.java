package io.holdfast.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Holdfast beside redis-server, by redis-benchmark, in one run: {@code bench/run SideBySide [--quick] [--rounds N]
 * [--tests get,set]}. Each load runs against all servers in turn, in both orders alternately, round after round, so that
 * a machine that slows down slows all of them. Prints Markdown: ratios of medians, and how long a start takes.
 */
public final class SideBySide {
    private static final List<String> TESTS =
            List.of("get", "set", "incr", "hset", "sadd", "zadd", "lpush", "lrange_100", Load.ZRANGE_100);
    private static final int STARTS = 5;
    /** Of the busiest shape; a JVM's compilers are done with what it carries out after about so many (docs/bench.md). */
    private static final int WARM_UP_REQUESTS = 2_000_000;
    /** The place among the shapes of one client that waits for each reply. */
    private static final int ONE_BY_ONE = 2;

    private static final String PLAIN = "redis-server";
    private static final String EVERYSEC = "redis-server, AOF everysec";
    private static final String ALWAYS = "redis-server, AOF always";
    private static final String OURS_EVERYSEC = "Holdfast standalone, everysec";
    private static final String OURS_ALWAYS = "Holdfast standalone, always";
    private static final String OURS_ONLINE = "Holdfast online";

    private static final List<Results.Pair> PAIRS = List.of(
            new Results.Pair("Standalone, everysec / redis-server, AOF everysec", OURS_EVERYSEC, EVERYSEC),
            new Results.Pair("Standalone, always / redis-server, AOF always", OURS_ALWAYS, ALWAYS),
            new Results.Pair("Standalone, everysec / redis-server without persistence", OURS_EVERYSEC, PLAIN),
            new Results.Pair("Online / the same redis-server asked directly", OURS_ONLINE, PLAIN));

    private final Path home;
    private final Path scratch;
    private final int rounds;
    private final List<String> tests;
    private final List<Load> shapes;
    private final List<Load> warmUps;
    private final Results results = new Results();

    private SideBySide(Path home, Path scratch, int rounds, List<String> tests, boolean quick) {
        this.home = home;
        this.scratch = scratch;
        this.rounds = rounds;
        this.tests = tests;
        int share = quick ? 4 : 1;
        shapes = List.of(
                new Load("", 50, 1, 100_000 / share),
                new Load("", 50, 16, 400_000 / share),
                new Load("", 1, 1, 20_000 / share),
                new Load("", 1, 16, 200_000 / share));
        warmUps = List.of(
                new Load("", 50, 16, WARM_UP_REQUESTS / share),
                new Load("", 50, 1, 50_000 / share),
                new Load("", 1, 1, 10_000 / share),
                new Load("", 1, 16, 100_000 / share));
    }

    public static void main(String[] args) throws IOException {
        boolean quick = false;
        int rounds = 0;
        List<String> tests = TESTS;
        for (int i = 0; i < args.length; i++) {
            switch (args[i]) {
                case "--quick" -> quick = true;
                case "--rounds" -> rounds = Integer.parseInt(args[++i]);
                case "--tests" -> tests = List.of(args[++i].split(",", -1));
                default -> {
                    System.err.println("usage: bench/run SideBySide [--quick] [--rounds N] [--tests get,set]");
                    System.exit(1);
                }
            }
        }
        if (rounds == 0) {
            rounds = quick ? 1 : 5;
        }
        Path scratch = Files.createTempDirectory("holdfast-bench");
        try {
            new SideBySide(Driver.home(), scratch, rounds, tests, quick).run();
        } finally {
            Driver.deleteAll(scratch);
        }
    }

    private void run() throws IOException {
        System.out.println(facts());
        System.out.println(starts());
        List<Contestant> contestants = new ArrayList<>();
        try {
            enter(contestants);
            warmUp(contestants);
            for (Load shape : shapes) {
                for (String test : tests) {
                    measure(contestants, shape.withTest(test));
                }
            }
        } finally {
            contestants.forEach(Contestant::close);
        }
        PAIRS.forEach(pair -> System.out.println(results.table(pair, tests, shapes)));
        PAIRS.forEach(pair -> System.out.println(results.latencies(pair, tests, shapes.get(ONE_BY_ONE))));
    }

    private void enter(List<Contestant> contestants) throws IOException {
        Path launcher = home.resolve("holdfast");
        Contestant upstream = Contestant.redis(PLAIN, scratch, "--appendonly", "no");
        contestants.add(upstream);
        contestants.add(Contestant.redis(EVERYSEC, scratch, "--appendonly", "yes", "--appendfsync", "everysec"));
        contestants.add(Contestant.redis(ALWAYS, scratch, "--appendonly", "yes", "--appendfsync", "always"));
        contestants.add(Contestant.holdfast(OURS_EVERYSEC, scratch, launcher, "everysec", "--standalone"));
        contestants.add(Contestant.holdfast(OURS_ALWAYS, scratch, launcher, "always", "--standalone"));
        contestants.add(Contestant.holdfast(
                        OURS_ONLINE,
                        scratch,
                        launcher,
                        "everysec",
                        "--upstream",
                        "redis://127.0.0.1:" + upstream.port())
                .await("holdfast", "mode:online"));
    }

    /** Compilers have their say before anything counts. */
    private void warmUp(List<Contestant> contestants) throws IOException {
        for (Load warmUp : warmUps) {
            for (String test : tests) {
                Load load = warmUp.withTest(test);
                for (Contestant contestant : contestants) {
                    System.err.printf("warming up: %s, %s%n", contestant.name(), test);
                    load.prepare(contestant.port());
                    load.run(contestant.port());
                }
            }
        }
    }

    private void measure(List<Contestant> contestants, Load load) throws IOException {
        List<Contestant> order = new ArrayList<>(contestants);
        for (Contestant contestant : order) {
            prepare(contestant, load);
        }
        for (int round = 1; round <= rounds; round++) {
            for (Contestant contestant : order) {
                Contestant.awaitRest(contestants);
                results.addAloud(load, contestant.name(), load.run(contestant.port()), round, rounds);
            }
            Collections.reverse(order);
        }
    }

    /** All begin with the same keys: none but those that the test reads. */
    private static void prepare(Contestant contestant, Load load) throws IOException {
        Asking.ask(contestant.port(), "FLUSHALL");
        load.prepare(contestant.port());
    }

    private String starts() throws IOException {
        List<Double> ours = new ArrayList<>();
        List<Double> theirs = new ArrayList<>();
        Path launcher = home.resolve("holdfast");
        Contestant.holdfast("first start", scratch, launcher, "everysec", "--standalone")
                .close();
        for (int i = 0; i < STARTS; i++) {
            try (Contestant one = Contestant.holdfast("start", scratch, launcher, "everysec", "--standalone")) {
                ours.add(one.secondsToPong());
            }
            try (Contestant one = Contestant.redis("start", scratch, "--appendonly", "yes")) {
                theirs.add(one.secondsToPong());
            }
        }
        return String.format(
                Locale.ROOT,
                "Start to first PONG, median of %d: Holdfast %.2f s, redis-server %.2f s.%n",
                STARTS,
                Results.median(ours),
                Results.median(theirs));
    }

    private String facts() throws IOException {
        return String.format(
                Locale.ROOT,
                "%d cores (%s), %s %s, Java %s, %s; %d rounds, medians; load before: %s.%n",
                Runtime.getRuntime().availableProcessors(),
                processor(),
                System.getProperty("os.name"),
                System.getProperty("os.version"),
                System.getProperty("java.runtime.version"),
                redisVersion(),
                rounds,
                firstWord(Path.of("/proc/loadavg")));
    }

    private static String processor() throws IOException {
        Path file = Path.of("/proc/cpuinfo");
        if (!Files.isReadable(file)) {
            return System.getProperty("os.arch");
        }
        try (Stream<String> lines = Files.lines(file)) {
            return lines.filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).trim())
                    .findFirst()
                    .orElse(System.getProperty("os.arch"));
        }
    }

    private static String redisVersion() throws IOException {
        Process process = new ProcessBuilder("redis-server", "--version").start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int from = said.indexOf("v=");
        return from < 0
                ? "redis-server"
                : "redis-server " + said.substring(from + 2).split(" ", 2)[0];
    }

    private static String firstWord(Path file) throws IOException {
        return Files.isReadable(file) ? Files.readString(file).split(" ", 2)[0] : "unknown";
    }
}
