package io.holdfast.engine.command;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * How long commands took: of each, how often how long; and the single ones that took longer than
 * {@code latency-monitor-threshold}. Owned by the engine loop.
 */
public final class Latencies {
    /** Samples kept of one event, as by Redis. */
    private static final int SAMPLES_MAX = 160;
    /** The first bucket ends at about a microsecond, and each is twice as wide as the one before. */
    private static final int FIRST_BUCKET_BITS = 10;

    private static final int BUCKETS = 24;
    /** Redis's histograms keep seven bits of each value: a bucket ends that much later. */
    private static final int KEPT_BITS = 7;

    /** @param ms the longest of that second */
    public record Sample(long atSeconds, long ms) {}

    /** What took long, for one reason. */
    public static final class Event {
        private final Deque<Sample> samples = new ArrayDeque<>();
        private long maxMs;

        private void add(long atSeconds, long ms) {
            maxMs = Math.max(maxMs, ms);
            Sample last = samples.peekLast();
            if (last != null && last.atSeconds() == atSeconds) {
                samples.removeLast();
                samples.addLast(new Sample(atSeconds, Math.max(ms, last.ms())));
                return;
            }
            samples.addLast(new Sample(atSeconds, ms));
            if (samples.size() > SAMPLES_MAX) {
                samples.removeFirst();
            }
        }

        /** The oldest first. */
        public List<Sample> samples() {
            return List.copyOf(samples);
        }

        public Sample latest() {
            return samples.getLast();
        }

        public long maxMs() {
            return maxMs;
        }
    }

    /** How often a command was called, and how often it took at most so long. */
    public static final class Histogram {
        private final long[] buckets = new long[BUCKETS];
        private long calls;
        private long nanos;
        private long failed;
        private long refused;

        private void add(long tookNanos, boolean hasFailed) {
            calls++;
            nanos += tookNanos;
            failed += hasFailed ? 1 : 0;
            int bucket = 0;
            while (bucket < BUCKETS - 1 && tookNanos > endNanos(bucket)) {
                bucket++;
            }
            buckets[bucket]++;
        }

        private static long endNanos(int bucket) {
            int bits = FIRST_BUCKET_BITS + bucket;
            return (1L << bits) + (1L << (bits - KEPT_BITS)) - 1;
        }

        public long calls() {
            return calls;
        }

        public long micros() {
            return TimeUnit.NANOSECONDS.toMicros(nanos);
        }

        /** How many calls were answered by an error. */
        public long failed() {
            return failed;
        }

        /** How often it was refused before it ran: these are no calls. */
        public long refused() {
            return refused;
        }

        /** So many microseconds took at most {@code percent} of the calls, as exact as the buckets are. */
        public double percentile(double percent) {
            double enough = calls * percent / 100;
            long sum = 0;
            int bucket = 0;
            for (; bucket < BUCKETS - 1; bucket++) {
                sum += buckets[bucket];
                if (sum >= enough && sum > 0) {
                    break;
                }
            }
            return endNanos(bucket) / 1e3;
        }

        /** By microseconds, how many calls took at most that long; only where there are more than before. */
        public Map<Long, Long> cumulative() {
            Map<Long, Long> cumulative = new TreeMap<>();
            long sum = 0;
            for (int i = 0; i < BUCKETS; i++) {
                sum += buckets[i];
                if (buckets[i] > 0) {
                    cumulative.put(TimeUnit.NANOSECONDS.toMicros(endNanos(i)), sum);
                }
            }
            return cumulative;
        }
    }

    private final Map<String, Event> events = new TreeMap<>();
    private final Map<CommandSpec, Histogram> histograms = new HashMap<>();
    private long thresholdMs;

    /** What takes at least this long is kept by itself; 0 keeps nothing. */
    public void thresholdMs(long ms) {
        thresholdMs = ms;
    }

    public long thresholdMs() {
        return thresholdMs;
    }

    void add(CommandSpec spec, long nowMs, long nanos, boolean failed) {
        histograms.computeIfAbsent(spec, s -> new Histogram()).add(nanos, failed);
        spent(spec.is(Flag.FAST) ? "fast-command" : "command", nowMs, nanos);
    }

    void refused(CommandSpec spec) {
        histograms.computeIfAbsent(spec, s -> new Histogram()).refused++;
    }

    /** Something took so long; it is kept as {@code event} if that is long enough. */
    public void spent(String event, long nowMs, long nanos) {
        long ms = TimeUnit.NANOSECONDS.toMillis(nanos);
        if (thresholdMs > 0 && ms >= thresholdMs) {
            events.computeIfAbsent(event, e -> new Event()).add(nowMs / 1000, ms);
        }
    }

    public Map<String, Event> events() {
        return events;
    }

    /** Forgets these events, or all; returns how many there were. */
    public int reset(Collection<String> names) {
        List<String> gone = new ArrayList<>(names.isEmpty() ? events.keySet() : names);
        int before = events.size();
        gone.forEach(events::remove);
        return before - events.size();
    }

    /** Null when the command was never asked for. */
    public @Nullable Histogram histogram(CommandSpec spec) {
        return histograms.get(spec);
    }

    /** Forgets how long commands took, as CONFIG RESETSTAT does. */
    public void clearHistograms() {
        histograms.clear();
    }
}
