package io.holdfast.bench;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Holdfast beside other proxies before one redis-server: {@code bench/run Proxies [--rounds N] [--requests N]}. nutcracker and
 * HAProxy (TCP mode) take part where they are installed (Debian: {@code nutcracker}, {@code haproxy}). Each load runs against
 * all in turn, in both orders alternately, round after round. Prints Markdown: ratios of medians, the latency of one client,
 * and the processor time of each and of the redis-server a command.
 */
public final class Proxies {
    private static final List<String> TESTS = List.of("get", "set", "lrange_100", "get_1k", "set_1k");
    private static final int ROUNDS = 5;
    private static final int REQUESTS = 400_000;
    /** Of each test before anything counts; Holdfast's compilers are done with it by then (docs/bench.md). */
    private static final int WARM_UP_REQUESTS = 2_000_000;

    private static final int LONG_REPLIES_SHARE = 4; // a reply of LRANGE_100 takes as long as some of GET

    private static final String DIRECT = "redis-server";
    private static final String HOLDFAST = "Holdfast";
    private static final String NUTCRACKER = "nutcracker";
    private static final String HAPROXY = "HAProxy";

    private final Path launcher;
    private final Path scratch;
    private final int rounds;
    private final List<Load> shapes;
    private final Results results = new Results();
    private final List<Cost> costs = new ArrayList<>();

    /** What one run took of processors: microseconds a command. */
    private record Cost(Load load, String contestant, double own, double upstream) {}

    private Proxies(Path launcher, Path scratch, int rounds, int requests) {
        this.launcher = launcher;
        this.scratch = scratch;
        this.rounds = rounds;
        shapes = List.of(
                new Load("", 50, 1, requests / 4), new Load("", 50, 16, requests), new Load("", 1, 1, requests / 20));
    }

    public static void main(String[] args) throws IOException, InterruptedException {
        Driver.named("Proxies")
                .with("rounds", ROUNDS)
                .with("requests", REQUESTS)
                .run(
                        args,
                        (options, launcher, scratch) -> new Proxies(
                                        launcher, scratch, options.number("rounds"), options.number("requests"))
                                .run());
    }

    private void run() throws IOException {
        List<Contestant> contestants = new ArrayList<>();
        try {
            Contestant redis = Contestant.redis(DIRECT, scratch);
            contestants.add(redis);
            enter(contestants, redis.port());
            for (String test : TESTS) {
                warmUp(contestants, fitted(new Load("", 50, 16, WARM_UP_REQUESTS), test));
            }
            for (Load shape : shapes) {
                for (String test : TESTS) {
                    measure(contestants, fitted(shape, test));
                }
            }
        } finally {
            contestants.forEach(Contestant::close);
        }
        print(contestants.stream().map(Contestant::name).toList());
    }

    private static void warmUp(List<Contestant> contestants, Load load) throws IOException {
        System.err.println("warming up: " + load.test());
        load.prepare(contestants.get(0).port());
        for (Contestant contestant : contestants) {
            load.run(contestant.port());
        }
    }

    private static Load fitted(Load shape, String test) {
        Load load = shape.withTest(test);
        return test.startsWith("lrange") ? load.withRequests(load.requests() / LONG_REPLIES_SHARE) : load;
    }

    private void enter(List<Contestant> contestants, int upstream) throws IOException {
        String address = "127.0.0.1:" + upstream;
        contestants.add(Contestant.holdfast(HOLDFAST, scratch, launcher, "everysec", "--upstream", "redis://" + address)
                .await("holdfast", "mode:online"));
        Path nutcracker = installed("nutcracker");
        if (nutcracker != null) {
            contestants.add(nutcracker(nutcracker, address));
        }
        Path haproxy = installed("haproxy");
        if (haproxy != null) {
            contestants.add(haproxy(haproxy, address));
        }
    }

    /** Debian puts servers where the path of most users does not lead. */
    private static @Nullable Path installed(String program) {
        String path = System.getenv().getOrDefault("PATH", "") + File.pathSeparator + "/usr/sbin";
        Path found = Stream.of(path.split(File.pathSeparator, -1))
                .map(directory -> Path.of(directory).resolve(program))
                .filter(Files::isExecutable)
                .findFirst()
                .orElse(null);
        if (found == null) {
            System.err.println(program + " is not installed, and left out");
        }
        return found;
    }

    private Contestant nutcracker(Path program, String upstream) throws IOException {
        Path directory = Files.createTempDirectory(scratch, "nutcracker");
        int port = Contestant.freePort();
        Path configuration = directory.resolve("nutcracker.yml");
        Files.writeString(configuration, String.format("""
                pool:
                  listen: 127.0.0.1:%d
                  redis: true
                  preconnect: true
                  servers:
                    - %s:1
                """, port, upstream));
        return Contestant.other(
                NUTCRACKER,
                port,
                directory,
                List.of(
                        program.toString(),
                        "-c",
                        configuration.toString(),
                        "-a",
                        "127.0.0.1",
                        "-s",
                        Integer.toString(Contestant.freePort())));
    }

    private Contestant haproxy(Path program, String upstream) throws IOException {
        Path directory = Files.createTempDirectory(scratch, "haproxy");
        int port = Contestant.freePort();
        Path configuration = directory.resolve("haproxy.cfg");
        Files.writeString(configuration, String.format("""
                defaults
                  mode tcp
                  timeout connect 5s
                  timeout client 60s
                  timeout server 60s
                listen redis
                  bind 127.0.0.1:%d
                  server upstream %s
                """, port, upstream));
        return Contestant.other(
                HAPROXY, port, directory, List.of(program.toString(), "-db", "-f", configuration.toString()));
    }

    /** The first round does not count: it finds caches that another load has filled. */
    private void measure(List<Contestant> contestants, Load load) throws IOException {
        Contestant redis = contestants.get(0);
        Asking.ask(redis.port(), "FLUSHALL");
        load.prepare(redis.port());
        List<Contestant> order = new ArrayList<>(contestants);
        for (int round = 0; round <= rounds; round++) {
            for (Contestant contestant : order) {
                double own = contestant.processorSeconds();
                double upstream = redis.processorSeconds();
                Load.Measurement measurement = load.run(contestant.port());
                own = contestant.processorSeconds() - own;
                upstream = redis.processorSeconds() - upstream;
                if (round > 0) {
                    results.addAloud(load, contestant.name(), measurement, round, rounds);
                    costs.add(new Cost(
                            load, contestant.name(), own * 1e6 / load.requests(), upstream * 1e6 / load.requests()));
                }
            }
            Collections.reverse(order);
        }
    }

    private void print(List<String> names) {
        List<Results.Pair> pairs = new ArrayList<>();
        names.stream()
                .filter(name -> !name.equals(DIRECT))
                .forEach(name -> pairs.add(new Results.Pair(name + " / redis-server asked directly", name, DIRECT)));
        names.stream()
                .filter(name -> !name.equals(DIRECT) && !name.equals(HOLDFAST))
                .forEach(name -> pairs.add(new Results.Pair("Holdfast / " + name, HOLDFAST, name)));
        for (Results.Pair pair : pairs) {
            System.out.println(results.table(pair, TESTS, shapes, Proxies::fitted));
        }
        for (Results.Pair pair : pairs) {
            if (pair.theirs().equals(DIRECT)) {
                System.out.println(results.latencies(pair, TESTS, shapes.get(shapes.size() - 1), Proxies::fitted));
            }
        }
        System.out.println(processorTime(names));
    }

    /** A row a test and shape, a column a contestant: its own time and, behind the plus, the redis-server's. */
    private String processorTime(List<String> names) {
        var text = new StringBuilder("### Processor time a command, µs: the proxy's + redis-server's\n\n| |");
        names.forEach(name -> text.append(" ").append(name).append(" |"));
        text.append("\n|---|").append("--:|".repeat(names.size())).append("\n");
        for (Load shape : shapes) {
            for (String test : TESTS) {
                Load load = fitted(shape, test);
                text.append(String.format(
                        Locale.ROOT,
                        "| %s -c %d -P %d |",
                        test.toUpperCase(Locale.ROOT),
                        shape.clients(),
                        shape.pipeline()));
                names.forEach(name -> text.append(" ").append(cost(load, name)).append(" |"));
                text.append("\n");
            }
        }
        return text.toString();
    }

    private String cost(Load load, String name) {
        List<Cost> of = costs.stream()
                .filter(cost -> cost.load().equals(load) && cost.contestant().equals(name))
                .toList();
        double own = Results.median(of.stream().map(Cost::own).toList());
        double upstream = Results.median(of.stream().map(Cost::upstream).toList());
        return name.equals(DIRECT)
                ? String.format(Locale.ROOT, "%.2f", upstream)
                : String.format(Locale.ROOT, "%.2f + %.2f", own, upstream);
    }
}
