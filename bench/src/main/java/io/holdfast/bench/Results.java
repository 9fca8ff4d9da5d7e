package io.holdfast.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What was measured, by load and contestant; medians of it as Markdown. */
final class Results {
    /** @param claim what is compared, in words */
    record Pair(String claim, String ours, String theirs) {}

    private record Cell(Load load, String contestant) {}

    private final Map<Cell, List<Double>> rates = new HashMap<>();

    void add(Load load, Contestant contestant, double rate) {
        add(load, contestant.name(), rate);
    }

    void add(Load load, String contestant, double rate) {
        rates.computeIfAbsent(new Cell(load, contestant), unused -> new ArrayList<>())
                .add(rate);
    }

    /** NaN when nothing was measured. */
    double median(Load load, String contestant) {
        return median(rates.getOrDefault(new Cell(load, contestant), List.of()));
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

    /** A row a test, a column a way of sending: ours divided by theirs, and both in thousands a second. */
    String table(Pair pair, List<String> tests, List<Load> shapes) {
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
                text.append(" ").append(cell(pair, shape.withTest(test))).append(" |");
            }
            text.append("\n");
        }
        return text.toString();
    }

    private String cell(Pair pair, Load load) {
        double ours = median(load, pair.ours());
        double theirs = median(load, pair.theirs());
        return String.format(Locale.ROOT, "**%.2f** (%.1f / %.1f)", ours / theirs, ours / 1000, theirs / 1000);
    }
}
