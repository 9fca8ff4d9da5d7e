package io.holdfast.sync.replay;

import io.holdfast.resp.Bytes;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What replay would do to the keys that wait for it. Immutable.
 *
 * @param cursor how the upstream's cursor stands to what is remembered here, in words
 * @param from replay would begin behind this entry
 * @param to the newest entry that was looked at
 * @param newest the newest entry when it began
 * @param outcomes how many keys would come to what
 * @param incomplete why there is more than was looked at; empty when there is not
 * @param rows those that were asked for, in the order of their first entries
 */
public record DryRunReport(
        String cursor,
        long from,
        long to,
        long newest,
        Map<Outcome, Long> outcomes,
        String incomplete,
        List<Row> rows) {
    /** What becomes of a key, the worst of its effects counting; from harmless to what a person has to see to. */
    public enum Outcome {
        /** It is written as it was written here. */
        APPLY,
        /** Others have changed it, and both count. */
        MERGE,
        /** It is not there afterwards: its time to live has ended. */
        EXPIRED,
        /** Others have changed what was written here: the policy decides, the loser is kept. */
        CONFLICT,
        /** An effect is refused, or was before. */
        DEAD_LETTER;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /**
     * A key.
     *
     * @param first its oldest entry that waits
     * @param last its newest one
     * @param effects on it
     * @param isCompared whether it is known what it was when the outage began
     * @param policy what decides a conflict; empty without one
     * @param winner in words; empty without a conflict
     * @param reason of a dead letter; else empty
     */
    public record Row(
            int db,
            Bytes key,
            Outcome outcome,
            long first,
            long last,
            long effects,
            boolean isCompared,
            String policy,
            String winner,
            String reason) {}
}
