package io.holdfast.engine.profile;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A row of a view, kept as a JSON file.
 *
 * @param view whose rows
 * @param where what columns of theirs must be, as text
 * @param newest the column of which, of several rows for one file, the greatest counts; null: there is one row a file
 */
public record ExportedFile(
        int line,
        FilePattern path,
        Profile.View view,
        Map<String, String> where,
        @Nullable String newest) {
    /** The directory below the data directory, with slashes. */
    public String directory() {
        return path.directory();
    }

    /**
     * The file's name, from the row that {@link #sql} gives.
     *
     * @param columns what its last columns hold, in order
     */
    public String name(List<String> columns) {
        var name = new StringBuilder();
        int next = 0;
        for (FilePattern.Piece piece : path.pieces()) {
            name.append(piece.isColumn() ? SafeName.of(columns.get(next++)) : piece.text());
        }
        return name.toString();
    }

    /**
     * The statement that gives a row for each file: its content, then the columns of its name.
     *
     * @param rowsMax so many rows at most
     */
    public String sql(int rowsMax) {
        List<String> columns = new ArrayList<>();
        for (Profile.Column column : view.columns()) {
            String name = "r." + Sql.name(column.name());
            columns.add(Sql.text(column.name()) + ", "
                    + (column.type() == Profile.Type.JSON ? "json(" + name + ")" : name));
        }
        List<String> names = path.pieces().stream()
                .filter(FilePattern.Piece::isColumn)
                .map(this::inName)
                .toList();
        String condition = where.entrySet().stream()
                .map(each -> " and cast(r." + Sql.name(each.getKey()) + " as text) = " + Sql.text(each.getValue()))
                .collect(Collectors.joining());
        String rank = newest == null
                ? "1"
                : "row_number() over (partition by " + String.join(", ", names) + " order by r." + Sql.name(newest)
                        + " desc)";
        var sql = new StringBuilder("select json_object(" + String.join(", ", columns) + ") as content");
        for (int i = 0; i < names.size(); i++) {
            sql.append(", ").append(names.get(i)).append(" as n").append(i);
        }
        sql.append(", ")
                .append(rank)
                .append(" as rank from ")
                .append(Sql.name(view.name()))
                .append(" r where true")
                .append(condition);
        return "select * from (" + sql + ") where rank = 1 limit " + rowsMax;
    }

    private String inName(FilePattern.Piece piece) {
        Profile.Column column = view.column(piece.text());
        String name = "r." + Sql.name(column.name());
        return piece.unit() == null || column.unit() == null
                ? name
                : column.unit().in(piece.unit(), name);
    }
}
