package io.holdfast.engine.rule;

/**
 * The part of a sequence that two indexes of a command name, the last one included; negative indexes count from the
 * end. {@code from} is inclusive and {@code to} exclusive, both lie within the sequence, and an empty range is 0 to 0.
 */
public record IndexRange(int from, int to) {
    private static final IndexRange EMPTY = new IndexRange(0, 0);

    /** As LRANGE, LTRIM, ZRANGE and ZREMRANGEBYRANK clamp: a stop before the first element selects nothing. */
    public static IndexRange ofElements(long start, long stop, int length) {
        long from = Math.max(0, start < 0 ? start + length : start);
        long last = Math.min(length - 1, stop < 0 ? stop + length : stop);
        return from > last ? EMPTY : new IndexRange((int) from, (int) last + 1);
    }

    /** As GETRANGE and BITCOUNT clamp: a stop before the first byte selects the first byte. */
    public static IndexRange ofBytes(long start, long stop, int length) {
        if (length == 0 || (start < 0 && stop < 0 && start > stop)) {
            return EMPTY;
        }
        return ofElements(start, stop < 0 ? Math.max(0, stop + length) : stop, length);
    }

    public boolean isEmpty() {
        return from >= to;
    }

    public int length() {
        return to - from;
    }
}
