package io.holdfast.sync.mirror;

/**
 * What is known of one key.
 *
 * @param asOfMs when what is here was last known to be what the upstream has, Unix milliseconds, to about a second; 0: never,
 *     or that is not remembered, or it was written here since
 */
public record KeyKnowledge(State state, long asOfMs) {
    /** Whether what is here can be relied on. */
    public enum State {
        /** It is here as the upstream had it, or as it was written here since. */
        KNOWN,
        /** It is not here, and the upstream did not have it, or it was removed here. */
        ABSENT,
        /** It is here, and the upstream may have another value: a write was under way, it is of an earlier time, others changed it. */
        IN_DOUBT,
        /** It is not here, and the upstream may have it. */
        UNKNOWN
    }
}
