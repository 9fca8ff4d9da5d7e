package io.holdfast.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;

/**
 * What files of a profile cost: {@code bench/run FileCost [--rounds N] [--requests N] [--agents N]}. The same writes go to a
 * Holdfast without a profile and to one with {@code agent-observability}, in turn and in both orders alternately, round after
 * round; standalone, and with an upstream that is away. Prints Markdown: writes a second, and the processor time of Holdfast a
 * write, in which what is written to files after a run is counted, too, and which other programs on the machine disturb less.
 */
public final class FileCost {
    private static final int ROUNDS = 5;
    private static final int REQUESTS = 2_000_000;
    private static final int AGENTS = 200;
    private static final int CONNECTIONS = 4;
    private static final int PIPELINE = 16;
    /** After each run, so that neither's files are written while the other is measured. */
    private static final int SETTLE_SECONDS = 4;

    private static final int WARM_UPS = 2;

    private static final String PROFILE = "agent-observability";

    private final Path launcher;
    private final Path scratch;
    private final int rounds;
    private final int requests;
    private final AgentWrites writes;

    private FileCost(Path launcher, Path scratch, int rounds, int requests, int agents) {
        this.launcher = launcher;
        this.scratch = scratch;
        this.rounds = rounds;
        this.requests = requests;
        this.writes = new AgentWrites(requests, CONNECTIONS, PIPELINE, agents);
    }

    /**
     * One run against one server.
     *
     * @param microseconds of processor time a write
     */
    private record Run(double perSecond, double microseconds) {}

    public static void main(String[] args) throws IOException, InterruptedException {
        Driver.named("FileCost")
                .with("rounds", ROUNDS)
                .with("requests", REQUESTS)
                .with("agents", AGENTS)
                .run(
                        args,
                        (options, launcher, scratch) -> new FileCost(
                                        launcher,
                                        scratch,
                                        options.number("rounds"),
                                        options.number("requests"),
                                        options.number("agents"))
                                .run());
    }

    private void run() throws IOException {
        System.out.printf(Locale.ROOT, "%s; %d rounds, medians%n%n", writes, rounds);
        System.out.println("| | without files, writes/s | with files, writes/s | ratio | of each round"
                + " | without, CPU µs a write | with, CPU µs a write | ratio | of each round |");
        System.out.println("|---|--:|--:|--:|---|--:|--:|--:|---|");
        compare("standalone", "--standalone");
        compare("offline", "--upstream", "redis://127.0.0.1:" + Contestant.freePort());
    }

    private void compare(String kind, String... options) throws IOException {
        List<String> with = new ArrayList<>(List.of(options));
        with.addAll(List.of("--profiles", PROFILE));
        List<Run> plain = new ArrayList<>();
        List<Run> files = new ArrayList<>();
        try (var without = Contestant.holdfast(kind, scratch, launcher, "everysec", options);
                var keeping = Contestant.holdfast(
                        kind + ", files", scratch, launcher, "everysec", with.toArray(String[]::new))) {
            for (int warm = 0; warm < WARM_UPS; warm++) {
                measure(without);
                measure(keeping);
            }
            for (int round = 1; round <= rounds; round++) {
                if (round % 2 == 1) {
                    plain.add(measure(without));
                    files.add(measure(keeping));
                } else {
                    files.add(measure(keeping));
                    plain.add(measure(without));
                }
            }
        }
        System.out.printf(
                Locale.ROOT,
                "| %s | %s | %s |%n",
                kind,
                columns("%,.0f", plain, files, Run::perSecond),
                columns("%.2f", plain, files, Run::microseconds));
    }

    private static String columns(String format, List<Run> plain, List<Run> files, ToDoubleFunction<Run> figure) {
        double without = median(plain, figure);
        double with = median(files, figure);
        List<String> ratios = new ArrayList<>();
        for (int i = 0; i < plain.size(); i++) {
            ratios.add(String.format(
                    Locale.ROOT, "%.2f", figure.applyAsDouble(files.get(i)) / figure.applyAsDouble(plain.get(i))));
        }
        return String.format(
                Locale.ROOT,
                format + " | " + format + " | **%.3f** | %s",
                without,
                with,
                with / without,
                String.join(" ", ratios));
    }

    private static double median(List<Run> runs, ToDoubleFunction<Run> figure) {
        return Results.median(
                runs.stream().map(run -> figure.applyAsDouble(run)).toList());
    }

    private Run measure(Contestant contestant) throws IOException {
        double before = contestant.processorSeconds();
        double perSecond = writes.run(contestant.port());
        try {
            TimeUnit.SECONDS.sleep(SETTLE_SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
        double microseconds = (contestant.processorSeconds() - before) * 1e6 / requests;
        System.err.printf(Locale.ROOT, "%s: %,.0f/s, %.2f µs%n", contestant.name(), perSecond, microseconds);
        return new Run(perSecond, microseconds);
    }
}
