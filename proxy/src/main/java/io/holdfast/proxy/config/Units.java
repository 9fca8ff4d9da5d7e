package io.holdfast.proxy.config;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The units of one amount; values are kept in whole ones of the smallest. Immutable.
 *
 * @param bare the unit of a number that names none
 * @param sizes what each is in the smallest one, from the smallest on
 * @param likelyMin a bare number whose value is below this was probably meant in {@code meant}
 * @param likelyMax and one whose value is beyond this, too
 * @param meant the unit that people confuse with the bare one; empty: there is none
 * @param like examples
 */
record Units(String bare, Map<String, Long> sizes, long likelyMin, long likelyMax, String meant, String like) {
    private static final Pattern AMOUNT = Pattern.compile("([0-9]+(?:\\.[0-9]+)?)\\s*([a-z]*)");
    private static final Pattern BARE = Pattern.compile("[0-9]+(\\.[0-9]+)?");

    private static final Map<String, Long> TIMES =
            sizes(List.of("ms", "s", "m", "h", "d"), List.of(1L, 1_000L, 60_000L, 3_600_000L, 86_400_000L));

    /** Kept in milliseconds, written in seconds; the observability system's documents have milliseconds for some of them. */
    static Units seconds(int likelyMaxSeconds) {
        return new Units("s", TIMES, 0, likelyMaxSeconds * 1000L, "ms", "2, 2s or 2000ms");
    }

    /** Kept and written in milliseconds. */
    static Units milliseconds(int likelyMinMs) {
        return new Units("ms", TIMES, likelyMinMs, Long.MAX_VALUE, "s", "5000, 5000ms or 5s");
    }

    static Units days() {
        return new Units("d", sizes(List.of("d", "w"), List.of(1L, 7L)), 0, Long.MAX_VALUE, "", "30 or 30d");
    }

    static Units megabytes() {
        return new Units(
                "mb",
                sizes(List.of("mb", "gb", "tb"), List.of(1L, 1L << 10, 1L << 20)),
                0,
                Long.MAX_VALUE,
                "",
                "500, 500mb or 2gb");
    }

    static Units bytes(long likelyMin) {
        return new Units(
                "b",
                sizes(List.of("b", "kb", "mb", "gb"), List.of(1L, 1L << 10, 1L << 20, 1L << 30)),
                likelyMin,
                Long.MAX_VALUE,
                "mb",
                "268435456 or 256mb");
    }

    private static Map<String, Long> sizes(List<String> names, List<Long> sizes) {
        Map<String, Long> ordered = new LinkedHashMap<>();
        for (int i = 0; i < names.size(); i++) {
            ordered.put(names.get(i), sizes.get(i));
        }
        return ordered;
    }

    private long size(String unit) {
        Long size = sizes.get(unit.isEmpty() ? bare : unit);
        if (size == null) {
            throw new IllegalArgumentException("");
        }
        return size;
    }

    /** @throws IllegalArgumentException when it is no such amount, or out of range */
    int read(String text, int min, int max) {
        Matcher amount = AMOUNT.matcher(text.trim().toLowerCase(Locale.ROOT));
        if (!amount.matches()) {
            throw new IllegalArgumentException("");
        }
        BigDecimal value = new BigDecimal(amount.group(1))
                .multiply(BigDecimal.valueOf(size(amount.group(2))))
                .setScale(0, RoundingMode.DOWN);
        if (value.compareTo(BigDecimal.valueOf(min)) < 0 || value.compareTo(BigDecimal.valueOf(max)) > 0) {
            boolean confused = amount.group(2).isEmpty() && !meant.isEmpty();
            throw new IllegalArgumentException(
                    confused ? "a number without a unit is " + unitName() + "; write " + text.trim() + meant : "");
        }
        return value.intValueExact();
    }

    private String unitName() {
        return switch (bare) {
            case "s" -> "seconds";
            case "ms" -> "milliseconds";
            default -> bare;
        };
    }

    /** In the greatest unit that it is a whole number of. */
    String show(int value) {
        String greatest = "";
        for (Map.Entry<String, Long> unit : sizes.entrySet()) {
            if (value % unit.getValue() == 0) {
                greatest = unit.getKey();
            }
        }
        return value == 0 ? "0" : value / size(greatest) + greatest;
    }

    /** What is odd about an amount that can be used; empty: nothing. */
    String doubt(Written written) {
        String text = written.text().trim();
        if (!BARE.matcher(text).matches() || meant.isEmpty()) {
            return "";
        }
        long value =
                new BigDecimal(text).multiply(BigDecimal.valueOf(size(bare))).longValue();
        return value > likelyMax || (value > 0 && value < likelyMin)
                ? text + " is taken as " + text + bare + "; write " + text + meant + " if that is meant"
                : "";
    }

    /** The members of a JSON schema. */
    String schema(int min, int max) {
        String names = sizes.keySet().stream().map(Units::inAnyCase).collect(Collectors.joining("|"));
        return "\"type\": [\"number\", \"string\"], \"minimum\": " + inBare(min) + ", \"maximum\": " + inBare(max)
                + ", \"pattern\": \"^[0-9]+(\\\\.[0-9]+)?\\\\s*(" + names + ")?$\"";
    }

    private String inBare(int value) {
        return BigDecimal.valueOf(value)
                .divide(BigDecimal.valueOf(size(bare)), 3, RoundingMode.DOWN)
                .stripTrailingZeros()
                .toPlainString();
    }

    private static String inAnyCase(String unit) {
        return unit.chars()
                .mapToObj(letter -> "[" + (char) letter + Character.toUpperCase((char) letter) + "]")
                .collect(Collectors.joining());
    }
}
