package io.holdfast.engine.differential;

import io.holdfast.resp.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * The forms of one command, as its documentation draws them.
 *
 * <pre>
 *   SET key value [NX|XX] [GET] [EX ttl|KEEPTTL]
 *   HSET key (field value)+
 *   SADD key (number)*
 *
 *   UPPER or digits   stands as it is            [a|b]   one of them, or nothing
 *   lower             see {@link Arguments}      (a|b)   one of them;  (a|b)+ one to four times, (a|b)* many times
 * </pre>
 *
 * <p>Immutable.
 */
final class Template {
    private static final int REPEATS_MAX = 4;
    private static final int MANY_MIN = 50;
    private static final int MANY_MAX = 250;

    private sealed interface Part {}

    private record Word(Bytes text) implements Part {}

    private record Placeholder(String name) implements Part {}

    private record Choice(List<List<Part>> alternatives, boolean optional, char repeated) implements Part {}

    private final String source;
    private final List<Part> parts;
    private int at;

    private Template(String source) {
        this.source = source;
        this.parts = sequence();
        if (at < source.length()) {
            throw new IllegalArgumentException("stray " + source.charAt(at) + " in: " + source);
        }
    }

    /** One template a line. */
    static List<Template> parse(String lines) {
        return lines.lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .map(Template::new)
                .toList();
    }

    /** The command's name. */
    String name() {
        return source.substring(0, (source + " ").indexOf(' '));
    }

    /** One of its forms. */
    List<Bytes> make(Arguments arguments, SplittableRandom random) {
        var command = new ArrayList<Bytes>();
        append(parts, command, arguments, random);
        return command;
    }

    private static void append(List<Part> parts, List<Bytes> to, Arguments arguments, SplittableRandom random) {
        for (Part part : parts) {
            if (part instanceof Word word) {
                to.add(word.text());
            } else if (part instanceof Placeholder placeholder) {
                to.add(arguments.of(placeholder.name()));
            } else if (part instanceof Choice choice && !(choice.optional() && random.nextBoolean())) {
                int times = switch (choice.repeated()) {
                    case '+' -> random.nextInt(1, REPEATS_MAX + 1);
                    case '*' -> random.nextInt(MANY_MIN, MANY_MAX + 1);
                    default -> 1;
                };
                for (int i = 0; i < times; i++) {
                    int chosen = random.nextInt(choice.alternatives().size());
                    append(choice.alternatives().get(chosen), to, arguments, random);
                }
            }
        }
    }

    // ---- parsing

    private List<Part> sequence() {
        var sequence = new ArrayList<Part>();
        while (at < source.length()) {
            char c = source.charAt(at);
            if (c == ' ') {
                at++;
            } else if (c == '[' || c == '(') {
                sequence.add(choice());
            } else if (c == ']' || c == ')' || c == '|') {
                break;
            } else {
                sequence.add(word());
            }
        }
        return sequence;
    }

    private Choice choice() {
        boolean optional = source.charAt(at++) == '[';
        var alternatives = new ArrayList<List<Part>>();
        alternatives.add(sequence());
        while (source.charAt(at) == '|') {
            at++;
            alternatives.add(sequence());
        }
        at++;
        char next = at < source.length() ? source.charAt(at) : ' ';
        if (next == '+' || next == '*') {
            at++;
        }
        return new Choice(alternatives, optional, next);
    }

    private Part word() {
        int from = at;
        while (at < source.length() && " []()|".indexOf(source.charAt(at)) < 0) {
            at++;
        }
        String word = source.substring(from, at);
        return Character.isLowerCase(word.charAt(0)) ? new Placeholder(word) : new Word(Bytes.of(word));
    }
}
