package io.holdfast.engine.value;

import com.google.errorprone.annotations.Immutable;
import io.holdfast.resp.Bytes;
import org.jspecify.annotations.Nullable;

/** The id of an entry in a stream: Unix milliseconds and a sequence number, both unsigned 64 bits. Immutable. */
@Immutable
public record StreamId(long ms, long seq) implements Comparable<StreamId> {
    private static final long UNSIGNED_MAX = -1;

    public static final StreamId ZERO = new StreamId(0, 0);
    public static final StreamId MAX = new StreamId(UNSIGNED_MAX, UNSIGNED_MAX);

    /**
     * The id that Redis has printed so.
     *
     * @throws NumberFormatException when {@code printed} is none
     */
    public static StreamId parse(String printed) {
        int dash = printed.indexOf('-');
        if (dash < 0) {
            throw new NumberFormatException("not the id of a stream entry: " + printed);
        }
        return new StreamId(
                Long.parseUnsignedLong(printed.substring(0, dash)),
                Long.parseUnsignedLong(printed.substring(dash + 1)));
    }

    public boolean isZero() {
        return ms == 0 && seq == 0;
    }

    /** The smallest id that is greater; null after the greatest of all. */
    public @Nullable StreamId next() {
        if (seq != UNSIGNED_MAX) {
            return new StreamId(ms, seq + 1);
        }
        return ms == UNSIGNED_MAX ? null : new StreamId(ms + 1, 0);
    }

    /** The greatest id that is smaller; null before 0-0. */
    public @Nullable StreamId previous() {
        if (seq != 0) {
            return new StreamId(ms, seq - 1);
        }
        return ms == 0 ? null : new StreamId(ms - 1, UNSIGNED_MAX);
    }

    public boolean isBefore(StreamId other) {
        return compareTo(other) < 0;
    }

    public boolean isAfter(StreamId other) {
        return compareTo(other) > 0;
    }

    @Override
    public int compareTo(StreamId other) {
        int byMs = Long.compareUnsigned(ms, other.ms);
        return byMs != 0 ? byMs : Long.compareUnsigned(seq, other.seq);
    }

    /** As Redis prints it. */
    public Bytes toBytes() {
        return Bytes.of(toString());
    }

    /** {@code 1526919030474-0}. */
    @Override
    public String toString() {
        return Long.toUnsignedString(ms) + "-" + Long.toUnsignedString(seq);
    }
}
