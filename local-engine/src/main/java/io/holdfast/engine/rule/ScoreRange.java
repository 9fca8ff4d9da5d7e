package io.holdfast.engine.rule;

import io.holdfast.resp.Bytes;

/** The scores between two bounds, each of which may be excluded ({@code (5}) or infinite. Immutable. */
public record ScoreRange(double min, boolean minExcluded, double max, boolean maxExcluded) {
    private static final String NOT_A_FLOAT = "min or max is not a float";

    /**
     * Reads {@code 1.5}, {@code (1.5}, {@code -inf}, {@code +inf} as ZRANGEBYSCORE does, with the leniency of C's
     * {@code strtod}: leading spaces pass, an empty number is 0, an overflow is infinite.
     *
     * @throws BadArgument "min or max is not a float"
     */
    public static ScoreRange parse(Bytes min, Bytes max) {
        return new ScoreRange(bound(min), isExcluded(min), bound(max), isExcluded(max));
    }

    /** True where no score can lie within. */
    public boolean isEmpty() {
        return min > max || (min == max && (minExcluded || maxExcluded));
    }

    public boolean contains(double score) {
        return !isBelow(score) && !isAbove(score);
    }

    /** True where {@code score} lies before the range. */
    public boolean isBelow(double score) {
        return minExcluded ? score <= min : score < min;
    }

    /** True where {@code score} lies behind the range. */
    public boolean isAbove(double score) {
        return maxExcluded ? score >= max : score > max;
    }

    private static boolean isExcluded(Bytes bound) {
        return !bound.isEmpty() && bound.at(0) == '(';
    }

    private static double bound(Bytes text) {
        double value = RedisDouble.parseLeniently(text, isExcluded(text) ? 1 : 0);
        if (Double.isNaN(value)) {
            throw new BadArgument(NOT_A_FLOAT);
        }
        return value;
    }
}
