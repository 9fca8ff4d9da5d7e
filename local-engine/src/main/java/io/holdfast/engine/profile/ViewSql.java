package io.holdfast.engine.profile;

import io.holdfast.engine.profile.Profile.Column;
import io.holdfast.engine.profile.Profile.Filling;
import io.holdfast.engine.profile.Profile.Merge;
import io.holdfast.engine.profile.Profile.Read;
import io.holdfast.engine.profile.Profile.Source;
import io.holdfast.engine.profile.Profile.View;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Turns a profile into SQL over the tables of {@code storage.db}: a view each, and the indexes by which a row is found by its
 * key columns. A pure function; what it makes runs on SQLite 3.37 and newer.
 *
 * <pre>
 *   select key columns, coalesce(what the sources say, what other keys say, the default)
 *   from (
 *       for each source, one row for each key of the view:
 *           select its values … from keyspace … where the key matches and has not expired group by key columns
 *       union all …
 *       of each row's columns the first source's that has one: window functions, through which SQLite pushes
 *       a condition on the key columns down to the sources' indexes (through a group by it does not)
 *   )
 * </pre>
 */
public final class ViewSql {
    /** Behind which the name of a view's or index's profile stands in its SQL. */
    public static final String MARK = "/* holdfast profile ";

    /** The table of what waits for the upstream, where a profile wants it. */
    public static final String QUEUE = "profile_queue";

    private static final String CREATE_QUEUE = """
            create table profile_queue /* holdfast profile */ (
                id integer primary key,
                operation_type text not null,
                redis_key text not null,
                redis_value text,
                redis_score real,
                hash_field text,
                ttl_seconds integer,
                created_at integer not null,
                sync_status text not null,
                sync_attempts integer not null,
                last_sync_attempt integer
            ) strict
            """;

    private static final String NOW_MS = "cast((julianday('now') - 2440587.5) * 86400000 as integer)";
    private static final String BY_KEY = "profile_key";

    private final Profile profile;

    private ViewSql(Profile profile) {
        this.profile = profile;
    }

    /** The statements that make each view and index, by its name; indexes first. */
    public static Map<String, String> of(List<Profile> profiles) {
        Map<String, String> statements = new LinkedHashMap<>();
        if (!profiles.isEmpty()) {
            statements.put(BY_KEY, "create index " + BY_KEY + " on keyspace (key) " + MARK + "*/");
        }
        Map<String, String> views = new LinkedHashMap<>();
        for (Profile profile : profiles) {
            var sql = new ViewSql(profile);
            if (profile.queue() != null) {
                statements.put(QUEUE, CREATE_QUEUE);
                views.put(profile.queue(), sql.create(profile.queue(), "\nselect * from " + QUEUE));
            }
            for (View view : profile.views()) {
                statements.putAll(sql.indexes(view));
                views.putAll(sql.views(view));
            }
        }
        statements.putAll(views);
        return statements;
    }

    private String mark() {
        return MARK + profile.name() + " */";
    }

    // ---- indexes

    /** One for each source of which some key column is made of the key's name alone. */
    private Map<String, String> indexes(View view) {
        Map<String, String> indexes = new LinkedHashMap<>();
        int number = 0;
        for (Source source : view.sources()) {
            number++;
            var inSource = new SourceSql(source, "key", "");
            List<String> columns = source.values().stream()
                    .filter(filling -> view.key().contains(filling.column()) && isOfName(filling.value()))
                    .map(filling -> inSource.converted(filling.value(), view.column(filling.column())))
                    .toList();
            String what = "(" + String.join(", ", columns) + ") " + mark() + "\nwhere "
                    + source.keys().range("key");
            boolean isNew = indexes.values().stream().noneMatch(other -> other.endsWith(what));
            if (isNew && !columns.isEmpty() && !source.keys().isOneKey()) {
                String name = "profile_" + view.name() + "#" + number; // no view's name has that sign
                indexes.put(name, "create index " + Sql.name(name) + " on keyspace " + what);
            }
        }
        return indexes;
    }

    /** And not by way of a clock, which SQLite lets into no index. */
    private static boolean isOfName(Value value) {
        if (value instanceof Value.Joined joined) {
            return joined.of().stream().allMatch(ViewSql::isOfName);
        }
        return value instanceof Value.Constant
                || (value instanceof Value.Part part
                        && (part.unit() == null || part.unit() == Unit.HOUR || part.unit() == Unit.DAY));
    }

    // ---- the view

    /**
     * What the sources say, and a view more for each time that columns wait for others: one statement with all of it would be
     * nested deeper than SQLite's parser goes in many builds, and a view that it cannot parse makes the whole file unreadable.
     */
    private Map<String, String> views(View view) {
        Map<String, String> views = new LinkedHashMap<>();
        String below = "profile_" + view.name() + "_rows";
        views.put(below, create(below, view.sources().size() == 1 ? arm(view, 1) : merged(view)));
        int last = view.columns().stream()
                .mapToInt(column -> rank(view, column))
                .max()
                .orElse(0);
        for (int rank = 0; rank <= last; rank++) {
            int now = rank;
            var row = new RowSql(profile, view);
            String columns = view.columns().stream()
                    .map(column -> {
                        String name = Sql.name(column.name());
                        return "    " + (rank(view, column) == now ? row.column(column) + " as " + name : "r." + name);
                    })
                    .collect(Collectors.joining(",\n"));
            String name = rank == last ? view.name() : "profile_" + view.name() + "_" + rank;
            views.put(name, create(name, "\nselect\n" + columns + "\nfrom " + Sql.name(below) + " r"));
            below = name;
        }
        return views;
    }

    /** How many columns have to be known before this one. */
    private static int rank(View view, Column column) {
        int rank = 0;
        for (Value value : column.otherwise()) {
            for (String used : ValueParser.columnsOf(value)) {
                if (!view.key().contains(used)) {
                    rank = Math.max(rank, rank(view, view.column(used)) + 1);
                }
            }
        }
        return rank;
    }

    private String create(String name, String select) {
        return "create view " + Sql.name(name) + " as " + mark() + select;
    }

    private String merged(View view) {
        String keys = names(view.key());
        String partition = " over (partition by " + keys + ")";
        List<String> columns = new ArrayList<>();
        for (Column column : view.columns()) {
            if (view.key().contains(column.name())) {
                columns.add(Sql.name(column.name()));
            } else if (column.merge() == Merge.SUM) {
                columns.add("sum(" + Sql.name(column.name()) + ")" + partition + " as " + Sql.name(column.name()));
            } else {
                columns.add(firstOf(view, column, partition) + " as " + Sql.name(column.name()));
            }
        }
        columns.add("row_number() over (partition by " + keys + " order by \"source\") as \"#\"");
        List<String> arms = new ArrayList<>();
        for (int i = 1; i <= view.sources().size(); i++) {
            arms.add(arm(view, i));
        }
        return "\nselect " + names(view.columns().stream().map(Column::name).toList()) + "\nfrom (\n  select "
                + String.join(",\n    ", columns) + "\n  from ("
                + indented(String.join("\nunion all", arms)) + "\n  )\n)\nwhere \"#\" = 1";
    }

    private static String firstOf(View view, Column column, String partition) {
        List<String> each = new ArrayList<>();
        for (int i = 1; i <= view.sources().size(); i++) {
            if (valueOf(view.sources().get(i - 1), column.name()) != null) {
                each.add("max(case when \"source\" = " + i + " then " + Sql.name(column.name()) + " end)" + partition);
            }
        }
        return each.isEmpty() ? "null" : coalesce(each);
    }

    /** What one source says: one row for each key of the view, of several the newest. */
    private String arm(View view, int number) {
        Source source = view.sources().get(number - 1);
        var inSource = new SourceSql(source, "k.key", "k.");
        List<String> columns = new ArrayList<>(List.of(number + " as \"source\""));
        List<String> keys = new ArrayList<>();
        List<String> known = new ArrayList<>();
        for (Column column : view.columns()) {
            Value value = valueOf(source, column.name());
            String sql = value == null ? "null" : inSource.converted(value, column);
            if (view.key().contains(column.name())) {
                keys.add(sql);
                known.add(sql + " is not null");
            } else if (value != null && column.merge() == Merge.SUM) {
                sql = "sum(" + sql + ")";
            }
            columns.add(sql + " as " + Sql.name(column.name()));
        }
        columns.add("min(" + inSource.rank() + ") as \"rank\"");
        return "\nselect " + String.join(",\n    ", columns)
                + "\nfrom " + inSource.tables()
                + "\nwhere k.db = " + profile.database() + " and k.type = '" + inSource.type() + "'"
                + "\n    and " + source.keys().condition("k.key")
                + "\n    and " + alive()
                + (source.read() == Read.JSON ? "\n    and json_valid(" + inSource.own() + ")" : "")
                + "\n    and " + String.join(" and ", known)
                + "\ngroup by " + String.join(", ", keys);
    }

    static String alive() {
        return "(k.expires_at_ms is null or k.expires_at_ms > " + NOW_MS + ")";
    }

    private static @Nullable Value valueOf(Source source, String column) {
        return source.values().stream()
                .filter(filling -> filling.column().equals(column))
                .map(Filling::value)
                .findFirst()
                .orElse(null);
    }

    // ---- what both levels say in the same way

    /** A value as its column wants it: in its unit, and of its type. */
    static String converted(String x, @Nullable Unit unit, Column column) {
        if (unit != null && column.unit() != null) {
            return unit.in(column.unit(), x);
        }
        return typed(x, column.type());
    }

    static String typed(String x, Profile.Type type) {
        return switch (type) {
            case TEXT -> x;
            case JSON ->
                "case when " + x + " is null or json_valid(" + x + ") then " + x + " else json_quote(" + x + ") end";
            case INTEGER -> numeric(x, "integer");
            case REAL -> numeric(x, "real");
        };
    }

    /** Nothing where there is no number; SQLite would make 0 of a word. */
    private static String numeric(String x, String type) {
        return "case when ltrim(" + x + ", '+-.') glob '[0-9]*' then cast(" + x + " as " + type + ") end";
    }

    static String json(String text, String path) {
        return "case when json_valid(" + text + ") then json_extract(" + text + ", " + Sql.text(path) + ") end";
    }

    static String coalesce(List<String> each) {
        return each.size() == 1 ? each.get(0) : "coalesce(" + String.join(", ", each) + ")";
    }

    static String sum(List<String> each) {
        if (each.size() == 1) {
            return each.get(0);
        }
        return "case when " + coalesce(each) + " is not null then "
                + each.stream().map(one -> "coalesce(" + one + ", 0)").collect(Collectors.joining(" + ")) + " end";
    }

    /** Members that are null are left out; where all are, there is no object. */
    static String object(Map<String, String> members) {
        String all = members.entrySet().stream()
                .map(member -> Sql.text(member.getKey()) + ", " + member.getValue())
                .collect(Collectors.joining(", "));
        List<String> values = new ArrayList<>(members.values());
        return "case when " + coalesce(values) + " is not null then json_patch('{}', json_object(" + all + ")) end";
    }

    private static String names(List<String> columns) {
        return columns.stream().map(Sql::name).collect(Collectors.joining(", "));
    }

    private static String indented(String sql) {
        return sql.replace("\n", "\n    ");
    }
}
