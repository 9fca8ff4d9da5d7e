package io.holdfast.engine.config;

import io.holdfast.engine.rule.RedisInteger;
import io.holdfast.resp.Bytes;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BinaryOperator;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * One parameter of redis.conf: how it is read, and how a new value is taken or refused.
 *
 * @param write refuses a bad value with an IllegalArgumentException that says what would be right, in Redis's words; null
 *     when there is nothing to choose
 * @param atStartOnly whether it is chosen before the server runs, and not by CONFIG SET
 */
public record Setting(
        String name, Supplier<String> read, @Nullable Consumer<String> write, boolean atStartOnly) {
    private static final Map<String, Long> UNITS = Map.of(
            "",
            1L,
            "b",
            1L,
            "k",
            1000L,
            "kb",
            1L << 10,
            "m",
            1_000_000L,
            "mb",
            1L << 20,
            "g",
            1_000_000_000L,
            "gb",
            1L << 30);

    /** The value, between its reader and its writer. */
    private static final class Holder {
        private String value;

        Holder(String initial) {
            value = initial;
        }
    }

    private static Setting holding(String name, String initial, UnaryOperator<String> check) {
        return special(name, initial, (before, asked) -> check.apply(asked));
    }

    /** @param change from the value before and what is asked for, the value after */
    public static Setting special(String name, String initial, BinaryOperator<String> change) {
        var holder = new Holder(initial);
        return new Setting(name, () -> holder.value, asked -> holder.value = change.apply(holder.value, asked), false);
    }

    public static Setting text(String name, String initial) {
        return holding(name, initial, asked -> asked);
    }

    public static Setting yesNo(String name, boolean initial) {
        return holding(name, initial ? "yes" : "no", asked -> {
            String lower = asked.toLowerCase(Locale.ROOT);
            if (!lower.equals("yes") && !lower.equals("no")) {
                throw new IllegalArgumentException("argument must be 'yes' or 'no'");
            }
            return lower;
        });
    }

    /** One of some words. */
    public static Setting word(String name, String initial, List<String> words) {
        return holding(name, initial, asked -> {
            String lower = asked.toLowerCase(Locale.ROOT);
            if (!words.contains(lower)) {
                throw new IllegalArgumentException(
                        "argument(s) must be one of the following: " + String.join(", ", words));
            }
            return lower;
        });
    }

    public static Setting number(String name, long initial, long min, long max) {
        return holding(name, Long.toString(initial), asked -> Long.toString(parseInteger(asked, min, max)));
    }

    /** An amount of memory, which may have a unit: {@code 100mb}, {@code 1g}. */
    public static Setting bytes(String name, long initial, long min, long max) {
        return holding(name, Long.toString(initial), asked -> Long.toString(inRange(parseBytes(asked), min, max)));
    }

    /** The same, chosen at the start and fixed from then on. */
    Setting atStart() {
        return new Setting(name, read, write, true);
    }

    /** Whether CONFIG SET may change it. */
    public boolean changeable() {
        return write != null && !atStartOnly;
    }

    private static long inRange(long value, long min, long max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException("argument must be between " + min + " and " + max + " inclusive");
        }
        return value;
    }

    /** @throws IllegalArgumentException in Redis's words, when it is no such number */
    public static long parseInteger(String text, long min, long max) {
        Bytes digits = Bytes.of(text);
        if (!RedisInteger.isLong(digits)) {
            throw new IllegalArgumentException("argument couldn't be parsed into an integer");
        }
        return inRange(RedisInteger.parse(digits), min, max);
    }

    /** Digits with a unit: {@code 64}, {@code 1kb}. @throws IllegalArgumentException when it is no amount of memory */
    public static long parseBytes(String text) {
        String word = text.toLowerCase(Locale.ROOT);
        int digits = 0;
        while (digits < word.length() && Character.isDigit(word.charAt(digits))) {
            digits++;
        }
        Long unit = UNITS.get(word.substring(digits));
        long number = digits == 0 ? 0 : unsigned(word.substring(0, digits));
        if (unit == null || number < 0 || number > Long.MAX_VALUE / unit) {
            throw new IllegalArgumentException("argument must be a memory value");
        }
        return number * unit;
    }

    /** Leading zeros pass; -1: more than 64 bits. */
    private static long unsigned(String digits) {
        try {
            return Long.parseLong(digits);
        } catch (NumberFormatException e) {
            return -1;
        }
    }
}
