package io.holdfast.engine.rule;

import io.holdfast.resp.Bytes;

/**
 * The cursor of the SCAN family, an unsigned 64-bit number. Redis reads it with C's {@code strtoul}: an empty text is
 * 0, a sign is allowed and a minus wraps around, and a NUL byte ends the number.
 *
 * <p>One of the local engine bears a mark that none of a Redis has, as those are below the size of its tables: a position here says
 * nothing about a table there. Who goes on with the other side's cursor begins anew, and is shown some elements twice, as SCAN may,
 * but none that stays is left out. Marked cursors are below 2^53, so that clients which hold numbers as doubles keep them. Safe on
 * every thread.
 */
public final class ScanCursor {
    private static final String INVALID = "invalid cursor";

    private static final int MARK_AT = 52;

    private ScanCursor() {}

    /**
     * From which position on a scan goes on: 0, from the beginning, where the cursor is not one of {@link #at}.
     *
     * @throws BadArgument "invalid cursor"
     */
    public static long position(Bytes text) {
        long cursor = parse(text);
        return isMarked(cursor) ? cursor - (1L << MARK_AT) : 0;
    }

    /** The cursor of a position, which is below 2^52; that of 0 is 0, which ends a scan. */
    public static Bytes at(long position) {
        return Bytes.of(position == 0 ? 0 : position + (1L << MARK_AT));
    }

    /** Whether it is one of {@link #at}, and not the beginning. */
    public static boolean isLocal(Bytes text) {
        try {
            return isMarked(parse(text));
        } catch (BadArgument e) {
            return false; // whoever it is sent to says so
        }
    }

    private static boolean isMarked(long cursor) {
        return cursor >>> MARK_AT == 1;
    }

    /** The cursor as the 64 bits of an unsigned number. */
    static long parse(Bytes text) {
        int end = 0;
        while (end < text.length() && text.at(end) != 0) {
            end++;
        }
        if (end == 0) {
            return 0;
        }
        boolean signed = text.at(0) == '-' || text.at(0) == '+';
        long value = digits(text, signed ? 1 : 0, end);
        return text.at(0) == '-' ? -value : value;
    }

    private static long digits(Bytes text, int from, int to) {
        if (from == to) {
            throw new BadArgument(INVALID);
        }
        long value = 0;
        for (int i = from; i < to; i++) {
            int digit = text.at(i) - '0';
            if (digit < 0 || digit > 9 || Long.compareUnsigned(value, Long.divideUnsigned(-1L - digit, 10)) > 0) {
                throw new BadArgument(INVALID);
            }
            value = value * 10 + digit;
        }
        return value;
    }
}
