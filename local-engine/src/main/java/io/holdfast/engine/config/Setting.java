package io.holdfast.engine.config;

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
 *     when the parameter cannot be changed while the server runs
 */
public record Setting(
        String name, Supplier<String> read, @Nullable Consumer<String> write) {
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
        return new Setting(name, () -> holder.value, asked -> holder.value = change.apply(holder.value, asked));
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
        return holding(name, Long.toString(initial), asked -> {
            try {
                return inRange(Long.parseLong(asked), min, max);
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException("argument couldn't be parsed into an integer", e);
            }
        });
    }

    /** An amount of memory, which may have a unit: {@code 100mb}, {@code 1g}. */
    public static Setting bytes(String name, long initial, long min, long max) {
        return holding(name, Long.toString(initial), asked -> inRange(parseBytes(asked), min, max));
    }

    private static String inRange(long value, long min, long max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException("argument must be between " + min + " and " + max + " inclusive");
        }
        return Long.toString(value);
    }

    /** @throws IllegalArgumentException when it is no amount of memory */
    static long parseBytes(String text) {
        int digits = 0;
        while (digits < text.length()
                && (Character.isDigit(text.charAt(digits)) || (digits == 0 && text.charAt(0) == '-'))) {
            digits++;
        }
        Long unit = UNITS.get(text.substring(digits).toLowerCase(Locale.ROOT));
        try {
            if (unit != null && !text.startsWith("-")) {
                return Math.multiplyExact(Long.parseLong(text.substring(0, digits)), unit);
            }
        } catch (NumberFormatException | ArithmeticException e) {
            throw new IllegalArgumentException("argument must be a memory value", e);
        }
        throw new IllegalArgumentException("argument must be a memory value");
    }
}
