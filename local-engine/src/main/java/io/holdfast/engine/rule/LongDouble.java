package io.holdfast.engine.rule;

import io.holdfast.resp.Bytes;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import org.jspecify.annotations.Nullable;

/**
 * A number of x87's extended precision, with which Redis computes INCRBYFLOAT and HINCRBYFLOAT: 64 bits of mantissa,
 * exponents of two from -16445 to 16383. Every operation rounds to the nearest such number, to even on a tie. Immutable.
 */
public final class LongDouble {
    private static final int MANTISSA_BITS = 64;
    private static final int EXPONENT_MIN = -16445;
    private static final BigInteger FIVE = BigInteger.valueOf(5);
    private static final BigDecimal OVERFLOW = new BigDecimal(BigInteger.ONE.shiftLeft(16384));
    /** Beyond ten to this or its inverse the exponent alone tells the outcome. */
    private static final int DECIMAL_EXPONENT_MAX = 6000;
    /** Redis copies the text into a buffer of 5 kB. */
    private static final int TEXT_BYTES_BELOW = 5 * 1024;

    private static final int DECIMALS = 17;

    private final BigDecimal value;
    private final boolean infinite;

    private LongDouble(BigDecimal value, boolean infinite) {
        this.value = value;
        this.infinite = infinite;
    }

    /**
     * The number that {@code text} spells; infinities are numbers. Null where Redis answers "value is not a valid
     * float" (of a hash field: "hash value is not a float").
     */
    public static @Nullable LongDouble parse(Bytes text) {
        if (text.isEmpty() || text.length() >= TEXT_BYTES_BELOW || CNumber.isSpace(text.at(0))) {
            return null;
        }
        CNumber number = CNumber.scan(text.array(), 0);
        if (number.end() != text.length()) {
            return null;
        }
        return switch (number.kind()) {
            case NONE, NAN -> null;
            case INFINITE -> new LongDouble(BigDecimal.ZERO, true);
            case DECIMAL, HEXADECIMAL -> number.hasNonZeroDigit() ? finite(number) : zero();
        };
    }

    public boolean isInfinite() {
        return infinite;
    }

    /** Exactly this number, which must be finite. */
    public BigDecimal toBigDecimal() {
        if (infinite) {
            throw new IllegalStateException("infinity has no digits");
        }
        return value;
    }

    /** The sum, or null where Redis answers "increment would produce NaN or Infinity". */
    public @Nullable LongDouble plus(LongDouble other) {
        if (infinite || other.infinite) {
            return null;
        }
        BigDecimal sum = round(value.add(other.value));
        return isOverflow(sum) ? null : new LongDouble(sum, false);
    }

    /** The number as Redis stores it: up to 17 decimals, without trailing zeros, never an exponent. */
    public Bytes toBytes() {
        if (infinite) {
            throw new IllegalStateException("an infinite sum is never stored");
        }
        BigDecimal rounded = value.setScale(DECIMALS, RoundingMode.HALF_EVEN);
        return Bytes.of(
                rounded.signum() == 0 ? "0" : rounded.stripTrailingZeros().toPlainString());
    }

    @Override
    public String toString() {
        return infinite ? "inf" : toBytes().latin1();
    }

    private static LongDouble zero() {
        return new LongDouble(BigDecimal.ZERO, false);
    }

    private static @Nullable LongDouble finite(CNumber number) {
        BigDecimal exact = number.kind() == CNumber.Kind.DECIMAL ? decimal(number) : hexadecimal(number);
        if (exact == null) {
            return null;
        }
        BigDecimal rounded = round(number.negative() ? exact.negate() : exact);
        boolean underflow = rounded.signum() == 0;
        return underflow || isOverflow(rounded) ? null : new LongDouble(rounded, false);
    }

    /** Null where the number is far outside of what the type holds. */
    private static @Nullable BigDecimal decimal(CNumber number) {
        String digits = number.digits();
        int e = Math.max(digits.indexOf('e'), digits.indexOf('E'));
        BigDecimal mantissa = new BigDecimal(e < 0 ? digits : digits.substring(0, e));
        int exponent = e < 0 ? 0 : exponent(digits.substring(e + 1));
        long magnitude = (long) mantissa.precision() - mantissa.scale() + exponent;
        return Math.abs(magnitude) > DECIMAL_EXPONENT_MAX ? null : mantissa.scaleByPowerOfTen(exponent);
    }

    private static @Nullable BigDecimal hexadecimal(CNumber number) {
        String digits = number.digits();
        int p = Math.max(digits.indexOf('p'), digits.indexOf('P'));
        String mantissa = digits.substring(2, p);
        int point = mantissa.indexOf('.');
        int fraction = point < 0 ? 0 : mantissa.length() - point - 1;
        var whole = new BigInteger(mantissa.replace(".", ""), 16);
        int exponent = exponent(digits.substring(p + 1)) - 4 * fraction;
        int magnitude = whole.bitLength() + exponent;
        if (magnitude > 2 * -EXPONENT_MIN || magnitude < 2 * EXPONENT_MIN) {
            return null;
        }
        return timesPowerOfTwo(whole, exponent);
    }

    /** An exponent of any length, cut to a range that is far too large already. */
    private static int exponent(String text) {
        var exact = new BigInteger(text.startsWith("+") ? text.substring(1) : text);
        return exact.bitLength() > 24 ? exact.signum() << 24 : exact.intValue();
    }

    private static boolean isOverflow(BigDecimal rounded) {
        return rounded.abs().compareTo(OVERFLOW) >= 0;
    }

    /** The nearest multiple of a power of two that leaves 64 bits, or fewer where the number is subnormal. */
    private static BigDecimal round(BigDecimal exact) {
        if (exact.signum() == 0) {
            return BigDecimal.ZERO;
        }
        BigInteger numerator = exact.unscaledValue().abs();
        BigInteger denominator = BigInteger.ONE;
        if (exact.scale() > 0) {
            denominator = BigInteger.TEN.pow(exact.scale());
        } else {
            numerator = numerator.multiply(BigInteger.TEN.pow(-exact.scale()));
        }
        // One bit of doubt: the quotient has this many bits or one fewer.
        int exponent = Math.max(EXPONENT_MIN, numerator.bitLength() - denominator.bitLength() + 1 - MANTISSA_BITS);
        BigInteger mantissa = nearest(numerator, denominator, exponent);
        if (exponent > EXPONENT_MIN && quotientBits(numerator, denominator, exponent) < MANTISSA_BITS) {
            exponent--;
            mantissa = nearest(numerator, denominator, exponent);
        }
        BigDecimal rounded = timesPowerOfTwo(mantissa, exponent);
        return exact.signum() < 0 ? rounded.negate() : rounded;
    }

    /** Exactly: 2 to the minus n is 5 to the n, n decimal places down. */
    private static BigDecimal timesPowerOfTwo(BigInteger mantissa, int exponent) {
        return exponent >= 0
                ? new BigDecimal(mantissa.shiftLeft(exponent))
                : new BigDecimal(mantissa.multiply(FIVE.pow(-exponent)), -exponent);
    }

    private static int quotientBits(BigInteger numerator, BigInteger denominator, int exponent) {
        return scaled(numerator, -exponent)
                .divide(scaled(denominator, exponent))
                .bitLength();
    }

    private static BigInteger nearest(BigInteger numerator, BigInteger denominator, int exponent) {
        BigInteger divisor = scaled(denominator, exponent);
        BigInteger[] parts = scaled(numerator, -exponent).divideAndRemainder(divisor);
        int half = parts[1].shiftLeft(1).compareTo(divisor);
        boolean up = half > 0 || (half == 0 && parts[0].testBit(0));
        return up ? parts[0].add(BigInteger.ONE) : parts[0];
    }

    private static BigInteger scaled(BigInteger number, int exponent) {
        return exponent > 0 ? number.shiftLeft(exponent) : number;
    }
}
