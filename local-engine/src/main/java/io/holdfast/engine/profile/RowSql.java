package io.holdfast.engine.profile;

import io.holdfast.engine.profile.Profile.Column;
import io.holdfast.engine.profile.Profile.View;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The SQL of a view's columns, in the rows that its sources make together, {@code r}. Immutable. */
final class RowSql {
    private final Profile profile;
    private final View view;

    RowSql(Profile profile, View view) {
        this.profile = profile;
        this.view = view;
    }

    /** What the sources say, else what the row leads to, else the default. Key columns stay as they are, for the indexes. */
    String column(Column column) {
        String own = "r." + Sql.name(column.name());
        if (view.key().contains(column.name())) {
            return own;
        }
        List<String> each = new ArrayList<>(List.of(own));
        for (Value value : column.otherwise()) {
            each.add(converted(value, column));
        }
        if (column.standard() != null) {
            each.add(column.standard());
        }
        return "cast(" + ViewSql.coalesce(each) + " as " + affinity(column.type()) + ")";
    }

    private static String affinity(Profile.Type type) {
        return switch (type) {
            case TEXT, JSON -> "text";
            case INTEGER -> "integer";
            case REAL -> "real";
        };
    }

    /** Another column, of the rows below. */
    private static String other(String name) {
        return "r." + Sql.name(name);
    }

    private String converted(Value value, Column column) {
        if (value instanceof Value.Column other) {
            Unit unit = view.column(other.name()).unit();
            return ViewSql.converted(other(other.name()), unit, column);
        }
        return ViewSql.converted(raw(value), ValueParser.unitOf(value), column);
    }

    private String raw(Value value) {
        if (value instanceof Value.Field field && field.at() != null) {
            return lookUp(
                    "cast(v.value as text)",
                    "hash_field",
                    "hash",
                    field.at(),
                    " and v.field = " + Sql.blob(field.name()));
        } else if (value instanceof Value.Path path && path.at() != null) {
            return lookUp(ViewSql.json("cast(v.value as text)", path.path()), "string_value", "string", path.at(), "");
        } else if (value instanceof Value.ScoreOf score) {
            return lookUp(
                    // A number that is whole is written so, as Redis does.
                    "case when v.score = cast(v.score as integer) then cast(v.score as integer) else v.score end",
                    "sorted_set_member",
                    "zset",
                    score.at(),
                    " and v.member = cast(" + other(score.column()) + " as blob)");
        } else if (value instanceof Value.Members members) {
            String all = lookUp("cast(v.member as text) as m", "set_member", "set", members.at(), " order by v.member");
            return "(select case when count(*) > 0 then json_group_array(m) end from " + all + ")";
        } else if (value instanceof Value.Constant constant) {
            return Sql.text(constant.text());
        } else if (value instanceof Value.Column other) {
            return other(other.name());
        } else if (value instanceof Value.Reckoned reckoned) {
            return "(" + other(reckoned.left()) + " " + reckoned.sign() + " " + other(reckoned.right()) + ")";
        } else if (value instanceof Value.JsonObject object) {
            Map<String, String> members = new LinkedHashMap<>();
            object.members().forEach((name, member) -> members.put(name, raw(member)));
            return ViewSql.object(members);
        }
        throw new IllegalStateException("a row has no " + value);
    }

    /** What another key holds, found by its name. */
    private String lookUp(String what, String table, String type, KeyTemplate at, String more) {
        return "(select " + what + " from keyspace k cross join " + table + " v on v.key_id = k.id where k.db = "
                + profile.database() + " and k.type = '" + type + "' and k.key = " + at.sql(RowSql::other) + " and "
                + ViewSql.alive() + more + ")";
    }
}
