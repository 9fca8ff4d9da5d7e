package io.holdfast.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * What the warm copy costs while nothing is wrong: {@code bench/run MirrorCost [--starts N] [--rounds N] [--requests N]}. SET and GET
 * go through Holdfasts that differ in {@code fallback.mirror} alone, each before a redis-server of its own, in turn and in both
 * orders alternately, round after round: at pipeline 16, with values of a kilobyte too, and one by one. All are started anew several
 * times, as the compilers make of one program a process that is faster or slower than the last by a twentieth for all its life.
 * Prints Markdown: commands a second, and the processor time of Holdfast and of its upstream a command, which other programs on the
 * machine disturb less.
 */
public final class MirrorCost {
    /** Many, as single starts differ by more than the goal leaves. */
    private static final int STARTS = 8;
    /** After each start. Many short ones rather than a few: others on the machine slow down one of two runs that follow each other. */
    private static final int ROUNDS = 10;

    private static final int REQUESTS = 200_000;
    /** What is looked up of 10,000 keys a core could cache, did it not serve the other processes too; of 100,000 hardly anything. */
    private static final List<Integer> KEYS = List.of(10_000, Load.KEYS);

    private static final int CLIENTS = 50;
    private static final int PIPELINE = 16;
    /** What is asked one by one takes about so many times as long. */
    private static final int SLOWER_ONE_BY_ONE = 5;
    /**
     * Of each load at a pipeline, before any counts. Runs like those that count rather than a long one: whenever clients come and go, the compilers
     * find that they took too much for granted, and compile anew (docs/bench.md).
     */
    private static final int WARM_UPS = 15;
    /** Of a load, right before it counts: as many as bring all of its keys back, which were flushed. */
    private static final int FILLS = 5;

    /** A value of fallback.mirror, and what is pinned. */
    private enum Mode {
        OFF("off", "[]"),
        TOUCHED("touched", "[]"),
        EVERYTHING_PINNED("pinned", "[\"*\"]");

        private final String mirror;
        private final String pins;

        Mode(String mirror, String pins) {
            this.mirror = mirror;
            this.pins = pins;
        }

        @Override
        public String toString() {
            return pins.equals("[]") ? mirror : mirror + " " + pins.substring(2, pins.length() - 2);
        }
    }

    private final Path launcher;
    private final Path scratch;
    private final int starts;
    private final int rounds;
    private final int requests;

    private MirrorCost(Path launcher, Path scratch, int starts, int rounds, int requests) {
        this.launcher = launcher;
        this.scratch = scratch;
        this.starts = starts;
        this.rounds = rounds;
        this.requests = requests;
    }

    /**
     * One run through one Holdfast.
     *
     * @param holdfastMicros of processor time a command
     * @param upstreamMicros likewise
     */
    private record Run(double perSecond, double holdfastMicros, double upstreamMicros) {}

    /** A Holdfast and the Redis behind it. */
    private final class Pair implements AutoCloseable {
        private final Mode mode;
        private final Contestant redis;
        private final Contestant holdfast;

        Pair(Mode mode) throws IOException {
            this.mode = mode;
            redis = Contestant.redis("redis of " + mode, scratch);
            try {
                String configuration =
                        "{\"fallback\": {\"mirror\": \"" + mode.mirror + "\", \"mirror_pin\": " + mode.pins + "}}\n";
                holdfast = Contestant.holdfastBy(
                                configuration,
                                mode.toString(),
                                Files.createTempDirectory(scratch, "holdfast"),
                                launcher,
                                "--upstream",
                                "redis://127.0.0.1:" + redis.port())
                        .await("holdfast", "mode:online");
            } catch (IOException | RuntimeException e) {
                redis.close();
                throw e;
            }
        }

        Run run(Load load) throws IOException {
            double holdfastBefore = holdfast.processorSeconds();
            double upstreamBefore = redis.processorSeconds();
            double perSecond = load.run(holdfast.port()).perSecond();
            var run = new Run(
                    perSecond,
                    (holdfast.processorSeconds() - holdfastBefore) * 1e6 / load.requests(),
                    (redis.processorSeconds() - upstreamBefore) * 1e6 / load.requests());
            System.err.printf(
                    Locale.ROOT,
                    "%s, -P %d, %,d keys, %s: %,.0f/s, %.2f µs, upstream %.2f µs%n",
                    load.test(),
                    load.pipeline(),
                    load.keys(),
                    mode,
                    run.perSecond(),
                    run.holdfastMicros(),
                    run.upstreamMicros());
            return run;
        }

        void flush() throws IOException {
            Asking.ask(holdfast.port(), "FLUSHALL");
        }

        @Override
        public void close() {
            holdfast.close();
            redis.close();
        }
    }

    public static void main(String[] args) throws IOException, InterruptedException {
        Driver.named("MirrorCost")
                .with("starts", STARTS)
                .with("rounds", ROUNDS)
                .with("requests", REQUESTS)
                .run(
                        args,
                        (options, launcher, scratch) -> new MirrorCost(
                                        launcher,
                                        scratch,
                                        options.number("starts"),
                                        options.number("rounds"),
                                        options.number("requests"))
                                .run());
    }

    private void run() throws IOException {
        System.out.printf(
                Locale.ROOT,
                "%,d commands a run, a fifth of that one by one, -c %d; %d starts of %d rounds, medians; a ratio is to `off`, round by round%n%n",
                requests,
                CLIENTS,
                starts,
                rounds);
        System.out.println(
                "| | keys | `fallback.mirror` | commands/s | ratio | half of the rounds | CPU µs a command | ratio | upstream's CPU µs | ratio |");
        System.out.println("|---|--:|---|--:|--:|---|--:|--:|--:|--:|");
        List<Load> atOnce = new ArrayList<>();
        for (int keys : KEYS) {
            atOnce.add(new Load("set", CLIENTS, PIPELINE, requests, keys));
            atOnce.add(new Load("get", CLIENTS, PIPELINE, requests, keys));
        }
        List<Load> all = new ArrayList<>(atOnce);
        all.add(new Load("set", CLIENTS, 1, requests / SLOWER_ONE_BY_ONE));
        all.add(new Load("get", CLIENTS, 1, requests / SLOWER_ONE_BY_ONE));
        all.add(new Load("set_1k", CLIENTS, PIPELINE, requests));
        compareToOff(Mode.TOUCHED, all);
        compareToOff(Mode.EVERYTHING_PINNED, atOnce);
    }

    /** One mode at a time: what is pinned is read again behind each run, which would count against another's. */
    private void compareToOff(Mode mode, List<Load> loads) throws IOException {
        List<Comparison> comparisons = loads.stream().map(Comparison::new).toList();
        for (int start = 0; start < starts; start++) {
            try (var off = new Pair(Mode.OFF);
                    var other = new Pair(mode)) {
                for (Comparison comparison : comparisons) {
                    if (comparison.load.pipeline() > 1) { // one by one takes the same ways, but long
                        comparison.warmUp(off, other, WARM_UPS);
                    }
                }
                off.flush(); // or the 10,000 keys would stand among 100,000
                other.flush();
                for (Comparison comparison : comparisons) {
                    comparison.warmUp(off, other, FILLS);
                    comparison.run(off, other);
                }
            }
        }
        comparisons.forEach(comparison -> {
            comparison.print(Mode.OFF, comparison.off);
            comparison.print(mode, comparison.other);
        });
    }

    /** What one load was worth through Holdfasts without a copy and with one, round by round over all starts. */
    private final class Comparison {
        private final Load load;
        private final List<Run> off = new ArrayList<>();
        private final List<Run> other = new ArrayList<>();

        Comparison(Load load) {
            this.load = load;
        }

        void warmUp(Pair without, Pair with, int runs) throws IOException {
            for (int run = 0; run < runs; run++) {
                without.run(load);
                with.run(load);
            }
        }

        void run(Pair without, Pair with) throws IOException {
            Contestant.awaitRest(List.of(without.holdfast, without.redis, with.holdfast, with.redis));
            for (int round = 0; round < rounds; round++) {
                if (round % 2 == 0) {
                    off.add(without.run(load));
                    other.add(with.run(load));
                } else {
                    other.add(with.run(load));
                    off.add(without.run(load));
                }
            }
        }

        void print(Mode mode, List<Run> runs) {
            List<Double> each = ratios(off, runs, Run::perSecond);
            System.out.printf(
                    Locale.ROOT,
                    "| %s, -P %d | %,d | `%s` | %,.0f | **%.2f** | %.2f to %.2f | %.2f | %.2f | %.2f | %.2f |%n",
                    load.test().toUpperCase(Locale.ROOT),
                    load.pipeline(),
                    load.keys(),
                    mode,
                    median(runs, Run::perSecond),
                    Results.median(each),
                    Results.quantile(each, 0.25),
                    Results.quantile(each, 0.75),
                    median(runs, Run::holdfastMicros),
                    Results.median(ratios(off, runs, Run::holdfastMicros)),
                    median(runs, Run::upstreamMicros),
                    Results.median(ratios(off, runs, Run::upstreamMicros)));
        }
    }

    private static List<Double> ratios(List<Run> to, List<Run> of, ToDoubleFunction<Run> figure) {
        List<Double> ratios = new ArrayList<>();
        for (int i = 0; i < to.size(); i++) {
            ratios.add(figure.applyAsDouble(of.get(i)) / figure.applyAsDouble(to.get(i)));
        }
        return ratios;
    }

    private static double median(List<Run> runs, ToDoubleFunction<Run> figure) {
        return Results.median(runs.stream().map(figure::applyAsDouble).toList());
    }
}
