package io.holdfast.engine.value;

import org.jspecify.annotations.Nullable;

/**
 * How far a stream is to be cut at its old end. Immutable.
 *
 * @param minId entries before it go; null where {@code maxLength} decides
 * @param maxLength so many entries stay
 * @param approximate only whole nodes go, so a few more entries may stay
 * @param limit at most so many entries go; 0: any number
 */
public record StreamTrim(@Nullable StreamId minId, long maxLength, boolean approximate, long limit) {
    public static StreamTrim toLength(long maxLength) {
        return new StreamTrim(null, maxLength, false, 0);
    }

    boolean isReached(long length) {
        return minId == null && length <= maxLength;
    }
}
