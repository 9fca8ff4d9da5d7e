package io.holdfast.proxy.config;

import io.holdfast.proxy.config.Written.Shape;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * How a value of one kind is written, read and shown. Immutable.
 *
 * @param takes what would be right, behind "takes"
 * @param unit of a bare number; empty: it has none
 * @param shapes as what it can stand in JSON
 * @param read fails with an IllegalArgumentException, whose message, if it has one, says more than {@code takes}
 * @param show as a file would have it
 * @param schema the members of its JSON schema
 * @param doubt what is odd about a value as it was written, though it can be used; empty: nothing
 */
record Kind<T>(
        String takes,
        String unit,
        Set<Shape> shapes,
        Function<Written, T> read,
        Function<T, String> show,
        String schema,
        Function<Written, String> doubt) {
    private static final Set<Shape> TEXT = EnumSet.of(Shape.TEXT);
    private static final Set<Shape> NUMBER = EnumSet.of(Shape.NUMBER, Shape.TEXT);

    Kind(String takes, Set<Shape> shapes, Function<String, T> read, Function<T, String> show, String schema) {
        this(takes, "", shapes, written -> read.apply(written.text()), show, schema, written -> "");
    }

    // ---- numbers

    static Kind<Integer> number(int min, int max) {
        return new Kind<>(
                "a number from " + min + " to " + max,
                NUMBER,
                text -> whole(text, min, max),
                value -> Integer.toString(value),
                "\"type\": [\"integer\", \"string\"], \"minimum\": " + min + ", \"maximum\": " + max
                        + ", \"pattern\": \"^[0-9]+$\"");
    }

    /** A number with a unit, or without one. */
    static Kind<Integer> amount(String what, int min, int max, Units units) {
        return new Kind<>(
                what + " from " + units.show(min) + " to " + units.show(max) + ", like " + units.like(),
                units.bare(),
                NUMBER,
                written -> units.read(written.text(), min, max),
                units::show,
                units.schema(min, max),
                units::doubt);
    }

    private static int whole(String text, int min, int max) {
        if (!text.matches("[0-9]{1,10}") || Long.parseLong(text) < min || Long.parseLong(text) > max) {
            throw new IllegalArgumentException("");
        }
        return Integer.parseInt(text);
    }

    // ---- words

    static Kind<Boolean> trueFalse() {
        return new Kind<>(
                "true or false",
                EnumSet.of(Shape.TRUTH, Shape.TEXT),
                Kind::truth,
                value -> Boolean.toString(value),
                "\"enum\": [true, false, \"true\", \"false\", \"yes\", \"no\", \"on\", \"off\", \"1\", \"0\"]");
    }

    private static boolean truth(String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "true", "yes", "on", "1" -> true;
            case "false", "no", "off", "0" -> false;
            default -> throw new IllegalArgumentException("");
        };
    }

    /** One of the words, each with what it means. */
    static <T> Kind<T> word(Map<String, T> words) {
        List<String> names = List.copyOf(words.keySet());
        return new Kind<>(
                choice(names),
                TEXT,
                text -> {
                    T value = words.get(text.toLowerCase(Locale.ROOT));
                    if (value == null) {
                        throw new IllegalArgumentException("");
                    }
                    return value;
                },
                value -> names.stream()
                        .filter(name -> value.equals(words.get(name)))
                        .findFirst()
                        .orElseThrow(),
                "\"enum\": [" + names.stream().map(name -> "\"" + name + "\"").collect(Collectors.joining(", ")) + "]");
    }

    private static String choice(List<String> names) {
        int last = names.size() - 1;
        return String.join(", ", names.subList(0, last)) + " or " + names.get(last);
    }

    // ---- texts

    static Kind<String> text(String takes) {
        return new Kind<>(
                takes,
                TEXT,
                text -> {
                    if (text.isBlank()) {
                        throw new IllegalArgumentException("");
                    }
                    return text;
                },
                value -> value,
                "\"type\": \"string\", \"minLength\": 1");
    }

    /** A parameter of redis.conf, in its words. */
    static Kind<String> setting() {
        return new Kind<>(
                "what redis.conf has for it",
                EnumSet.of(Shape.TEXT, Shape.NUMBER, Shape.TRUTH),
                text -> text,
                value -> value,
                "\"type\": [\"string\", \"number\"]");
    }

    /** A password; an empty one is none. */
    static Kind<String> secret() {
        return new Kind<>("a password", TEXT, text -> text, value -> "(secret)", "\"type\": \"string\"");
    }

    /** A file or directory; a leading {@code ~} is the user's home. */
    static Kind<Path> path(String takes) {
        return new Kind<>(takes, TEXT, Kind::expand, Path::toString, "\"type\": \"string\", \"minLength\": 1");
    }

    private static Path expand(String text) {
        if (text.isBlank()) {
            throw new IllegalArgumentException("");
        }
        try {
            boolean home = text.equals("~") || text.startsWith("~/");
            return home
                    ? Path.of(System.getProperty("user.home"), text.substring(Math.min(2, text.length())))
                    : Path.of(text);
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException("", e);
        }
    }

    /** @param read fails with an IllegalArgumentException that says what is wrong and does not repeat the text */
    static <T> Kind<T> parsed(String takes, Function<String, T> read, Function<T, String> show) {
        return new Kind<>(takes, TEXT, read, show, "\"type\": \"string\"");
    }

    /** @param separator between items, where they are one word */
    static <T> Kind<T> list(String takes, String separator, Function<List<String>, T> read, Function<T, String> show) {
        return new Kind<>(
                takes,
                "",
                EnumSet.of(Shape.LIST),
                written -> read.apply(written.shape() == Shape.LIST ? written.items() : split(written, separator)),
                show,
                "\"type\": \"array\", \"items\": {\"type\": \"string\"}",
                written -> "");
    }

    private static List<String> split(Written written, String separator) {
        var items = new ArrayList<String>();
        Arrays.stream(written.text().split(separator, -1))
                .map(String::trim)
                .filter(item -> !item.isEmpty())
                .forEach(items::add);
        return items;
    }

    /** @throws IllegalArgumentException when it is not what this takes */
    void check(Written written) {
        Objects.requireNonNull(read.apply(written));
    }

    boolean accepts(Shape shape) {
        return shape == Shape.WORD || shapes.contains(shape);
    }
}
