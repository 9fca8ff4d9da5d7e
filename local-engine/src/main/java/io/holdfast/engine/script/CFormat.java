package io.holdfast.engine.script;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/** Numbers as C's printf spells them. Any thread. */
final class CFormat {
    private static final int FIXED_FROM_EXPONENT = -4;

    private CFormat() {}

    /** {@code %.<precision>g} of a finite number. */
    static String general(double value, int precision) {
        if (value == Math.rint(value) && Math.abs(value) < 1e9 && precision > 9 && (value != 0 || 1 / value > 0)) {
            return Integer.toString((int) value);
        }
        if (value == 0) {
            return "-0";
        }
        BigDecimal rounded = new BigDecimal(value).round(new MathContext(precision, RoundingMode.HALF_EVEN));
        int exponent = rounded.precision() - rounded.scale() - 1;
        BigDecimal stripped = rounded.stripTrailingZeros();
        if (exponent >= FIXED_FROM_EXPONENT && exponent < precision) {
            return stripped.toPlainString();
        }
        String digits = stripped.unscaledValue().abs().toString();
        String mantissa = digits.length() == 1 ? digits : digits.charAt(0) + "." + digits.substring(1);
        String power = (exponent < 0 ? "-" : "+") + (Math.abs(exponent) < 10 ? "0" : "") + Math.abs(exponent);
        return (value < 0 ? "-" : "") + mantissa + "e" + power;
    }
}
