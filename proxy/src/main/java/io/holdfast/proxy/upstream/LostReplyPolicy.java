package io.holdfast.proxy.upstream;

/**
 * What a client gets for a write that was sent upstream and whose reply was lost; {@code fallback.lost_replies}. What only reads
 * runs here in any case.
 */
public enum LostReplyPolicy {
    /** What sets a state runs here and is journaled, for twice is once; for the rest {@code -UNCERTAIN}. */
    SETTLE,
    /** Every write runs here and is journaled: at least once, and an INCR perhaps twice. */
    RETRY,
    /** For every write {@code -UNCERTAIN}. */
    UNCERTAIN,
    /** As {@link #SETTLE}, but the connection is closed where {@code -UNCERTAIN} would be the answer, as by a Redis that goes. */
    CLOSE
}
