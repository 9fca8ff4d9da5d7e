package io.holdfast.resp;

import io.netty.buffer.ByteBuf;

/**
 * The number on a length line ({@code *3}, {@code $512}), read as Redis reads it: no plus sign, no leading zero, no
 * blank. Stateless; any thread.
 */
final class LengthLine {
    /** What {@link #parse} answers for anything but a number. */
    static final long NOT_A_NUMBER = Long.MIN_VALUE;

    /** CR LF as a big-endian short. */
    static final int CRLF = 0x0d0a;

    private static final int DIGITS_MAX = 18; // whatever their value, so many digits fit a long

    private LengthLine() {}

    /** The number that the bytes from {@code from} (inclusive) to {@code to} (exclusive) spell. */
    static long parse(ByteBuf in, int from, int to) {
        if (from >= to) {
            return NOT_A_NUMBER;
        }
        boolean negative = in.getByte(from) == '-';
        int first = negative ? from + 1 : from;
        int digits = to - first;
        if (digits < 1 || digits > DIGITS_MAX) {
            return NOT_A_NUMBER;
        }
        if (in.getByte(first) == '0') {
            return digits == 1 && !negative ? 0 : NOT_A_NUMBER;
        }
        long number = 0;
        for (int i = first; i < to; i++) {
            int digit = in.getByte(i) - '0';
            if (digit < 0 || digit > 9) {
                return NOT_A_NUMBER;
            }
            number = number * 10 + digit;
        }
        return negative ? -number : number;
    }
}
