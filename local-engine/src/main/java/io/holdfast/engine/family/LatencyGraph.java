package io.holdfast.engine.family;

import io.holdfast.engine.command.Latencies;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** What LATENCY GRAPH draws of one event: a column for each second with a spike, the newest last, its age written below. */
final class LatencyGraph {
    private static final int COLUMNS_MAX = 80;
    private static final int ROWS = 4;

    /** The top of a column, at the third of a row where it ends. */
    private static final String TOPS = "_o#";

    private static final char BELOW_THE_TOP = '|';

    private final List<Latencies.Sample> samples;
    private final long low;
    private final long high;
    private final long nowSeconds;
    private final StringBuilder drawing = new StringBuilder();

    private LatencyGraph(List<Latencies.Sample> samples, long nowSeconds) {
        this.samples = samples;
        this.nowSeconds = nowSeconds;
        low = samples.stream().mapToLong(Latencies.Sample::ms).min().orElse(0);
        high = samples.stream().mapToLong(Latencies.Sample::ms).max().orElse(0);
    }

    static String of(String name, Latencies.Event event, long nowSeconds) {
        return new LatencyGraph(event.samples(), nowSeconds).draw(name, event.maxMs());
    }

    private String draw(String name, long highestEver) {
        drawing.append(name)
                .append(" - high " + high + " ms, low " + low + " ms (all time high " + highestEver + " ms)\n")
                .append("-".repeat(COLUMNS_MAX))
                .append('\n');
        for (int from = 0; from < samples.size(); from += COLUMNS_MAX) {
            if (from > 0) {
                drawing.append('\n');
            }
            draw(samples.subList(from, Math.min(from + COLUMNS_MAX, samples.size())));
        }
        return drawing.toString();
    }

    private void draw(List<Latencies.Sample> columns) {
        for (int above = ROWS - 1; above >= 0; above--) {
            for (Latencies.Sample sample : columns) {
                drawing.append(part(level(sample.ms()) - above * TOPS.length()));
            }
            drawing.append('\n');
        }
        drawing.append(" ".repeat(columns.size())).append('\n');
        List<String> ages = columns.stream()
                .map(sample -> age(nowSeconds - sample.atSeconds()))
                .toList();
        int longest = ages.stream().mapToInt(String::length).max().orElse(0);
        for (int line = 0; line < longest; line++) {
            for (String age : ages) {
                drawing.append(line < age.length() ? age.charAt(line) : ' ');
            }
            drawing.append('\n');
        }
    }

    /** How many thirds of a row a column is high, less one. */
    private int level(long ms) {
        int levels = ROWS * TOPS.length();
        return (int) Math.min(levels - 1, (ms - low) * levels / Math.max(1, high - low));
    }

    private static char part(int thirds) {
        if (thirds < 0) {
            return ' ';
        }
        return thirds < TOPS.length() ? TOPS.charAt(thirds) : BELOW_THE_TOP;
    }

    private static String age(long seconds) {
        if (seconds < TimeUnit.MINUTES.toSeconds(1)) {
            return seconds + "s";
        }
        if (seconds < TimeUnit.HOURS.toSeconds(1)) {
            return TimeUnit.SECONDS.toMinutes(seconds) + "m";
        }
        return seconds < TimeUnit.DAYS.toSeconds(1)
                ? TimeUnit.SECONDS.toHours(seconds) + "h"
                : TimeUnit.SECONDS.toDays(seconds) + "d";
    }
}
