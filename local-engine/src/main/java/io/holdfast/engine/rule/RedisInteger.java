package io.holdfast.engine.rule;

import io.holdfast.resp.Bytes;

/**
 * Integers as Redis reads them (its {@code string2ll}): only what it would print itself. No plus sign, no leading zero,
 * no space, no {@code -0}, nothing outside 64 bits. Safe on every thread.
 */
public final class RedisInteger {
    /** A minus sign and nineteen digits. */
    private static final int LENGTH_MAX = 20;

    private RedisInteger() {}

    /** True where {@code text} is the canonical form of a 64-bit signed integer. */
    public static boolean isLong(Bytes text) {
        // Two fallbacks tell a number that happens to equal the first one from a text that is none.
        return parseOr(text, 0) != 0 || parseOr(text, 1) == 0;
    }

    /**
     * The integer that {@code text} spells.
     *
     * @throws BadArgument "value is not an integer or out of range"
     */
    public static long parse(Bytes text) {
        long value = parseOr(text, 0);
        if (value == 0 && parseOr(text, 1) != 0) {
            throw new BadArgument("value is not an integer or out of range");
        }
        return value;
    }

    /** The integer that {@code text} spells, or {@code otherwise} where it spells none. */
    public static long parseOr(Bytes text, long otherwise) {
        int length = text.length();
        if (length == 0 || length > LENGTH_MAX) {
            return otherwise;
        }
        boolean negative = text.at(0) == '-';
        int first = negative ? 1 : 0;
        if (first == length) {
            return otherwise;
        }
        if (text.at(first) == '0') {
            return length == 1 ? 0 : otherwise;
        }
        long value = 0; // negated, because the negative range is the wider one
        for (int i = first; i < length; i++) {
            int digit = text.at(i) - '0';
            if (digit < 0 || digit > 9 || value < (Long.MIN_VALUE + digit) / 10) {
                return otherwise;
            }
            value = value * 10 - digit;
        }
        if (negative) {
            return value;
        }
        return value == Long.MIN_VALUE ? otherwise : -value;
    }
}
