package io.holdfast.engine.profile;

import io.holdfast.engine.profile.Profile.Column;
import io.holdfast.engine.profile.Profile.Filling;
import io.holdfast.engine.profile.Profile.Merge;
import io.holdfast.engine.profile.Profile.Newest;
import io.holdfast.engine.profile.Profile.Read;
import io.holdfast.engine.profile.Profile.Source;
import io.holdfast.engine.profile.Profile.View;
import io.holdfast.engine.rule.NearestName;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads a profile, and takes nothing that it does not understand whole. For one profile, on one thread. */
public final class ProfileParser {
    private static final Pattern NAME = Pattern.compile("[a-z_][a-z0-9_]{0,62}");
    /** It stands in comments of SQL. */
    private static final Pattern PROFILE_NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9 _.-]{0,62}");

    private static final int DATABASE_MAX = 1023;

    private final String profile;
    private final ValueParser values;

    private ProfileParser(String profile) {
        this.profile = profile;
        this.values = new ValueParser(profile);
    }

    /**
     * Reads a profile.
     *
     * @param profile what messages call it: the file's name
     * @throws BadProfileException at the first mistake
     */
    public static Profile parse(String profile, String text) throws BadProfileException {
        return new ProfileParser(profile).profile(Json.parse(profile, text));
    }

    private Profile profile(Json json) throws BadProfileException {
        Fields fields = Fields.of(
                profile, "a profile", json, "name", "description", "database", "views", "files", "logs", "queue");
        fields.text("description", "");
        String name = fields.text("name");
        if (!PROFILE_NAME.matcher(name).matches()) {
            throw bad(
                    fields.need("name").line(), "'" + name + "' is no name: letters, digits, spaces, '_', '.' and '-'");
        }
        int database = fields.number("database", 0);
        if (database > DATABASE_MAX) {
            throw bad(fields.need("database").line(), "'database' goes up to " + DATABASE_MAX);
        }
        List<View> views = new ArrayList<>();
        for (Json view : fields.has("views") || !fields.has("logs") ? fields.list("views") : List.<Json>of()) {
            View parsed = view(view);
            if (views.stream().anyMatch(other -> other.name().equals(parsed.name()))) {
                throw bad(parsed.line(), "there are two views of the name " + parsed.name());
            }
            views.add(parsed);
        }
        String queue = fields.has("queue") ? name(fields, "queue") : null;
        if (views.stream().anyMatch(view -> view.name().equals(queue))) {
            throw bad(fields.need("queue").line(), "there are two views of the name " + queue);
        }
        List<ExportedFile> files = new ArrayList<>();
        if (fields.has("files")) {
            for (Json file : fields.list("files")) {
                files.add(file(file, views));
            }
        }
        List<KeyLog> logs = fields.has("logs") ? LogParser.logs(profile, fields.list("logs"), database) : List.of();
        return new Profile(name, database, List.copyOf(views), List.copyOf(files), logs, queue);
    }

    private ExportedFile file(Json json, List<View> views) throws BadProfileException {
        Fields fields = Fields.of(profile, "a file", json, "path", "view", "where", "newest");
        String name = fields.text("view");
        View view = views.stream()
                .filter(each -> each.name().equals(name))
                .findFirst()
                .orElse(null);
        if (view == null) {
            throw bad(
                    fields.need("view").line(),
                    "there is no view '" + name + "'; the nearest is '"
                            + NearestName.of(
                                    name, views.stream().map(View::name).toList()) + "'");
        }
        Map<String, Column> columns = new LinkedHashMap<>();
        view.columns().forEach(column -> columns.put(column.name(), column));
        FilePattern path;
        try {
            path = FilePattern.parse(fields.text("path"));
        } catch (IllegalArgumentException e) {
            throw bad(fields.need("path").line(), String.valueOf(e.getMessage()));
        }
        for (FilePattern.Piece piece : path.pieces()) {
            if (piece.isColumn()) {
                Column column =
                        require(columns, piece.text(), fields.need("path").line());
                Unit unit = piece.unit();
                if (unit != null && (column.unit() == null || !column.unit().becomes(unit))) {
                    throw bad(
                            fields.need("path").line(), "column " + column.name() + " cannot be turned into that unit");
                }
            }
        }
        Map<String, String> where = new LinkedHashMap<>();
        if (fields.has("where")) {
            for (Map.Entry<String, Json> condition : fields.members("where").entrySet()) {
                if (!(condition.getValue() instanceof Json.Text text)) {
                    throw bad(condition.getValue().line(), "'where' takes a text for each column");
                }
                where.put(require(columns, condition.getKey(), text.line()).name(), text.text());
            }
        }
        String newest = fields.has("newest")
                ? require(columns, fields.text("newest"), fields.need("newest").line())
                        .name()
                : null;
        return new ExportedFile(fields.line(), path, view, where, newest);
    }

    private View view(Json json) throws BadProfileException {
        Fields fields = Fields.of(profile, "a view", json, "name", "description", "key", "columns", "sources");
        fields.text("description", "");
        String name = name(fields, "name");
        List<Column> columns = new ArrayList<>();
        for (Json column : fields.list("columns")) {
            Column parsed = column(column);
            if (columns.stream().anyMatch(other -> other.name().equals(parsed.name()))) {
                throw bad(parsed.line(), "there are two columns of the name " + parsed.name());
            }
            columns.add(parsed);
        }
        Map<String, Column> byName = new LinkedHashMap<>();
        columns.forEach(column -> byName.put(column.name(), column));
        List<String> key = fields.texts("key");
        for (String part : key) {
            Column column = require(byName, part, fields.need("key").line());
            if (column.merge() != Merge.FIRST || !column.otherwise().isEmpty() || column.standard() != null) {
                throw bad(column.line(), "column " + part + " belongs to the key, so only sources say what it is");
            }
        }
        for (Column column : columns) {
            for (Value value : column.otherwise()) {
                checkColumns(value, column, byName);
            }
        }
        checkCircles(byName);
        List<Source> sources = new ArrayList<>();
        for (Json source : fields.list("sources")) {
            sources.add(source(source, key, byName));
        }
        return new View(fields.line(), name, List.copyOf(key), List.copyOf(columns), List.copyOf(sources));
    }

    private String name(Fields fields, String key) throws BadProfileException {
        String name = fields.text(key);
        if (!NAME.matcher(name).matches()) {
            throw bad(
                    fields.need(key).line(),
                    "'" + name + "' is no name: small letters, digits and _, and no digit first");
        }
        return name;
    }

    private Column column(Json json) throws BadProfileException {
        Fields fields =
                Fields.of(profile, "a column", json, "name", "description", "type", "unit", "merge", "else", "default");
        fields.text("description", "");
        String name = name(fields, "name");
        Unit unit = fields.has("unit") ? fields.oneOf("unit", Unit.class) : null;
        if (unit != null && !unit.isWritten()) {
            throw bad(fields.need("unit").line(), "a column must be in one unit, not in '" + fields.text("unit") + "'");
        }
        Profile.Type type = fields.oneOf("type", Profile.Type.class);
        List<Value> otherwise = new ArrayList<>();
        if (fields.has("else")) {
            for (Json value : fields.list("else")) {
                otherwise.add(values.ofRow(value));
            }
        }
        Column column = new Column(
                fields.line(),
                name,
                type,
                unit,
                fields.oneOf("merge", Merge.class, Merge.FIRST),
                List.copyOf(otherwise),
                standard(fields, type));
        for (Value value : otherwise) {
            values.checkUnits(value, column);
        }
        if (column.merge() == Merge.SUM && type != Profile.Type.INTEGER && type != Profile.Type.REAL) {
            throw bad(fields.need("merge").line(), "only numbers can be added up");
        }
        return column;
    }

    private @Nullable String standard(Fields fields, Profile.Type type) throws BadProfileException {
        Json value = fields.get("default");
        if (value == null) {
            return null;
        }
        boolean isNumber = type == Profile.Type.INTEGER || type == Profile.Type.REAL;
        if (isNumber && value instanceof Json.Num number) {
            return number.number().toPlainString();
        }
        if (!isNumber && value instanceof Json.Text text) {
            return Sql.text(text.text());
        }
        throw bad(value.line(), "'default' takes " + (isNumber ? "a number" : "a text") + ", as the column does");
    }

    private Source source(Json json, List<String> key, Map<String, Column> columns) throws BadProfileException {
        Fields fields = Fields.of(profile, "a source", json, "keys", "read", "newest", "values");
        Read read = fields.oneOf("read", Read.class);
        KeyPattern keys;
        try {
            keys = KeyPattern.parse(fields.text("keys"));
        } catch (IllegalArgumentException e) {
            throw bad(fields.need("keys").line(), String.valueOf(e.getMessage()));
        }
        if (fields.has("newest") && read != Read.LIST) {
            throw bad(fields.need("newest").line(), "only a list has a newest end");
        }
        List<Filling> fillings = new ArrayList<>();
        Set<String> filled = new HashSet<>();
        for (Map.Entry<String, Json> filling : fields.members("values").entrySet()) {
            Column column =
                    require(columns, filling.getKey(), filling.getValue().line());
            Value value = values.ofSource(filling.getValue(), read, keys);
            values.checkUnits(value, column);
            fillings.add(new Filling(column.name(), value));
            filled.add(column.name());
        }
        for (String part : key) {
            if (!filled.contains(part)) {
                throw bad(fields.line(), "this source says nothing about " + part + ", which belongs to the key");
            }
        }
        return new Source(
                fields.line(), keys, read, fields.oneOf("newest", Newest.class, Newest.HEAD), List.copyOf(fillings));
    }

    // ---- what columns say of each other

    private Column require(Map<String, Column> columns, String name, int line) throws BadProfileException {
        Column column = columns.get(name);
        if (column == null) {
            throw bad(
                    line,
                    "there is no column '" + name + "'; the nearest is '" + NearestName.of(name, columns.keySet())
                            + "'");
        }
        return column;
    }

    private void checkColumns(Value value, Column of, Map<String, Column> columns) throws BadProfileException {
        for (String name : ValueParser.columnsOf(value)) {
            Column used = require(columns, name, value.line());
            if (value instanceof Value.Column
                    && used.unit() != null
                    && of.unit() != null
                    && !used.unit().becomes(of.unit())) {
                throw bad(value.line(), "column " + name + " cannot be turned into the unit of " + of.name());
            }
        }
    }

    private void checkCircles(Map<String, Column> columns) throws BadProfileException {
        for (Column column : columns.values()) {
            checkCircle(column, columns, new ArrayList<>());
        }
    }

    private void checkCircle(Column column, Map<String, Column> columns, List<String> path) throws BadProfileException {
        if (path.contains(column.name())) {
            throw bad(column.line(), "columns wait for each other: " + String.join(", ", path));
        }
        path.add(column.name());
        for (Value value : column.otherwise()) {
            for (String name : ValueParser.columnsOf(value)) {
                checkCircle(require(columns, name, value.line()), columns, path);
            }
        }
        path.remove(path.size() - 1);
    }

    private BadProfileException bad(int line, String mistake) {
        return new BadProfileException(profile, line, mistake);
    }
}
