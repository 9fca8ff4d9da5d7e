package io.holdfast.engine.store;

import java.util.Locale;
import java.util.Set;

/** Sees to it that a text is one statement that asks, before SQLite sees it. Stateless. */
final class QueryText {
    private static final Set<String> ASKING = Set.of("select", "with", "values", "explain");

    private QueryText() {}

    /**
     * The statement, without what ends it.
     *
     * @throws QueryException when it is no question, or more than one
     */
    static String one(String sql) {
        int end = end(sql);
        if (end < sql.length() && !isBlank(sql, end + 1)) {
            throw new QueryException("one statement at a time; something follows the semicolon");
        }
        String statement = sql.substring(0, end).strip();
        int from = skipBlank(statement, 0);
        int to = from;
        while (to < statement.length() && Character.isLetter(statement.charAt(to))) {
            to++;
        }
        String word = statement.substring(from, to).toLowerCase(Locale.ROOT);
        if (!ASKING.contains(word)) {
            throw new QueryException(
                    word.isEmpty()
                            ? "a statement begins with select, with, values or explain"
                            : "only select, with, values and explain are allowed here, not " + word);
        }
        return statement;
    }

    /** Where the first semicolon is that stands in no quotes and no comment. */
    private static int end(String sql) {
        int i = 0;
        while (i < sql.length()) {
            char c = sql.charAt(i);
            if (c == ';') {
                return i;
            }
            i = behind(sql, i);
        }
        return sql.length();
    }

    private static boolean isBlank(String sql, int from) {
        return skipBlank(sql, from) >= sql.length();
    }

    private static int skipBlank(String sql, int from) {
        int i = from;
        while (i < sql.length()) {
            boolean comment = sql.startsWith("--", i) || sql.startsWith("/*", i);
            if (!comment && !Character.isWhitespace(sql.charAt(i)) && sql.charAt(i) != ';') {
                return i;
            }
            i = behind(sql, i);
        }
        return i;
    }

    /** Behind the quotes, the comment or the single character that begins at {@code i}. */
    private static int behind(String sql, int i) {
        if (sql.startsWith("--", i)) {
            return behindText(sql, "\n", i + 2);
        }
        if (sql.startsWith("/*", i)) {
            return behindText(sql, "*/", i + 2);
        }
        char c = sql.charAt(i);
        return switch (c) {
            case '\'', '"', '`' -> behindText(sql, String.valueOf(c), i + 1); // a doubled one begins the next
            case '[' -> behindText(sql, "]", i + 1);
            default -> i + 1;
        };
    }

    private static int behindText(String sql, String end, int from) {
        int at = sql.indexOf(end, from);
        return at < 0 ? sql.length() : at + end.length();
    }
}
