package io.holdfast.sync.replay;

import java.util.Locale;

/** What replay into an upstream is worth, by what the upstream lets Holdfast do (contract: G4, G6). */
public enum Guarantee {
    /** Not asked yet. */
    UNKNOWN,
    /** Each entry once: what stands in earlier connections is killed before the cursor is read. */
    EXACTLY_ONCE,
    /** Each entry once, unless bytes of an earlier connection lie somewhere for longer than the quiet period. */
    TIME_BOUND,
    /** Nothing can be replayed: it does not allow transactions, or not on the cursor. */
    NONE;

    /** As INFO says it, such as {@code exactly-once}. */
    public String infoName() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
