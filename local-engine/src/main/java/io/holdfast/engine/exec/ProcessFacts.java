package io.holdfast.engine.exec;

import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * What INFO tells of the running process. Immutable.
 *
 * @param runId 40 hexadecimal digits, other ones at every start
 * @param port that clients connect to; asked for each time, for it is known only once it is bound
 * @param startedAtMs Unix milliseconds
 * @param clock Unix milliseconds
 */
public record ProcessFacts(String runId, IntSupplier port, long startedAtMs, LongSupplier clock) {
    private static final int RUN_ID_DIGITS = 40;

    public ProcessFacts {
        if (!runId.matches("[0-9a-f]{" + RUN_ID_DIGITS + "}")) {
            throw new IllegalArgumentException("a run id has " + RUN_ID_DIGITS + " hexadecimal digits: " + runId);
        }
    }

    /** A run id nobody has had. */
    public static String freshRunId(RandomGenerator random) {
        var id = new StringBuilder(RUN_ID_DIGITS);
        for (int i = 0; i < RUN_ID_DIGITS; i++) {
            id.append(Character.forDigit(random.nextInt(16), 16));
        }
        return id.toString();
    }

    /** Since the start; never negative. */
    public long uptimeSeconds() {
        return Math.max(0, (clock.getAsLong() - startedAtMs) / 1000);
    }
}
