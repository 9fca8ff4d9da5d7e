package io.holdfast.engine.command;

/** What becomes of a command that was sent upstream and whose reply never came (contract, "Ambiguity"). */
public enum InDoubt {
    /** It has no effect: run it again here. */
    RERUN,
    /** Applied twice is applied once: run it again here and journal it. */
    ABSORB,
    /** Answer {@code -UNCERTAIN}; do not run it. */
    UNCERTAIN,
    /** It was waiting: answer {@code -UNBLOCKED}, as Redis does when its role changes. */
    UNBLOCKED
}
