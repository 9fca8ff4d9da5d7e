package io.holdfast.engine.rule;

import io.holdfast.resp.Bytes;

/**
 * The cursor of the SCAN family, an unsigned 64-bit number. Redis reads it with C's {@code strtoul}: an empty text is
 * 0, a sign is allowed and a minus wraps around, and a NUL byte ends the number. Safe on every thread.
 */
public final class ScanCursor {
    private static final String INVALID = "invalid cursor";

    private ScanCursor() {}

    /**
     * The cursor as the 64 bits of an unsigned number.
     *
     * @throws BadArgument "invalid cursor"
     */
    public static long parse(Bytes text) {
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

    /** How a cursor is sent to the client. */
    public static Bytes format(long cursor) {
        return Bytes.of(Long.toUnsignedString(cursor));
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
