package io.holdfast.proxy.files;

import io.holdfast.engine.store.TableReader;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Rows of an answer, all of them in memory: for questions that ask for few. On one thread. */
final class TableRows implements TableReader.Sink {
    private final List<Row> rows = new ArrayList<>();

    /** One row. */
    record Row(List<@Nullable Object> values) {
        long number(int column) {
            return values.get(column) instanceof Long number ? number : 0;
        }

        /** Empty where there is none: SQLite's driver tells no empty blob from null. */
        byte[] bytes(int column) {
            return values.get(column) instanceof byte[] bytes ? bytes : new byte[0];
        }

        List<String> textsFrom(int column) {
            return values.subList(column, values.size()).stream()
                    .map(String::valueOf)
                    .toList();
        }
    }

    static List<Row> ask(TableReader reader, String sql) {
        var answer = new TableRows();
        reader.ask(sql, TableReader.Limits.NONE, answer);
        return answer.rows;
    }

    @Override
    public void columns(List<String> names) {}

    @Override
    public void row(List<@Nullable Object> values) {
        rows.add(new Row(values));
    }
}
