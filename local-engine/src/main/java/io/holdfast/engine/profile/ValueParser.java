package io.holdfast.engine.profile;

import io.holdfast.engine.profile.Profile.Column;
import io.holdfast.engine.profile.Profile.Read;
import io.holdfast.engine.rule.NearestName;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads what a column holds: in a source, of the key that makes the row, and beside the sources, of what the row leads to. */
final class ValueParser {
    private static final Pattern JSON_PATH = Pattern.compile("\\$(\\.([A-Za-z0-9_-]+|\"[^\"']+\")|\\[(#-)?\\d+])*");
    private static final int LESS_SECONDS_MAX = 1_000_000_000;

    private static final Set<String> OF_SOURCE =
            new TreeSet<>(Set.of("part", "field", "json", "from", "constant", "sum", "join", "object"));
    private static final Set<String> OF_ROW =
            new TreeSet<>(Set.of("field", "json", "score", "members", "constant", "object", "column", "plus", "minus"));

    /** Deeper, and SQLite's parser in other programs could not follow what becomes of it. */
    private static final int NESTED_MAX = 3;

    private final String profile;
    private int nested;

    ValueParser(String profile) {
        this.profile = profile;
    }

    // ---- in a source

    /** One value, or a list of which the first that is there counts. */
    Value ofSource(Json json, Read read, KeyPattern keys) throws BadProfileException {
        require(nested < NESTED_MAX, json, "values nest " + NESTED_MAX + " deep at most");
        nested++;
        Value value = inSource(json, read, keys);
        nested--;
        return value;
    }

    private Value inSource(Json json, Read read, KeyPattern keys) throws BadProfileException {
        if (json instanceof Json.Arr list) {
            return new Value.First(list.line(), allOfSource(list.items(), read, keys));
        }
        String kind = kind(json, OF_SOURCE);
        return switch (kind) {
            case "part" -> {
                Fields fields = fields(json, kind, "unit");
                String name = fields.text("part");
                Set<String> parts = keys.parts("key").keySet();
                if (!parts.contains(name)) {
                    throw bad(
                            json.line(),
                            "'" + keys + "' has no part '" + name + "'"
                                    + (parts.isEmpty()
                                            ? ""
                                            : "; the nearest is '" + NearestName.of(name, parts) + "'"));
                }
                yield new Value.Part(json.line(), name, unit(fields));
            }
            case "field" -> {
                Fields fields = fields(json, kind, "unit");
                require(read == Read.HASH, json, "only a hash has fields");
                yield new Value.Field(json.line(), fields.text(kind), unit(fields), null);
            }
            case "json" -> {
                Fields fields = fields(json, kind, "unit");
                require(read != Read.HASH, json, "a hash is read by 'field'");
                yield new Value.Path(json.line(), path(fields), unit(fields), null);
            }
            case "from" -> own(json, read);
            case "sum" ->
                new Value.Sum(json.line(), allOfSource(fields(json, kind).list(kind), read, keys));
            case "join" ->
                new Value.Joined(json.line(), allOfSource(fields(json, kind).list(kind), read, keys));
            case "object" -> {
                Map<String, Value> members = new LinkedHashMap<>();
                for (Map.Entry<String, Json> member :
                        fields(json, kind).members(kind).entrySet()) {
                    members.put(member.getKey(), ofSource(member.getValue(), read, keys));
                }
                yield new Value.JsonObject(json.line(), members);
            }
            default -> constant(json);
        };
    }

    private List<Value> allOfSource(List<Json> items, Read read, KeyPattern keys) throws BadProfileException {
        List<Value> values = new ArrayList<>();
        for (Json item : items) {
            values.add(ofSource(item, read, keys));
        }
        return List.copyOf(values);
    }

    private Value own(Json json, Read read) throws BadProfileException {
        Fields fields = fields(json, "from", "unit", "less");
        Value.What what = fields.oneOf("from", Value.What.class);
        Unit unit = unit(fields);
        int less = fields.number("less", 0);
        switch (what) {
            case VALUE -> require(read != Read.HASH, json, "a hash is read by 'field'");
            case SCORE -> require(read == Read.SORTED_SET, json, "only a sorted set has scores");
            case POSITION -> require(read == Read.LIST, json, "only a list has positions");
            case EXPIRES -> unit = Unit.MILLISECONDS;
            case KEY, TTL -> {}
        }
        require(less <= LESS_SECONDS_MAX, json, "'less' goes up to " + LESS_SECONDS_MAX + " seconds");
        require(less == 0 || what == Value.What.EXPIRES, json, "'less' is for the time at which a key expires");
        return new Value.Own(json.line(), what, unit, less);
    }

    // ---- beside the sources

    /** What a row leads to: other keys, and its other columns. */
    Value ofRow(Json json) throws BadProfileException {
        String kind = kind(json, OF_ROW);
        return switch (kind) {
            case "field" -> {
                Fields fields = fields(json, kind, "unit", "at");
                yield new Value.Field(json.line(), fields.text(kind), unit(fields), at(fields));
            }
            case "json" -> {
                Fields fields = fields(json, kind, "unit", "at");
                yield new Value.Path(json.line(), path(fields), unit(fields), at(fields));
            }
            case "score" -> {
                Fields fields = fields(json, kind, "unit", "at");
                yield new Value.ScoreOf(json.line(), fields.text(kind), unit(fields), at(fields));
            }
            case "members" -> new Value.Members(json.line(), template(fields(json, kind), kind));
            case "object" -> {
                Map<String, Value> members = new LinkedHashMap<>();
                for (Map.Entry<String, Json> member :
                        fields(json, kind).members(kind).entrySet()) {
                    Value value = ofRow(member.getValue());
                    require(!(value instanceof Value.JsonObject), json, "an object here has no other in it");
                    members.put(member.getKey(), value);
                }
                yield new Value.JsonObject(json.line(), members);
            }
            case "column" -> new Value.Column(json.line(), fields(json, kind).text(kind));
            case "plus" -> reckoned(json, kind, '+');
            case "minus" -> reckoned(json, kind, '-');
            default -> constant(json);
        };
    }

    private Value reckoned(Json json, String kind, char sign) throws BadProfileException {
        List<String> columns = fields(json, kind).texts(kind);
        require(columns.size() == 2, json, "'" + kind + "' takes two columns");
        return new Value.Reckoned(json.line(), columns.get(0), sign, columns.get(1));
    }

    private KeyTemplate at(Fields fields) throws BadProfileException {
        return template(fields, "at");
    }

    private KeyTemplate template(Fields fields, String name) throws BadProfileException {
        try {
            return KeyTemplate.parse(fields.text(name));
        } catch (IllegalArgumentException e) {
            throw bad(fields.need(name).line(), String.valueOf(e.getMessage()));
        }
    }

    // ---- both

    private String kind(Json json, Set<String> kinds) throws BadProfileException {
        if (!(json instanceof Json.Obj object)) {
            throw bad(
                    json.line(),
                    "a value is an object such as {\"" + kinds.iterator().next() + "\": …}");
        }
        List<String> found =
                object.members().keySet().stream().filter(kinds::contains).toList();
        if (found.size() == 1) {
            return found.get(0);
        }
        if (found.isEmpty() && !object.members().isEmpty()) {
            String first = object.members().keySet().iterator().next();
            throw bad(
                    json.line(),
                    "a value here has no '" + first + "'; the nearest is '" + NearestName.of(first, kinds) + "'");
        }
        throw bad(json.line(), "a value has one of " + String.join(", ", kinds));
    }

    private Fields fields(Json json, String kind, String... others) throws BadProfileException {
        String[] known = new String[others.length + 1];
        known[0] = kind;
        System.arraycopy(others, 0, known, 1, others.length);
        return Fields.of(profile, "a value of '" + kind + "'", json, known);
    }

    private Value constant(Json json) throws BadProfileException {
        return new Value.Constant(json.line(), fields(json, "constant").text("constant"));
    }

    private static @Nullable Unit unit(Fields fields) throws BadProfileException {
        return fields.has("unit") ? fields.oneOf("unit", Unit.class) : null;
    }

    private String path(Fields fields) throws BadProfileException {
        String path = fields.text("json");
        if (!JSON_PATH.matcher(path).matches()) {
            throw bad(fields.need("json").line(), "'" + path + "' is no JSON path such as $.usage.total or $.items[0]");
        }
        return path;
    }

    /** A value that says its unit needs a column that says its own. */
    void checkUnits(Value value, Column column) throws BadProfileException {
        Unit unit = unitOf(value);
        if (unit != null && (column.unit() == null || !unit.becomes(column.unit()))) {
            throw bad(
                    value.line(),
                    column.unit() == null
                            ? "column " + column.name() + " has no unit that this could be turned into"
                            : "this cannot be turned into the unit of column " + column.name());
        }
        List<Value> inner =
                value instanceof Value.First first ? first.of() : value instanceof Value.Sum sum ? sum.of() : List.of();
        for (Value one : inner) {
            checkUnits(one, column);
        }
    }

    static @Nullable Unit unitOf(Value value) {
        if (value instanceof Value.Part part) {
            return part.unit();
        } else if (value instanceof Value.Field field) {
            return field.unit();
        } else if (value instanceof Value.Path path) {
            return path.unit();
        } else if (value instanceof Value.Own own) {
            return own.unit();
        } else if (value instanceof Value.ScoreOf score) {
            return score.unit();
        }
        return null;
    }

    /** The columns of its row that a value asks for. */
    static List<String> columnsOf(Value value) {
        List<String> columns = new ArrayList<>();
        if (value instanceof Value.Column column) {
            columns.add(column.name());
        } else if (value instanceof Value.Reckoned reckoned) {
            columns.add(reckoned.left());
            columns.add(reckoned.right());
        } else if (value instanceof Value.ScoreOf score) {
            columns.add(score.column());
            columns.addAll(score.at().columns());
        } else if (value instanceof Value.Members members) {
            columns.addAll(members.at().columns());
        } else if (value instanceof Value.Field field && field.at() != null) {
            columns.addAll(field.at().columns());
        } else if (value instanceof Value.Path path && path.at() != null) {
            columns.addAll(path.at().columns());
        } else if (value instanceof Value.JsonObject object) {
            object.members().values().forEach(member -> columns.addAll(columnsOf(member)));
        }
        return columns;
    }

    private void require(boolean right, Json json, String otherwise) throws BadProfileException {
        if (!right) {
            throw bad(json.line(), otherwise);
        }
    }

    private BadProfileException bad(int line, String mistake) {
        return new BadProfileException(profile, line, mistake);
    }
}
