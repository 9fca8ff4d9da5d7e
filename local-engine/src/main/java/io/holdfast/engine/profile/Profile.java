package io.holdfast.engine.profile;

import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How some of the keys of one database are shown as tables. Immutable.
 *
 * @param database of Redis, as SELECT counts
 * @param files rows of its views that are kept as files
 * @param logs keys whose elements are written behind each other into files
 * @param queue the name of a view of what waits for the upstream; null: none
 */
public record Profile(
        String name,
        int database,
        List<View> views,
        List<ExportedFile> files,
        List<KeyLog> logs,
        @Nullable String queue) {
    /** What can be asked by its name: views, and that of what waits for the upstream. */
    public List<String> viewNames() {
        Stream<String> queues = queue == null ? Stream.of() : Stream.of(queue);
        return Stream.concat(views.stream().map(View::name), queues).toList();
    }

    /**
     * A table to look at.
     *
     * @param key the columns of which each row has others
     * @param sources in the order in which their values count
     */
    record View(int line, String name, List<String> key, List<Column> columns, List<Source> sources) {
        Column column(String called) {
            return columns.stream()
                    .filter(c -> c.name().equals(called))
                    .findFirst()
                    .orElseThrow();
        }
    }

    /**
     * A column.
     *
     * @param unit that its values are in; null: none
     * @param otherwise where no source has a value, the first that is there
     * @param standard where there is nothing at all; null: nothing
     */
    record Column(
            int line,
            String name,
            Type type,
            @Nullable Unit unit,
            Merge merge,
            List<Value> otherwise,
            @Nullable String standard) {}

    enum Type {
        TEXT,
        INTEGER,
        REAL,
        JSON
    }

    /** What becomes of the values that several sources, or several keys, have for one row. */
    enum Merge {
        FIRST,
        SUM
    }

    /**
     * Keys that make rows.
     *
     * @param values of columns by name; the others come from other sources
     */
    record Source(int line, KeyPattern keys, Read read, Newest newest, List<Filling> values) {}

    record Filling(String column, Value value) {}

    /** How a key is read. */
    enum Read {
        /** One row: fields by their names. */
        HASH,
        /** One row: a string that holds JSON. */
        JSON,
        /** One row: a string. */
        STRING,
        /** A row for each item. */
        LIST,
        SET,
        SORTED_SET
    }

    /** Which end of a list counts where it has several items for one row. */
    enum Newest {
        HEAD,
        TAIL
    }
}
