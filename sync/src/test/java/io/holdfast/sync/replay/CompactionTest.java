package io.holdfast.sync.replay;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.Effect;
import io.holdfast.engine.exec.Journal;
import io.holdfast.engine.exec.Journal.Scope;
import io.holdfast.engine.family.Families;
import io.holdfast.resp.Bytes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What folds, and what does not; {@link CompactionModelTest} asks a real Redis whether it makes a difference. */
class CompactionTest {
    private static final CommandTable COMMANDS = CommandTable.of(Families.all());
    private static final long NOW_MS = 1_000_000_000_000L;

    private static Effect effect(String words) {
        String timed = words.replace("soon", Long.toString(NOW_MS + Compaction.AHEAD_MS))
                .replace("later", Long.toString(NOW_MS + 2 * Compaction.AHEAD_MS));
        return new Effect(
                0, Arrays.stream(timed.trim().split(" ", -1)).map(Bytes::of).toList());
    }

    private static Compaction of(List<Journal.Entry> entries) {
        var compaction = new Compaction(COMMANDS, true, NOW_MS);
        for (Journal.Entry entry : entries) {
            for (int i = 0; i < entry.effects().size(); i++) {
                compaction.add(entry, i, entry.effects().get(i), true);
            }
        }
        return compaction;
    }

    /** An entry for each part between semicolons, of an effect for each part between plus signs. */
    private static List<Journal.Entry> entries(String text) {
        List<Journal.Entry> entries = new ArrayList<>();
        for (String entry : text.split(";", -1)) {
            List<Effect> effects = Arrays.stream(entry.split("\\+", -1))
                    .map(CompactionTest::effect)
                    .toList();
            entries.add(new Journal.Entry(entries.size() + 1, Scope.UPSTREAM, NOW_MS, effects));
        }
        return entries;
    }

    private static String sent(Compaction compaction) {
        return compaction.commands().stream()
                .map(one -> one.effect().command().stream().map(Bytes::utf8).collect(Collectors.joining(" ")))
                .collect(Collectors.joining("; "))
                .replace(Long.toString(NOW_MS + Compaction.AHEAD_MS), "soon")
                .replace(Long.toString(NOW_MS + 2 * Compaction.AHEAD_MS), "later");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            SET k 1; SET k 2                               | SET k 2
            INCRBY k 1; APPEND k x; DEL k; SET k 2         | SET k 2
            LPUSH k a; SET k 1 PXAT 5                      | SET k 1 PXAT 5
            INCRBY k 1; INCRBY k 2; INCRBY j 5             | INCRBY k 3; INCRBY j 5
            HINCRBY k f 1; HINCRBY k g 1; HINCRBY k f -1; HINCRBY k f -2 | HINCRBY k f 1; HINCRBY k g 1; HINCRBY k f -3
            RPUSH k a; RPUSH k b c; LPUSH k d; LPUSH k e   | RPUSH k a b c; LPUSH k d e
            SADD k a; SADD k b a                           | SADD k a b
            SADD k a b; SREM k a; SREM k c                 | SADD k b; SREM k a c
            SADD k a; SREM k a; SREM k b                   | SREM k a b
            HSET k f 1; HSET k g 2 f 3; HDEL k g           | HSET k f 3; HDEL k g
            ZADD k 1 m; ZADD k 2 n 3 m; ZREM k n           | ZADD k 3 m; ZREM k n
            PEXPIREAT k later; HSET k f 1; PEXPIREAT k later | HSET k f 1; PEXPIREAT k later
            HSET k f 1; PEXPIREAT k later; HSET k g 1; PERSIST k | HSET k f 1 g 1; PERSIST k
            """)
    void folds(String journaled, String sent) {
        Compaction compaction = of(entries(journaled));

        assertThat(sent(compaction)).isEqualTo(sent);
        assertThat(compaction.isFolded()).isTrue();
        assertThat(compaction.size()).isEqualTo(sent.split(";", -1).length);
        assertThat(compaction.commands().stream()
                        .flatMap(one -> one.raws().stream())
                        .map(raw -> raw.entry().sequence()))
                .as("each entry is accounted for once")
                .containsExactlyInAnyOrderElementsOf(
                        entries(journaled).stream().map(Journal.Entry::sequence).toList());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            SET k 1; SET k 2 KEEPTTL                | the time to live of the first matters
            SET k 1 NX; SET k 2                     | its reply says whether others were there before
            LREM k 1 a; DEL k                       | its reply says whether others have taken it
            INCRBY k 1; INCRBY k -1                 | it may overflow in between
            INCRBY k 999999999999999999; INCRBY k 9223372036854775807 | the sum overflows
            SREM k a; SADD k a                      | the key may go in between, and its time to live with it
            INCRBYFLOAT k 0.1; INCRBYFLOAT k 0.2    | rounding
            PEXPIREAT k soon; PEXPIREAT k later     | it may have passed upstream
            HSET k f 1; PEXPIREAT k soon; HSET k g 1| likewise
            ZADD k NX 1 m; ZADD k NX 2 m            | not in the table
            INCRBY k 1; MSET k 1 j 1; INCRBY k 1    | several keys
            INCRBY k 1; INCRBY k 1 + INCRBY j 1; INCRBY k 1 | a transaction
            INCRBY k 1; COPY j i DB 1; INCRBY k 1   | another database, of which it may be the same key
            HSET k f 1; FLUSHALL; HSET k f 1        | all keys
            RPUSH k a; SORT k STORE j; RPUSH k a    | it is read in between
            """)
    void doesNotFold(String journaled, String why) {
        Compaction compaction = of(entries(journaled));

        assertThat(sent(compaction))
                .as(why)
                .isEqualTo(journaled.replace(" +", ";").replace("  ", " "));
        assertThat(compaction.isFolded()).isFalse();
    }

    @Test
    void whatIsSentOnceMoreOrWasDecidedAboutIsLeftAlone() {
        var requeued = new Journal.Entry(1, Scope.REQUEUED, NOW_MS, List.of(effect("INCRBY k 1")));
        var compaction = new Compaction(COMMANDS, true, NOW_MS);
        compaction.add(requeued, 0, requeued.effects().get(0), true);
        var decided = new Journal.Entry(2, Scope.UPSTREAM, NOW_MS, List.of(effect("INCRBY k 1")));
        compaction.add(decided, 0, decided.effects().get(0), false);
        compaction.add(decided, 0, decided.effects().get(0), true);

        assertThat(sent(compaction)).isEqualTo("INCRBY k 1; INCRBY k 1; INCRBY k 1");
    }

    @Test
    void aTransactionTakesEntriesByWhatIsSentOfThem() {
        List<Journal.Entry> entries = entries("INCRBY k 1; INCRBY k 1; INCRBY j 1; INCRBY k 1; INCRBY l 1; INCRBY k 1");

        assertThat(new Compaction(COMMANDS, true, NOW_MS).take(entries, 2)).isEqualTo(3);
        assertThat(new Compaction(COMMANDS, false, NOW_MS).take(entries, 2)).isEqualTo(2);
        assertThat(new Compaction(COMMANDS, true, NOW_MS).take(entries, 9)).isEqualTo(6);
        assertThat(new Compaction(COMMANDS, true, NOW_MS).take(entries("INCRBY k 1 + INCRBY j 1"), 1))
                .isEqualTo(1);
    }
}
