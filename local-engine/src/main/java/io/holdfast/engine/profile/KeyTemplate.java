package io.holdfast.engine.profile;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The name of a key that a row leads to: {@code tool:{tool_name}:agents}. Immutable. */
record KeyTemplate(List<Piece> pieces) {
    private static final Pattern PIECE = Pattern.compile("\\{\\{|}}|\\{([a-z_][a-z0-9_]*)}|[^{}]+");

    /** @param isColumn whether the text is a column's name, or stands for itself */
    record Piece(String text, boolean isColumn) {}

    /** @throws IllegalArgumentException whose message says what is wrong */
    static KeyTemplate parse(String template) {
        List<Piece> pieces = new ArrayList<>();
        Matcher matcher = PIECE.matcher(template);
        int at = 0;
        while (at < template.length()) {
            if (!matcher.find(at) || matcher.start() != at) {
                throw new IllegalArgumentException(
                        "'" + template + "' has a brace that begins no column such as {name}");
            }
            at = matcher.end();
            String column = matcher.group(1);
            String piece = matcher.group();
            pieces.add(
                    column != null
                            ? new Piece(column, true)
                            : new Piece(piece.equals("{{") ? "{" : piece.equals("}}") ? "}" : piece, false));
        }
        if (pieces.isEmpty()) {
            throw new IllegalArgumentException("there is no key without a name");
        }
        return new KeyTemplate(List.copyOf(pieces));
    }

    List<String> columns() {
        return pieces.stream().filter(Piece::isColumn).map(Piece::text).toList();
    }

    /**
     * The key's bytes.
     *
     * @param column gives the SQL of a column
     */
    String sql(UnaryOperator<String> column) {
        return "cast("
                + pieces.stream()
                        .map(piece -> piece.isColumn() ? column.apply(piece.text()) : Sql.text(piece.text()))
                        .collect(Collectors.joining(" || "))
                + " as blob)";
    }
}
