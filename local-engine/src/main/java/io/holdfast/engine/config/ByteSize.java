package io.holdfast.engine.config;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A number of bytes as redis.conf writes it: {@code 1k} is 1000 bytes, {@code 1kb} 1024, likewise m, mb, g and gb. */
public final class ByteSize {
    private static final Pattern TEXT = Pattern.compile("(\\d{1,19})(b|k|kb|m|mb|g|gb)?");

    private ByteSize() {}

    /** @throws IllegalArgumentException when {@code text} is not like it, or more than a long holds */
    public static long parse(String text) {
        Matcher matcher = TEXT.matcher(text.toLowerCase(Locale.ROOT));
        if (!matcher.matches()) {
            throw new IllegalArgumentException("argument must be a memory value");
        }
        String unit = matcher.group(2) == null ? "b" : matcher.group(2);
        long factor = switch (unit) {
            case "k" -> 1_000L;
            case "kb" -> 1L << 10;
            case "m" -> 1_000_000L;
            case "mb" -> 1L << 20;
            case "g" -> 1_000_000_000L;
            case "gb" -> 1L << 30;
            default -> 1;
        };
        try {
            return Math.multiplyExact(Long.parseLong(matcher.group(1)), factor);
        } catch (ArithmeticException | NumberFormatException e) {
            throw new IllegalArgumentException("argument must be a memory value", e);
        }
    }
}
