package io.holdfast.proxy.config;

import java.util.List;

/**
 * A value as somebody wrote it, and where. Immutable.
 *
 * @param text of one value; of a list, its items with commas between them
 * @param items of a list; of one value, that alone
 */
record Written(Shape shape, String text, List<String> items, Origin origin) {
    /** What it is in its place: a word of the command line or the environment can mean anything, a JSON value cannot. */
    enum Shape {
        WORD,
        TEXT,
        NUMBER,
        TRUTH,
        LIST
    }

    static Written word(String text, Origin origin) {
        return new Written(Shape.WORD, text, List.of(text), origin);
    }

    static Written list(List<String> items, Origin origin) {
        return new Written(Shape.LIST, String.join(",", items), List.copyOf(items), origin);
    }

    /** As a message repeats it. */
    String quoted() {
        return switch (shape) {
            case WORD, TEXT -> "'" + text + "'";
            case NUMBER, TRUTH -> text;
            case LIST -> "[" + text + "]";
        };
    }
}
