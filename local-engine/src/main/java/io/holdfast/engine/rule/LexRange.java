package io.holdfast.engine.rule;

import io.holdfast.resp.Bytes;
import org.jspecify.annotations.Nullable;

/** The members between two bounds in the order of their bytes, as ZRANGEBYLEX names them. Immutable. */
public record LexRange(Bound min, Bound max) {
    /** One end of the range. */
    public sealed interface Bound {
        /** {@code -}: before every member, or {@code +}: behind every member. */
        enum Infinite implements Bound {
            BEFORE_ALL,
            BEHIND_ALL
        }

        /** {@code [a} or {@code (a}. */
        record At(Bytes member, boolean excluded) implements Bound {}
    }

    /**
     * Reads {@code -}, {@code +}, {@code [a} and {@code (a} as ZRANGEBYLEX does.
     *
     * @throws BadArgument "min or max not valid string range item"
     */
    public static LexRange parse(Bytes min, Bytes max) {
        return new LexRange(bound(min), bound(max));
    }

    /** True where no member can lie within. */
    public boolean isEmpty() {
        if (min == Bound.Infinite.BEHIND_ALL || max == Bound.Infinite.BEFORE_ALL) {
            return true;
        }
        if (min instanceof Bound.At low && max instanceof Bound.At high) {
            int order = low.member().compareTo(high.member());
            return order > 0 || (order == 0 && (low.excluded() || high.excluded()));
        }
        return false;
    }

    public boolean contains(Bytes member) {
        return !isBelow(member) && !isAbove(member);
    }

    /** True where {@code member} lies before the range. */
    public boolean isBelow(Bytes member) {
        if (min instanceof Bound.At low) {
            int order = member.compareTo(low.member());
            return low.excluded() ? order <= 0 : order < 0;
        }
        return min == Bound.Infinite.BEHIND_ALL;
    }

    /** True where {@code member} lies behind the range. */
    public boolean isAbove(Bytes member) {
        if (max instanceof Bound.At high) {
            int order = member.compareTo(high.member());
            return high.excluded() ? order >= 0 : order > 0;
        }
        return max == Bound.Infinite.BEFORE_ALL;
    }

    private static Bound bound(Bytes text) {
        Bound bound = boundOrNull(text);
        if (bound == null) {
            throw new BadArgument("min or max not valid string range item");
        }
        return bound;
    }

    private static @Nullable Bound boundOrNull(Bytes text) {
        if (text.isEmpty()) {
            return null;
        }
        boolean alone = text.length() == 1 || text.at(1) == 0; // Redis looks for the end of a C string
        return switch (text.at(0)) {
            case '-' -> alone ? Bound.Infinite.BEFORE_ALL : null;
            case '+' -> alone ? Bound.Infinite.BEHIND_ALL : null;
            case '[' -> new Bound.At(text.slice(1, text.length()), false);
            case '(' -> new Bound.At(text.slice(1, text.length()), true);
            default -> null;
        };
    }
}
