package io.holdfast.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.ToDoubleFunction;

/** What was measured, by load and contestant; medians of it as Markdown. */
final class Results {
    /** @param claim what is compared, in words */
    record Pair(String claim, String ours, String theirs) {}

    private record Cell(Load load, String contestant) {}

    private final Map<Cell, List<Load.Measurement>> measured = new HashMap<>();

    void add(Load load, String contestant, Load.Measurement measurement) {
        measured.computeIfAbsent(new Cell(load, contestant), unused -> new ArrayList<>())
                .add(measurement);
    }

    /** As {@link #add}, and says on standard error what it was. */
    void addAloud(Load load, String contestant, Load.Measurement measurement, int round, int rounds) {
        add(load, contestant, measurement);
        System.err.printf(
                Locale.ROOT,
                "%s -c %d -P %d, round %d of %d: %9.0f/s, p50 %.3f ms  %s%n",
                load.test(),
                load.clients(),
                load.pipeline(),
                round,
                rounds,
                measurement.perSecond(),
                measurement.medianMs(),
                contestant);
    }

    /** NaN when nothing was measured. */
    double median(Load load, String contestant, ToDoubleFunction<Load.Measurement> what) {
        return median(measured.getOrDefault(new Cell(load, contestant), List.of()).stream()
                .map(what::applyAsDouble)
                .toList());
    }

    static double median(List<Double> values) {
        double[] sorted = values.stream().mapToDouble(Double::doubleValue).toArray();
        Arrays.sort(sorted);
        int half = sorted.length / 2;
        if (sorted.length == 0) {
            return Double.NaN;
        }
        return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }

    /** The value below which this share of {@code values} lies: the nearest of them. */
    static double quantile(List<Double> values, double share) {
        double[] sorted =
                values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        return sorted.length == 0 ? Double.NaN : sorted[(int) Math.round(share * (sorted.length - 1))];
    }

    /** A row a test, a column a way of sending: ours divided by theirs, and both in thousands a second. */
    String table(Pair pair, List<String> tests, List<Load> shapes) {
        return table(pair, tests, shapes, Load::withTest);
    }

    /** @param load of a shape and a test */
    String table(Pair pair, List<String> tests, List<Load> shapes, BiFunction<Load, String, Load> load) {
        var text = new StringBuilder("### " + pair.claim() + "\n\n| |");
        shapes.forEach(shape -> text.append(" -c ")
                .append(shape.clients())
                .append(" -P ")
                .append(shape.pipeline())
                .append(" |"));
        text.append("\n|---|").append("--:|".repeat(shapes.size())).append("\n");
        for (String test : tests) {
            text.append("| ").append(test.toUpperCase(Locale.ROOT)).append(" |");
            for (Load shape : shapes) {
                text.append(" ").append(cell(pair, load.apply(shape, test))).append(" |");
            }
            text.append("\n");
        }
        return text.toString();
    }

    private String cell(Pair pair, Load load) {
        double ours = median(load, pair.ours(), Load.Measurement::perSecond);
        double theirs = median(load, pair.theirs(), Load.Measurement::perSecond);
        return String.format(Locale.ROOT, "**%.2f** (%.1f / %.1f)", ours / theirs, ours / 1000, theirs / 1000);
    }

    /** A row a test: the median latency of both as one client sees it, in microseconds, and what ours adds. */
    String latencies(Pair pair, List<String> tests, Load shape) {
        return latencies(pair, tests, shape, Load::withTest);
    }

    /** @param loads of a shape and a test */
    String latencies(Pair pair, List<String> tests, Load shape, BiFunction<Load, String, Load> loads) {
        var text = new StringBuilder("### " + pair.claim() + ": median latency, µs, -c " + shape.clients() + " -P "
                + shape.pipeline() + "\n\n| | " + pair.ours() + " | " + pair.theirs()
                + " | added |\n|---|--:|--:|--:|\n");
        for (String test : tests) {
            Load load = loads.apply(shape, test);
            double ours = 1000 * median(load, pair.ours(), Load.Measurement::medianMs);
            double theirs = 1000 * median(load, pair.theirs(), Load.Measurement::medianMs);
            text.append(String.format(
                    Locale.ROOT,
                    "| %s | %.0f | %.0f | **%.0f** |\n",
                    test.toUpperCase(Locale.ROOT),
                    ours,
                    theirs,
                    ours - theirs));
        }
        return text.toString();
    }
}
