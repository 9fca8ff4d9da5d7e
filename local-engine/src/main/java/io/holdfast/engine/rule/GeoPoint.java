package io.holdfast.engine.rule;

import java.math.BigDecimal;
import java.math.MathContext;

/** A place on earth, in degrees. Immutable. */
public record GeoPoint(double longitude, double latitude) {
    /** The earth's quadratic mean radius, metres. */
    static final double EARTH_RADIUS = 6372797.560856;

    private static final double RADIANS = Math.PI / 180;
    private static final int TERMS = 14;
    private static final double[] SINE = new double[TERMS];
    private static final double[] SINE_REST = new double[TERMS];

    static {
        BigDecimal factorial = BigDecimal.ONE;
        for (int k = 0; k < TERMS; k++) {
            factorial = k == 0 ? factorial : factorial.multiply(BigDecimal.valueOf(-2L * k * (2 * k + 1)));
            BigDecimal term = BigDecimal.ONE.divide(factorial, MathContext.DECIMAL128);
            SINE[k] = term.doubleValue();
            SINE_REST[k] = term.subtract(new BigDecimal(SINE[k])).doubleValue();
        }
    }

    static double radians(double degrees) {
        return degrees * RADIANS;
    }

    static double degrees(double radians) {
        return radians / RADIANS;
    }

    /** Metres along a great circle (haversine). */
    public double distanceTo(GeoPoint other) {
        return 2 * EARTH_RADIUS * Math.asin(halfChord(other));
    }

    /** As {@link #distanceTo} to the last bit of C's library, for scores that keep it; slower. */
    public double exactDistanceTo(GeoPoint other) {
        return 2 * EARTH_RADIUS * arcSine(halfChord(other));
    }

    private double halfChord(GeoPoint other) {
        double from = radians(latitude);
        double to = radians(other.latitude);
        double u = Math.sin((to - from) / 2);
        double v = Math.sin((radians(other.longitude) - radians(longitude)) / 2);
        return Math.sqrt(u * u + Math.cos(from) * Math.cos(to) * v * v);
    }

    /** Java's arc sine is off by its last bit every sixteenth time. One step of Newton's, with twice as many bits. */
    private static double arcSine(double x) {
        double y = Math.asin(x);
        double slope = Math.cos(y);
        return slope < 1e-6 ? y : y + lessSine(x, y) / slope;
    }

    /** {@code x - sin(y)}, from sums of two doubles each: (high, low). */
    private static double lessSine(double x, double y) {
        double square = y * y;
        double squareLow = Math.fma(y, y, -square);
        double high = SINE[TERMS - 1];
        double low = SINE_REST[TERMS - 1];
        for (int k = TERMS - 2; k >= 0; k--) {
            double product = high * square;
            double productLow = Math.fma(high, square, -product) + (high * squareLow + low * square);
            high = SINE[k] + product;
            low = SINE[k] - high + product + productLow + SINE_REST[k];
        }
        double sine = high * y;
        return x - sine - (Math.fma(high, y, -sine) + low * y);
    }
}
