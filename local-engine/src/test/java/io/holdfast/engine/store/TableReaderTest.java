package io.holdfast.engine.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.engine.config.RedisVersion;
import io.holdfast.engine.store.TableReader.Limits;
import io.holdfast.resp.Bytes;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Questions are answered from storage.db, and nothing but questions. */
class TableReaderTest {
    private static final String ENDLESS =
            "with recursive c (x) as (select 1 union all select x + 1 from c) select x from c";

    private final Path directory;

    TableReaderTest(@TempDir Path directory) {
        this.directory = directory;
    }

    @BeforeEach
    void fill() {
        try (var engine = BoundedEngine.open(directory, RedisVersion.STANDALONE, 1_000_000)) {
            engine.client().call(Bytes.of("SET"), Bytes.of("k"), Bytes.of("v;w"));
            engine.client().call(Bytes.of("ZADD"), Bytes.of("z"), Bytes.of("1.5"), Bytes.of("m"));
        }
    }

    @Test
    void valuesComeAsWhatTheyAre() {
        var rows = ask("select key, value, null as nil, 2 as number, 1.5 as real, x'ff' as bytes from strings");
        assertThat(rows.names).containsExactly("key", "value", "nil", "number", "real", "bytes");
        assertThat(rows.rows).singleElement().satisfies(row -> {
            assertThat(row.subList(0, 5)).containsExactly("k", "v;w", null, 2L, 1.5);
            assertThat(row.get(5)).isEqualTo(new byte[] {(byte) 0xff});
        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "select 1;",
                "select ';' -- ; select 2",
                "/* ; */ select 1 /* ; */;  -- the end\n",
                "select \"k;\" from (select 1 as \"k;\")",
                "select [a;b] from (select 1 as [a;b])",
                "select 'it''s; one'",
                "values (1)",
                "With x as (select 1) select * from x",
                "EXPLAIN query plan select 1"
            })
    void aSemicolonEndsTheStatementOnlyWhereItIsOne(String sql) {
        assertThat(ask(sql).rows).isNotEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            delete from keyspace                            | only select, with, values and explain are allowed here, not delete
            pragma journal_mode = delete                    | only select, with, values and explain are allowed here, not pragma
            attach 'other.db' as other                      | only select, with, values and explain are allowed here, not attach
            vacuum into 'copy.db'                           | only select, with, values and explain are allowed here, not vacuum
            begin immediate                                 | only select, with, values and explain are allowed here, not begin
            /* x */ drop table keyspace                     | only select, with, values and explain are allowed here, not drop
            select 1; delete from keyspace                  | one statement at a time; something follows the semicolon
            ''                                              | a statement begins with select, with, values or explain
            with x as (select 1) delete from keyspace       | attempt to write a readonly database
            select load_extension('x')                      | not authorized
            select * from nowhere                           | no such table: nowhere
            select 1 +                                      | incomplete input
            select nope from keyspace                       | no such column: nope
            """)
    void whatIsNoQuestionIsRefusedInOneLine(String sql, String message) {
        assertThatThrownBy(() -> ask(sql)).isInstanceOf(QueryException.class).hasMessage(message);
        assertThat(ask("select count(*) from keyspace").rows).containsExactly(List.of(2L));
    }

    @Test
    void anAnswerThatIsTooLongIsAnErrorAndNotAShorterAnswer() {
        assertThatThrownBy(() -> ask("values (1), (2), (3)", new Limits(2, 1000, 1000), () -> 0))
                .hasMessage("the answer has more than 2 rows; ask for fewer with limit");
        assertThatThrownBy(() -> ask("select printf('%.*c', 100, 'x')", new Limits(2, 99, 1000), () -> 0))
                .hasMessage("the answer has more than 99 bytes; ask for less");
        assertThat(ask("values (1), (2)", new Limits(2, 1000, 1000), () -> 0).rows)
                .hasSize(2);
    }

    @Test
    void aQuestionThatTakesTooLongIsStopped() {
        var clock = new AtomicLong();
        assertThatThrownBy(() ->
                        ask("select count(*) from (" + ENDLESS + ")", new Limits(1, 1000, 50), clock::incrementAndGet))
                .hasMessage("the answer takes longer than 50 ms; ask for less");
    }

    @Test
    void rowsComeOneByOne() {
        var seen = new ArrayList<Object>();
        try (var reader = TableReader.open(directory, () -> 0)) {
            assertThatThrownBy(() -> reader.ask(ENDLESS, Limits.NONE, new TableReader.Sink() {
                        @Override
                        public void columns(List<String> names) {
                            assertThat(names).containsExactly("x");
                        }

                        @Override
                        public void row(List<@Nullable Object> values) {
                            seen.add(values.get(0));
                            if (seen.size() == 3) {
                                throw new IllegalStateException("enough");
                            }
                        }
                    }))
                    .hasMessage("enough");
        }
        assertThat(seen).containsExactly(1L, 2L, 3L);
    }

    @Test
    void whereNothingIsItSaysSo(@TempDir Path empty) {
        assertThatThrownBy(() -> TableReader.open(empty, () -> 0))
                .isInstanceOf(StorageException.class)
                .hasMessage("there is no " + empty.resolve("storage.db") + ": no Holdfast has kept anything there yet");
        assertThat(empty).isEmptyDirectory();
    }

    private Rows ask(String sql) {
        return ask(sql, Limits.NONE, () -> 0);
    }

    private Rows ask(String sql, Limits limits, LongSupplier clock) {
        try (var reader = TableReader.open(directory, clock)) {
            var rows = new Rows();
            reader.ask(sql, limits, rows);
            return rows;
        }
    }

    private static final class Rows implements TableReader.Sink {
        private final List<String> names = new ArrayList<>();
        private final List<List<@Nullable Object>> rows = new ArrayList<>();

        @Override
        public void columns(List<String> all) {
            names.addAll(all);
        }

        @Override
        public void row(List<@Nullable Object> values) {
            rows.add(values);
        }
    }
}
