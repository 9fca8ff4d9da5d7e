package io.holdfast.sync.replay;

import java.util.Arrays;

/**
 * How many commands the next transaction takes: as many as keep the upstream busy for about a millisecond, for so long all its
 * other clients wait. Lives on the replay thread.
 */
final class BatchSize {
    static final long GOAL_MICROS = 1000;
    /** A capped rate is kept in steps so small that the upstream's other clients do not feel them. */
    private static final int STEPS_A_SECOND = 1000;
    /** Where steps are small, one note on the disk of what may be sent serves those of a tenth of a second. */
    private static final int NOTES_A_SECOND = 10;
    /** Of fewer commands, what the transaction itself takes would be counted as theirs. */
    private static final int COMMANDS_MIN = 16;
    /** So many entries are looked through for each command, where they fold. */
    static final int ENTRIES_A_COMMAND = 8;

    /** The median of so many batches counts: an upstream that was not scheduled for a moment seems slow for one. */
    private static final int BATCHES = 5;

    private static final long MICRO_NANOS = 1000;

    private int most;
    private final long[] nanosACommand = new long[BATCHES];
    private int measured;

    BatchSize(ReplaySettings settings) {
        most = settings.batchEntriesMax();
    }

    int next(ReplaySettings settings) {
        int rate = settings.entriesPerSecondMax();
        return rate == 0 ? allowed(settings) : Math.max(1, Math.min(allowed(settings), rate / STEPS_A_SECOND));
    }

    private int allowed(ReplaySettings settings) {
        return Math.min(most, settings.batchEntriesMax());
    }

    /** How many entries behind the next transaction's may be noted as sent with them: at most what one that is not capped takes. */
    int ahead(ReplaySettings settings) {
        int rate = settings.entriesPerSecondMax();
        return rate == 0 ? 0 : Math.min(allowed(settings), rate / NOTES_A_SECOND);
    }

    /** How many entries they may come from. */
    int entriesMax(ReplaySettings settings) {
        int most = settings.batchEntriesMax() * ENTRIES_A_COMMAND;
        int rate = settings.entriesPerSecondMax();
        return rate == 0 ? most : Math.max(1, Math.min(most, rate / STEPS_A_SECOND));
    }

    /**
     * A batch was applied: the next may be up to twice as big.
     *
     * @param serverMicros how long the upstream executed it; negative where that is not known
     */
    void applied(int commands, long serverMicros, ReplaySettings settings) {
        most = (int) Math.min(settings.batchEntriesMax(), most * 2L);
        if (commands == 0 || serverMicros < 0 || (commands < COMMANDS_MIN && serverMicros < GOAL_MICROS / 2)) {
            return;
        }
        nanosACommand[measured++ % BATCHES] = serverMicros * MICRO_NANOS / commands;
        long usual = median();
        if (usual > 0) {
            most = (int) Math.max(1, Math.min(most, GOAL_MICROS * MICRO_NANOS / usual));
        }
    }

    private long median() {
        long[] known = Arrays.copyOf(nanosACommand, Math.min(measured, BATCHES));
        Arrays.sort(known);
        return known[(known.length - 1) / 2];
    }

    /** A batch of so many was not applied: half as many next time. */
    void halve(int commands) {
        most = Math.max(1, commands / 2);
    }
}
