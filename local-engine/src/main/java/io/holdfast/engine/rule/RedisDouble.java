package io.holdfast.engine.rule;

import com.fasterxml.jackson.core.io.schubfach.DoubleToDecimal;
import io.holdfast.resp.Bytes;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/** Doubles as Redis reads and prints them: scores, weights, coordinates. Safe on every thread. */
public final class RedisDouble {
    /** Integers below this have at most 17 digits, so {@code %.17g} prints them whole. */
    private static final double G17_INTEGERS_BELOW = 1e17;
    /** Redis 7.2 prints integers up to half of what 64 bits hold as such. */
    private static final double SHORTEST_INTEGERS_UP_TO = 0x1p62;

    private static final int PLAIN_DIGITS = 17;

    private static final MathContext SEVENTEEN_DIGITS = new MathContext(17, RoundingMode.HALF_EVEN);

    private static final MathContext ONE_DIGIT = new MathContext(1, RoundingMode.HALF_EVEN);

    /** So many decimal digits are below 2 to the power of 53 whatever they are, so that a double holds them. */
    private static final int EXACT_DIGITS = 15;

    private static final double[] POWERS_OF_TEN = {
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15
    };

    private RedisDouble() {}

    /**
     * The number that {@code text} spells, or NaN where Redis answers "value is not a valid float": trailing bytes,
     * leading spaces, NaN itself, a finite number that overflows, a number that underflows to 0. Hexadecimal and
     * infinities are numbers (C's {@code strtod}).
     */
    public static double parse(Bytes text) {
        if (text.isEmpty() || CNumber.isSpace(text.at(0))) {
            return Double.NaN;
        }
        double plain = parsePlain(text.array());
        if (!Double.isNaN(plain)) {
            return plain;
        }
        CNumber number = CNumber.scan(text.array(), 0);
        if (number.end() != text.length()) {
            return Double.NaN;
        }
        double value = valueOf(number);
        boolean overflow = Double.isInfinite(value) && number.kind() != CNumber.Kind.INFINITE;
        boolean underflow = value == 0 && number.hasNonZeroDigit();
        return overflow || underflow ? Double.NaN : value;
    }

    /**
     * The number that up to {@value #EXACT_DIGITS} digits spell, with a minus before and a point between them where need
     * be, or NaN where {@code text} is anything else. Digits and power of ten are exact, so that the quotient is the double
     * nearest to the number, as with {@code strtod} (W. Clinger, "How to Read Floating Point Numbers Accurately").
     */
    private static double parsePlain(byte[] text) {
        int first = text[0] == '-' ? 1 : 0;
        int point = -1;
        long digits = 0;
        for (int i = first; i < text.length; i++) {
            byte b = text[i];
            if (b >= '0' && b <= '9') {
                digits = digits * 10 + (b - '0');
            } else if (b == '.' && point < 0 && i > first) {
                point = i;
            } else {
                return Double.NaN;
            }
        }
        int count = text.length - first - (point < 0 ? 0 : 1);
        if (count == 0 || count > EXACT_DIGITS) {
            return Double.NaN;
        }
        double magnitude = point < 0 ? digits : digits / POWERS_OF_TEN[text.length - point - 1];
        return first == 1 ? -magnitude : magnitude;
    }

    /**
     * As Redis reads the bounds of a score range: bare {@code strtod} on a C string. NaN where that leaves trailing
     * bytes or is NaN.
     */
    static double parseLeniently(Bytes text, int from) {
        CNumber number = CNumber.scan(text.array(), from);
        boolean whole = number.end() == text.length() || text.at(number.end()) == 0;
        return whole ? valueOf(number) : Double.NaN;
    }

    /**
     * As SORT reads a weight: bare {@code strtod} on a C string, where nothing is 0. NaN where that leaves trailing
     * bytes, is NaN, or where the number is too big for a double, or too small for one to hold it exactly (C's {@code ERANGE}).
     */
    public static double parseWeight(Bytes text) {
        CNumber number = CNumber.scan(text.array(), 0);
        double value = parseLeniently(text, 0);
        boolean overflow = Double.isInfinite(value) && number.kind() != CNumber.Kind.INFINITE;
        boolean underflow = Math.abs(value) < Double.MIN_NORMAL
                && number.hasNonZeroDigit()
                && (value == 0 || !number.isExactWhereSubnormal());
        return overflow || underflow ? Double.NaN : value;
    }

    /** The text of {@code value} in replies. */
    public static Bytes format(double value, DoubleStyle style) {
        return Bytes.of(text(value, style));
    }

    /** With up to 17 digits behind the point and never an exponent, as Redis prints coordinates (C's {@code %.17Lf}). */
    public static Bytes formatPlain(double value) {
        return Bytes.of(fixed(value, PLAIN_DIGITS).stripTrailingZeros().toPlainString());
    }

    /** With so many digits behind the point, never an exponent (C's {@code %.4f}). The number must be finite. */
    public static BigDecimal fixed(double value, int digits) {
        return new BigDecimal(value).setScale(digits, RoundingMode.HALF_EVEN);
    }

    private static double valueOf(CNumber number) {
        double magnitude = switch (number.kind()) {
            case NONE -> 0;
            case NAN -> Double.NaN;
            case INFINITE -> Double.POSITIVE_INFINITY;
            case DECIMAL, HEXADECIMAL -> Double.parseDouble(number.digits());
        };
        return number.negative() ? -magnitude : magnitude;
    }

    private static String text(double value, DoubleStyle style) {
        if (Double.isNaN(value)) {
            return "nan";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "inf" : "-inf";
        }
        if (value == 0) {
            return 1 / value < 0 ? "-0" : "0";
        }
        return switch (style) {
            case G17 -> g17(value);
            case SHORTEST -> shortest(value);
        };
    }

    private static String g17(double value) {
        if (Math.abs(value) < G17_INTEGERS_BELOW && value == Math.rint(value)) {
            return Long.toString((long) value);
        }
        BigDecimal rounded = new BigDecimal(value).round(SEVENTEEN_DIGITS).stripTrailingZeros();
        int exponent = rounded.precision() - rounded.scale() - 1;
        if (exponent >= -4 && exponent < 17) {
            return rounded.toPlainString();
        }
        String digits = rounded.unscaledValue().abs().toString();
        var text = new StringBuilder(24);
        if (value < 0) {
            text.append('-');
        }
        scientific(text, digits, exponent);
        if (Math.abs(exponent) < 10) { // C writes two digits of the exponent at least
            text.insert(text.length() - 1, '0');
        }
        return text.toString();
    }

    /** As {@code fpconv_dtoa} lays digits out: plain while few zeros are needed, scientific otherwise. */
    private static String shortest(double value) {
        if (Math.abs(value) <= SHORTEST_INTEGERS_UP_TO && value == Math.rint(value)) {
            return Long.toString((long) value);
        }
        BigDecimal number = shortestDecimal(Math.abs(value));
        String digits = number.unscaledValue().toString();
        int zeros = -number.scale(); // the number is digits times ten to this
        int exponent = zeros + digits.length() - 1;
        var text = new StringBuilder(26);
        if (value < 0) {
            text.append('-');
        }
        boolean plainInteger = zeros >= 0 && exponent < digits.length() + 7;
        boolean plainFraction = zeros < 0 && (zeros > -7 || Math.abs(exponent) < 4);
        if (plainInteger || plainFraction) {
            text.append(number.toPlainString());
        } else {
            scientific(text, digits, exponent);
        }
        return text.toString();
    }

    /**
     * The fewest digits that read back as {@code value}. Of about one number in a thousand Redis's Grisu2 finds one digit
     * more than that; it reads back as the same number.
     */
    private static BigDecimal shortestDecimal(double value) {
        BigDecimal number = new BigDecimal(DoubleToDecimal.toString(value)).stripTrailingZeros();
        if (number.precision() == 2) { // Java never gives fewer than two digits, even where one would do (4.9E-324)
            BigDecimal oneDigit = number.round(ONE_DIGIT);
            return oneDigit.doubleValue() == value ? oneDigit : number;
        }
        return number;
    }

    private static void scientific(StringBuilder text, String digits, int exponent) {
        text.append(digits.charAt(0));
        if (digits.length() > 1) {
            text.append('.').append(digits, 1, digits.length());
        }
        text.append('e').append(exponent < 0 ? '-' : '+').append(Math.abs(exponent));
    }
}
