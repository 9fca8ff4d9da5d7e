package io.holdfast.engine.differential;

import io.holdfast.resp.Bytes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** The latest commands of a run, so that a difference can be reported with what led to it. For one test thread. */
public final class History {
    private static final int STEPS_MAX = 20_000;
    private static final int SHOWN_MAX = 16;
    private static final int ARGUMENT_CHARS_MAX = 80;
    private static final int REPLY_CHARS_MAX = 6_000;
    /** These bring a key from another database. */
    private static final Set<String> CROSSING = Set.of("COPY", "MOVE", "SWAPDB");

    /**
     * One command.
     *
     * @param number from 1 on
     * @param db the database that was selected when it was sent
     */
    public record Step(long number, int db, List<Bytes> command) {
        public Bytes arg(int index) {
            return command.get(index);
        }

        private String name() {
            return arg(0).latin1().toUpperCase(Locale.ROOT);
        }

        private boolean touches(Set<Bytes> arguments) {
            return command.subList(1, command.size()).stream().anyMatch(arguments::contains);
        }

        @Override
        public String toString() {
            return number + " db" + db + " " + text(command);
        }
    }

    private final String run;
    private final List<Step> steps = new ArrayList<>();
    private long count;

    /** @param run what it takes to run the same commands again */
    public History(String run) {
        this.run = run;
    }

    public Step add(int db, Bytes[] command) {
        var step = new Step(++count, db, List.of(command));
        steps.add(step);
        if (steps.size() > 2 * STEPS_MAX) {
            steps.subList(0, STEPS_MAX).clear();
        }
        return step;
    }

    /** How many there have been. */
    public long count() {
        return count;
    }

    /** A failure at {@code step}, with what was done before to the same keys. */
    public AssertionError failure(Step step, String what) {
        return failure(
                step.number(),
                step.db(),
                step.command().subList(1, step.command().size()),
                what);
    }

    /** A failure found by now at {@code key}. */
    public AssertionError failure(int db, Bytes key, String what) {
        return failure(count, db, List.of(key), what);
    }

    private AssertionError failure(long last, int db, List<Bytes> arguments, String what) {
        Set<Bytes> touched = new HashSet<>(arguments);
        List<String> before = steps.stream()
                .filter(step -> step.number() <= last)
                .filter(step -> step.db() == db || CROSSING.contains(step.name()))
                .filter(step -> step.touches(touched) || step.name().equals("SWAPDB"))
                .map(Step::toString)
                .toList();
        return new AssertionError(run + ": " + what + "\n  before:" + lastOf(before));
    }

    /** The last few of {@code lines}, each on a line of its own. */
    static String lastOf(List<String> lines) {
        return lines.subList(Math.max(0, lines.size() - SHOWN_MAX), lines.size()).stream()
                .map(line -> "\n    " + line)
                .collect(Collectors.joining());
    }

    static String text(List<Bytes> command) {
        return command.stream()
                .map(argument -> argument.isEmpty() ? "\"\"" : shortened(argument.toString(), ARGUMENT_CHARS_MAX))
                .collect(Collectors.joining(" "));
    }

    static String text(byte[] wire) {
        return shortened(Bytes.wrap(wire).toString(), REPLY_CHARS_MAX);
    }

    /** The first byte in which two replies differ, which may be many: what comes long before it is left out. */
    public static int differenceOf(byte[] one, byte[] other) {
        return Math.max(0, Arrays.mismatch(one, other));
    }

    /** {@code wire} from a little before byte {@code at} on. */
    public static String textAround(byte[] wire, int at) {
        int from = Math.max(0, Math.min(at, wire.length) - REPLY_CHARS_MAX / 4);
        return (from == 0 ? "" : "…") + text(Arrays.copyOfRange(wire, from, wire.length));
    }

    private static String shortened(String text, int max) {
        return text.length() > max ? text.substring(0, max) + "…" : text;
    }
}
