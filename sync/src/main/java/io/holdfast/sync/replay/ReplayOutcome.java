package io.holdfast.sync.replay;

import io.holdfast.sync.journal.Conflict;
import io.holdfast.sync.journal.DeadLetter;
import java.util.List;
import java.util.Map;

/** What became of a batch. Immutable. */
sealed interface ReplayOutcome {
    /**
     * It was applied, but for what was refused one by one.
     *
     * @param unmet effects that found nothing to do, because others had done the same
     * @param serverMicros how long the upstream executed it, or {@link #UNKNOWN}
     * @param stamped how many stamps were of keys that had none
     */
    record Applied(List<DeadLetter> refused, List<Conflict> unmet, long serverMicros, long stamped)
            implements ReplayOutcome {
        static final long UNKNOWN = -1;
    }

    /** Effects were applied, but a command of our own among them was not: what the cursor says is no longer true. */
    record Torn(String reason) implements ReplayOutcome {}

    /** Somebody touched the cursor: nothing happened. */
    record Overtaken() implements ReplayOutcome {}

    /** Nothing happened, because of these entries: the sequence of each, and what the upstream says of its effects. */
    record Poisoned(Map<Long, List<DeadLetter>> entries) implements ReplayOutcome {}

    /** Nothing happened, and the upstream does not say which entry it was. */
    record Discarded(String error) implements ReplayOutcome {}

    /** Nothing happened, and which entry it was can be told once nothing is folded. */
    record Unclear() implements ReplayOutcome {}

    /** Nothing happened, and no entry is to blame: the upstream takes no writes now. */
    record Unavailable(String reason) implements ReplayOutcome {}
}
