package io.holdfast.proxy.admin.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Columns lined up by the first rows, of which a bounded number is kept; a later value that is wider moves only its own line.
 * Numbers stand to the right; line breaks are shown as signs, so that a row is a line.
 */
final class TableRows implements RowPrinter {
    private static final int ROWS_MEASURED = 100;

    private final PrintWriter out;
    private final List<List<@Nullable Object>> measured = new ArrayList<>();
    private List<String> names = List.of();
    private int[] widths = new int[0];
    private boolean begun;

    TableRows(PrintWriter out) {
        this.out = out;
    }

    @Override
    public void columns(List<String> names) {
        this.names = names;
    }

    @Override
    public void row(List<@Nullable Object> values) {
        if (begun) {
            line(values);
            return;
        }
        measured.add(values);
        if (measured.size() == ROWS_MEASURED) {
            begin();
        }
    }

    @Override
    public void end() {
        if (!begun) {
            begin();
        }
    }

    private void begin() {
        begun = true;
        widths = new int[names.size()];
        for (int i = 0; i < widths.length; i++) {
            widths[i] = length(names.get(i));
            for (List<@Nullable Object> row : measured) {
                widths[i] = Math.max(widths[i], length(shown(row.get(i))));
            }
        }
        line(names);
        List<String> rules = new ArrayList<>();
        for (int width : widths) {
            rules.add("-".repeat(width));
        }
        line(rules);
        measured.forEach(this::line);
        measured.clear();
    }

    private void line(List<? extends @Nullable Object> values) {
        var line = new StringBuilder();
        for (int i = 0; i < widths.length; i++) {
            Object value = values.get(i);
            String text = shown(value);
            String space = " ".repeat(Math.max(0, widths[i] - length(text)));
            line.append(i == 0 ? "" : "  ").append(value instanceof Number ? space + text : text + space);
        }
        out.println(line.toString().stripTrailing());
    }

    private static int length(String text) {
        return text.codePointCount(0, text.length());
    }

    /** Control characters could do things to a terminal. */
    private static String shown(@Nullable Object value) {
        String text = RowPrinter.text(value);
        if (text.chars().noneMatch(Character::isISOControl)) {
            return text;
        }
        var shown = new StringBuilder();
        text.chars()
                .forEach(c -> shown.append(
                        c == '\n'
                                ? "\\n"
                                : c == '\t' ? "\\t" : Character.isISOControl(c) ? "\\x%02x".formatted(c) : (char) c));
        return shown.toString();
    }
}
