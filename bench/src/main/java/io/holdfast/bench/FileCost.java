package io.holdfast.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * What files of a profile cost: {@code bench/run FileCost [--rounds N] [--requests N] [--agents N]}. The same writes go to a
 * Holdfast without a profile and to one with {@code agent-observability}, in turn and in both orders alternately, round after
 * round; standalone, and with an upstream that is away. Prints Markdown.
 */
public final class FileCost {
    private static final int ROUNDS = 5;
    private static final int REQUESTS = 1_000_000;
    private static final int AGENTS = 200;
    private static final int CONNECTIONS = 4;
    private static final int PIPELINE = 16;
    /** After each run, so that neither's files are written while the other is measured. */
    private static final int SETTLE_SECONDS = 4;

    private static final String PROFILE = "agent-observability";

    private final Path launcher;
    private final Path scratch;
    private final int rounds;
    private final int requests;
    private final int agents;

    private FileCost(Path launcher, Path scratch, int rounds, int requests, int agents) {
        this.launcher = launcher;
        this.scratch = scratch;
        this.rounds = rounds;
        this.requests = requests;
        this.agents = agents;
    }

    public static void main(String[] args) throws IOException {
        int rounds = ROUNDS;
        int requests = REQUESTS;
        int agents = AGENTS;
        for (int i = 0; i < args.length; i++) {
            switch (args[i]) {
                case "--rounds" -> rounds = Integer.parseInt(args[++i]);
                case "--requests" -> requests = Integer.parseInt(args[++i]);
                case "--agents" -> agents = Integer.parseInt(args[++i]);
                default -> {
                    System.err.println("usage: bench/run FileCost [--rounds N] [--requests N] [--agents N]");
                    System.exit(1);
                }
            }
        }
        Path home = Path.of(System.getProperty("holdfast.home", "")).toAbsolutePath();
        Path scratch = Files.createTempDirectory("holdfast-files");
        try {
            new FileCost(home.resolve("holdfast"), scratch, rounds, requests, agents).run();
        } finally {
            SideBySide.deleteAll(scratch);
        }
    }

    private void run() throws IOException {
        System.out.printf(
                Locale.ROOT,
                "%,d writes a run, %s; %d rounds, medians%n%n",
                requests,
                new AgentWrites(0, CONNECTIONS, PIPELINE, agents),
                rounds);
        System.out.println(
                "| | without files, writes/s | with files, writes/s | ratio of medians | ratio of each round |");
        System.out.println("|---|--:|--:|--:|---|");
        compare("standalone", "--standalone");
        compare("offline", "--upstream", "redis://127.0.0.1:" + Contestant.freePort());
    }

    private void compare(String kind, String... options) throws IOException {
        List<String> with = new ArrayList<>(List.of(options));
        with.addAll(List.of("--profiles", PROFILE));
        List<Double> plain = new ArrayList<>();
        List<Double> files = new ArrayList<>();
        List<String> ratios = new ArrayList<>();
        try (var without = Contestant.holdfast(kind, scratch, launcher, "everysec", options);
                var keeping = Contestant.holdfast(
                        kind + ", files", scratch, launcher, "everysec", with.toArray(String[]::new))) {
            for (int warm = 0; warm < 2; warm++) {
                measure(without);
                measure(keeping);
            }
            for (int round = 1; round <= rounds; round++) {
                boolean plainFirst = round % 2 == 1;
                double first = measure(plainFirst ? without : keeping);
                double second = measure(plainFirst ? keeping : without);
                plain.add(plainFirst ? first : second);
                files.add(plainFirst ? second : first);
                ratios.add(String.format(Locale.ROOT, "%.2f", files.get(round - 1) / plain.get(round - 1)));
            }
        }
        System.out.printf(
                Locale.ROOT,
                "| %s | %,.0f | %,.0f | **%.3f** | %s |%n",
                kind,
                Results.median(plain),
                Results.median(files),
                Results.median(files) / Results.median(plain),
                String.join(" ", ratios));
    }

    private double measure(Contestant contestant) throws IOException {
        double perSecond = new AgentWrites(contestant.port(), CONNECTIONS, PIPELINE, agents).run(requests);
        System.err.printf(Locale.ROOT, "%s: %,.0f/s%n", contestant.name(), perSecond);
        try {
            TimeUnit.SECONDS.sleep(SETTLE_SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
        return perSecond;
    }
}
