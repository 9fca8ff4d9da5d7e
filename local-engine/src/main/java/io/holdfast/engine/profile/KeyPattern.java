package io.holdfast.engine.profile;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which keys are meant, and what the parts of their names are called: {@code metrics:hourly:{hour:13}:{agent_type}}.
 * Immutable.
 *
 * <pre>
 *   {name}      one character or more, up to where the text behind it occurs for the first time
 *   {name:13}   thirteen characters
 *   *           as {name}, but nobody asks for it
 *   {{ and }}   a brace
 * </pre>
 */
final class KeyPattern {
    private static final Pattern PIECE =
            Pattern.compile("\\{\\{|}}|\\{([a-z_][a-z0-9_]*)(?::([1-9][0-9]{0,3}))?}|\\*|[^{}*]+");
    private static final int ANY = 0;

    /**
     * A piece of the name.
     *
     * @param text it is this; null: a part
     * @param name of the part; empty: without one
     * @param width of the part in characters; {@link #ANY}: any
     */
    private record Piece(@Nullable String text, String name, int width) {
        int fixedWidth() {
            return text == null ? width : text.codePointCount(0, text.length());
        }

        boolean isOpen() {
            return text == null && width == ANY;
        }
    }

    private final String pattern;
    private final List<Piece> pieces;

    private KeyPattern(String pattern, List<Piece> pieces) {
        this.pattern = pattern;
        this.pieces = pieces;
    }

    /** @throws IllegalArgumentException whose message says what is wrong */
    static KeyPattern parse(String pattern) {
        List<Piece> pieces = new ArrayList<>();
        Matcher matcher = PIECE.matcher(pattern);
        int at = 0;
        var text = new StringBuilder();
        while (at < pattern.length()) {
            if (!matcher.find(at) || matcher.start() != at) {
                throw new IllegalArgumentException("'" + pattern + "' has a brace that begins no part such as {name} or"
                        + " {name:13}; a brace itself is written {{ or }}");
            }
            String piece = matcher.group();
            at = matcher.end();
            if (piece.equals("*") || matcher.group(1) != null) {
                end(text, pieces);
                String width = matcher.group(2);
                String name = matcher.group(1);
                pieces.add(new Piece(null, name == null ? "" : name, width == null ? ANY : Integer.parseInt(width)));
            } else {
                text.append(piece.equals("{{") ? "{" : piece.equals("}}") ? "}" : piece);
            }
        }
        end(text, pieces);
        check(pattern, pieces);
        return new KeyPattern(pattern, List.copyOf(pieces));
    }

    private static void end(StringBuilder text, List<Piece> pieces) {
        if (!text.isEmpty()) {
            pieces.add(new Piece(text.toString(), "", ANY));
            text.setLength(0);
        }
    }

    private static void check(String pattern, List<Piece> pieces) {
        if (pieces.isEmpty() || pieces.get(0).text() == null) {
            throw new IllegalArgumentException(
                    "'" + pattern + "' must begin with a text, so that an index finds its keys");
        }
        List<String> seen = new ArrayList<>();
        for (int i = 0; i < pieces.size(); i++) {
            Piece piece = pieces.get(i);
            List<Piece> behind = pieces.subList(i + 1, pieces.size());
            if (piece.isOpen()
                    && !behind.isEmpty()
                    && behind.get(0).text() == null
                    && behind.stream().anyMatch(Piece::isOpen)) {
                throw new IllegalArgumentException(
                        "'" + pattern + "' has two parts with nothing between them: nobody knows where one ends");
            }
            if (!piece.name().isEmpty()) {
                if (seen.contains(piece.name())) {
                    throw new IllegalArgumentException("'" + pattern + "' has two parts of the name " + piece.name());
                }
                seen.add(piece.name());
            }
        }
    }

    /** What all these keys begin with. */
    String prefix() {
        return String.valueOf(pieces.get(0).text());
    }

    /** The condition that a key matches, as ranges of an index on {@code key} and a glob. */
    String condition(String key) {
        byte[] from = prefix().getBytes(StandardCharsets.UTF_8);
        if (pieces.size() == 1) {
            return key + " = " + Sql.blob(from);
        }
        return range(key) + " and cast(" + key + " as text) glob " + Sql.text(glob());
    }

    /** That a key begins as they do. */
    String range(String key) {
        byte[] from = prefix().getBytes(StandardCharsets.UTF_8);
        byte[] to = from.clone();
        to[to.length - 1]++; // no byte of UTF-8 is 0xff
        return key + " >= " + Sql.blob(from) + " and " + key + " < " + Sql.blob(to);
    }

    /** Whether some part of the names, {@code *}, is called nothing. */
    boolean hasNameless() {
        return pieces.stream()
                .anyMatch(piece -> piece.text() == null && piece.name().isEmpty());
    }

    boolean isOneKey() {
        return pieces.size() == 1;
    }

    private String glob() {
        var glob = new StringBuilder();
        for (Piece piece : pieces) {
            if (piece.text() != null) {
                glob.append(piece.text().replaceAll("[\\[*?]", "[$0]"));
            } else {
                glob.append("?".repeat(Math.max(1, piece.width()))).append(piece.isOpen() ? "*" : "");
            }
        }
        return glob.toString();
    }

    /** Each part's name and the SQL that takes it out of {@code key}, a column that holds the key's bytes. */
    Map<String, String> parts(String key) {
        Map<String, String> parts = new LinkedHashMap<>();
        String rest = "cast(" + key + " as text)";
        int skip = 0; // characters of the rest that are done with
        for (int i = 0; i < pieces.size(); i++) {
            Piece piece = pieces.get(i);
            if (!piece.isOpen()) {
                if (!piece.name().isEmpty()) {
                    parts.put(piece.name(), "substr(" + rest + ", " + (skip + 1) + ", " + piece.width() + ")");
                }
                skip += piece.fixedWidth();
                continue;
            }
            String open = skip == 0 ? rest : "substr(" + rest + ", " + (skip + 1) + ")";
            skip = 0;
            List<Piece> behind = pieces.subList(i + 1, pieces.size());
            String part;
            if (behind.isEmpty()) {
                part = open;
            } else if (behind.stream().noneMatch(Piece::isOpen)) {
                int width = behind.stream().mapToInt(Piece::fixedWidth).sum();
                part = "substr(" + open + ", 1, length(" + open + ") - " + width + ")";
                rest = "substr(" + open + ", -" + width + ")";
            } else {
                String end = "instr(" + open + ", "
                        + Sql.text(String.valueOf(behind.get(0).text())) + ")";
                part = "substr(" + open + ", 1, " + end + " - 1)";
                rest = "substr(" + open + ", " + end + ")";
            }
            if (!piece.name().isEmpty()) {
                parts.put(piece.name(), part);
            }
        }
        return parts;
    }

    @Override
    public String toString() {
        return pattern;
    }
}
