package io.holdfast.engine.profile;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where the file of a row is, below the data directory: {@code handoffs/{project_name}_{timestamp:stamp}.json}. Columns stand
 * in the file's own name alone, so that no value chooses a directory. Immutable.
 *
 * @param directory as it is written, without a slash at its end
 * @param pieces of the file's name
 */
record FilePattern(String directory, List<Piece> pieces) {
    private static final Pattern DIRECTORY = Pattern.compile("[a-z][a-z0-9_-]*(/[a-z][a-z0-9_-]*)*");
    private static final Pattern PIECE = Pattern.compile("\\{([a-z_][a-z0-9_]*)(?::([a-z-]+))?}|[A-Za-z0-9_.-]+");
    private static final String ENDING = ".json";

    /**
     * A piece of the name.
     *
     * @param text it is this, or the column of this name
     * @param unit in which the column stands in the name; null: its own
     */
    record Piece(String text, boolean isColumn, @Nullable Unit unit) {}

    /** @throws IllegalArgumentException whose message says what is wrong */
    static FilePattern parse(String path) {
        int slash = path.lastIndexOf('/');
        if (slash < 0 || !DIRECTORY.matcher(path.substring(0, slash)).matches() || !path.endsWith(ENDING)) {
            throw new IllegalArgumentException("'" + path + "' is no file such as directory/{column}.json");
        }
        String name = path.substring(slash + 1);
        List<Piece> pieces = new ArrayList<>();
        Matcher matcher = PIECE.matcher(name);
        int at = 0;
        while (at < name.length()) {
            if (!matcher.find(at) || matcher.start() != at) {
                throw new IllegalArgumentException(
                        "'" + name + "' is no file's name of letters, digits, '_', '.', '-' and columns in braces");
            }
            at = matcher.end();
            String column = matcher.group(1);
            pieces.add(
                    column == null ? new Piece(matcher.group(), false, null) : new Piece(column, true, unit(matcher)));
        }
        return new FilePattern(path.substring(0, slash), List.copyOf(pieces));
    }

    private static @Nullable Unit unit(Matcher matcher) {
        String unit = matcher.group(2);
        if (unit == null) {
            return null;
        }
        for (Unit each : Unit.values()) {
            if (each.name().toLowerCase(Locale.ROOT).replace('_', '-').equals(unit) && each.isWritten()) {
                return each;
            }
        }
        throw new IllegalArgumentException("'" + unit + "' is no unit that a file's name could be in");
    }
}
