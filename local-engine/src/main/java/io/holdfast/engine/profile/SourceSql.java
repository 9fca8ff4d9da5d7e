package io.holdfast.engine.profile;

import io.holdfast.engine.profile.Profile.Column;
import io.holdfast.engine.profile.Profile.Newest;
import io.holdfast.engine.profile.Profile.Source;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The SQL of one source's values, in the rows of its tables. Immutable. */
final class SourceSql {
    private final Source source;
    private final String key;
    private final String keyspace;
    private final Map<String, String> parts;

    /**
     * @param key the column of the key's name
     * @param keyspace what stands before its table's other columns
     */
    SourceSql(Source source, String key, String keyspace) {
        this.source = source;
        this.key = key;
        this.keyspace = keyspace;
        this.parts = source.keys().parts(key);
    }

    /** The tables that its rows come from; the keys first, as their index is the way in. */
    String tables() {
        String table = switch (source.read()) {
            case HASH -> "";
            case JSON, STRING -> "string_value";
            case LIST -> "list_item";
            case SET -> "set_member";
            case SORTED_SET -> "sorted_set_member";
        };
        return "keyspace k" + (table.isEmpty() ? "" : " cross join " + table + " v on v.key_id = k.id");
    }

    String type() {
        return switch (source.read()) {
            case HASH -> "hash";
            case JSON, STRING -> "string";
            case LIST -> "list";
            case SET -> "set";
            case SORTED_SET -> "zset";
        };
    }

    /** Of several rows for one key of the view, the one with the least of these counts. */
    String rank() {
        return switch (source.read()) {
            case LIST -> source.newest() == Newest.HEAD ? "v.position" : "-v.position";
            case HASH, JSON, STRING -> "k.key";
            case SET, SORTED_SET -> "v.member";
        };
    }

    /** The string, item or member. */
    String own() {
        return switch (source.read()) {
            case JSON, STRING, LIST -> "cast(v.value as text)";
            case SET, SORTED_SET -> "cast(v.member as text)";
            case HASH -> throw new IllegalStateException("a hash is no text");
        };
    }

    /** A value as its column wants it. */
    String converted(Value value, Column column) {
        if (value instanceof Value.First first) {
            return ViewSql.coalesce(converted(first.of(), column));
        } else if (value instanceof Value.Sum sum) {
            return ViewSql.sum(converted(sum.of(), column));
        } else if (value instanceof Value.Own own && own.what() == Value.What.EXPIRES && column.unit() != null) {
            return Unit.MILLISECONDS.in(column.unit(), raw(value));
        }
        return ViewSql.converted(raw(value), ValueParser.unitOf(value), column);
    }

    private List<String> converted(List<Value> values, Column column) {
        return values.stream().map(value -> converted(value, column)).toList();
    }

    private String raw(Value value) {
        if (value instanceof Value.Part part) {
            return parts.getOrDefault(part.name(), "null");
        } else if (value instanceof Value.Field field) {
            return "(select cast(f.value as text) from hash_field f where f.key_id = " + keyspace + "id and f.field = "
                    + Sql.blob(field.name()) + ")";
        } else if (value instanceof Value.Path path) {
            return ViewSql.json(own(), path.path());
        } else if (value instanceof Value.Constant constant) {
            return Sql.text(constant.text());
        } else if (value instanceof Value.Own own) {
            return own(own);
        } else if (value instanceof Value.Joined joined) {
            return String.join(" || ", joined.of().stream().map(this::alone).toList());
        } else if (value instanceof Value.JsonObject object) {
            Map<String, String> members = new LinkedHashMap<>();
            object.members().forEach((name, member) -> members.put(name, alone(member)));
            return ViewSql.object(members);
        }
        throw new IllegalStateException("a source has no " + value);
    }

    /** Not for a column: in its own unit, written in the one way. */
    private String alone(Value value) {
        Unit unit = ValueParser.unitOf(value);
        if (value instanceof Value.First first) {
            return ViewSql.coalesce(first.of().stream().map(this::alone).toList());
        } else if (value instanceof Value.Sum sum) {
            return ViewSql.sum(sum.of().stream()
                    .map(one -> ViewSql.typed(alone(one), Profile.Type.REAL))
                    .toList());
        }
        return unit != null && unit.isWritten() ? unit.in(unit, raw(value)) : raw(value);
    }

    private String own(Value.Own own) {
        return switch (own.what()) {
            case VALUE -> own();
            case SCORE -> "v.score";
            case POSITION ->
                "v.position - (select min(i.position) from list_item i where i.key_id = " + keyspace + "id)";
            case KEY -> "cast(" + key + " as text)";
            case TTL ->
                "(" + keyspace + "expires_at_ms - cast((julianday('now') - 2440587.5) * 86400000 as integer)) / 1000";
            case EXPIRES -> "(" + keyspace + "expires_at_ms - " + own.lessSeconds() * 1000L + ")";
        };
    }
}
