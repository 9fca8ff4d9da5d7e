package io.holdfast.engine.rule;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * The longest beginning of a text that C's {@code strtod} and {@code strtold} take for a number, in the C locale:
 * spaces, a sign, then a decimal number, a hexadecimal one, {@code inf}, {@code infinity} or {@code nan}.
 * Only the shape is found here; each width of number makes its own value of it.
 */
record CNumber(Kind kind, boolean negative, String digits, int end) {
    /** Binary digits of a normal double. */
    private static final int DOUBLE_DIGITS = 53;

    enum Kind {
        /** No number at all; {@code end} is where the search began. */
        NONE,
        NAN,
        INFINITE,
        /** {@code digits} is unsigned: {@code 12.5e-3}. */
        DECIMAL,
        /** {@code digits} is unsigned, with an exponent of two always: {@code 0x1.8p0}. */
        HEXADECIMAL
    }

    static CNumber scan(byte[] text, int from) {
        int at = from;
        while (at < text.length && isSpace(text[at])) {
            at++;
        }
        boolean negative = at < text.length && text[at] == '-';
        if (at < text.length && (negative || text[at] == '+')) {
            at++;
        }
        if (startsWith(text, at, "infinity")) {
            return new CNumber(Kind.INFINITE, negative, "", at + 8);
        }
        if (startsWith(text, at, "inf")) {
            return new CNumber(Kind.INFINITE, negative, "", at + 3);
        }
        if (startsWith(text, at, "nan")) {
            return new CNumber(Kind.NAN, negative, "", at + 3); // nan(chars) is refused just as nan is
        }
        if (startsWith(text, at, "0x")) {
            int mantissa = at + 2;
            int end = mantissaEnd(text, mantissa, true);
            if (end > mantissa) {
                int exponentEnd = exponentEnd(text, end, 'p');
                String digits = ascii(text, at, exponentEnd) + (exponentEnd == end ? "p0" : "");
                return new CNumber(Kind.HEXADECIMAL, negative, digits, exponentEnd);
            }
            return new CNumber(Kind.DECIMAL, negative, "0", at + 1); // the x is no longer part of it
        }
        int end = mantissaEnd(text, at, false);
        if (end == at) {
            return new CNumber(Kind.NONE, false, "", from);
        }
        int exponentEnd = exponentEnd(text, end, 'e');
        return new CNumber(Kind.DECIMAL, negative, ascii(text, at, exponentEnd), exponentEnd);
    }

    static boolean isSpace(byte b) {
        return b == ' ' || (b >= '\t' && b <= '\r');
    }

    /** True where a digit of the mantissa is not 0, so that a result of 0 is an underflow. */
    boolean hasNonZeroDigit() {
        boolean hexadecimal = kind == Kind.HEXADECIMAL;
        for (int i = hexadecimal ? 2 : 0; i < digits.length(); i++) {
            char c = digits.charAt(i);
            if (c == 'p' || c == 'P' || (!hexadecimal && (c == 'e' || c == 'E'))) {
                return false;
            }
            if (c != '0' && c != '.') {
                return true;
            }
        }
        return false;
    }

    /**
     * Whether a double loses nothing of a number that is below the normal ones and not rounded to 0: whether it is a
     * multiple of 2^-1074. A decimal number that is one has over 700 digits, and counts as none.
     */
    boolean isExactWhereSubnormal() {
        if (kind != Kind.HEXADECIMAL) {
            return false;
        }
        int exponentAt = digits.toLowerCase(Locale.ROOT).indexOf('p');
        String mantissa = digits.substring(2, exponentAt);
        int point = mantissa.indexOf('.');
        int behindPoint = point < 0 ? 0 : mantissa.length() - point - 1;
        int zeros = new BigInteger(mantissa.replace(".", ""), 16).getLowestSetBit();
        long exponent = Long.parseLong(digits.substring(exponentAt + 1));
        return zeros + exponent - 4L * behindPoint >= Double.MIN_EXPONENT - (DOUBLE_DIGITS - 1);
    }

    /** The end of digits with at most one point, or {@code from} where there is no digit. */
    private static int mantissaEnd(byte[] text, int from, boolean hexadecimal) {
        int at = from;
        boolean digit = false;
        boolean point = false;
        while (at < text.length) {
            if (Character.digit(text[at], hexadecimal ? 16 : 10) >= 0) {
                digit = true;
            } else if (text[at] == '.' && !point) {
                point = true;
            } else {
                break;
            }
            at++;
        }
        return digit ? at : from;
    }

    /** The end of an exponent that begins at {@code from}, or {@code from} where none is complete. */
    private static int exponentEnd(byte[] text, int from, char letter) {
        if (from == text.length || (text[from] | 0x20) != letter) {
            return from;
        }
        int at = from + 1;
        if (at < text.length && (text[at] == '+' || text[at] == '-')) {
            at++;
        }
        int first = at;
        while (at < text.length && text[at] >= '0' && text[at] <= '9') {
            at++;
        }
        return at == first ? from : at;
    }

    private static boolean startsWith(byte[] text, int from, String lowerCase) {
        if (text.length - from < lowerCase.length()) {
            return false;
        }
        for (int i = 0; i < lowerCase.length(); i++) {
            byte b = text[from + i];
            if ((b >= 'A' && b <= 'Z' ? b + 32 : b) != lowerCase.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private static String ascii(byte[] text, int from, int to) {
        return new String(text, from, to - from, StandardCharsets.ISO_8859_1);
    }
}
