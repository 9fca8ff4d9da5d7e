package io.holdfast.sync.replay;

import static io.holdfast.sync.replay.ReplayFixture.effect;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.exec.Journal.Scope;
import io.holdfast.resp.Bytes;
import io.holdfast.sync.conflict.ConflictPolicy;
import io.holdfast.sync.conflict.ConflictRules;
import io.holdfast.sync.journal.Conflict;
import io.holdfast.sync.replay.Heard.News;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Keys that are too big together to be compared with the upstream at once. */
class BigConflictTest extends ReplayNodeTest {
    private static final int KEYS = 9;
    private static final int FIELDS = 1_500;

    private static String[] words(String command, String key, int pairs, boolean scores) {
        List<String> words = new ArrayList<>(List.of(command, key));
        for (int i = 0; i < pairs; i++) {
            words.add(scores ? "" + i : "field-" + i);
            words.add(scores ? "member-" + i : "value-" + i);
        }
        return words.toArray(String[]::new);
    }

    private void both(String command, String key, boolean scores) {
        String[] words = words(command, key, FIELDS, scores);
        redis.cli(words);
        node.write(Scope.BASE, effect(0, words));
    }

    @Test
    void eachIsFoundChangedWhereItWas() {
        node.rules = new ConflictRules(ConflictPolicy.LOCAL_WINS, Map.of());
        for (int i = 0; i < KEYS; i++) {
            both("HSET", "h" + i, false);
            both("ZADD", "z" + i, true);
            node.write("HSET", "h" + i, "field-7", "ours");
            node.write("ZADD", "z" + i, "70", "member-7");
        }
        for (String theirs : List.of("h0", "h4", "h8")) {
            redis.cli("HSET", theirs, "field-7", "theirs");
        }
        redis.cli("ZADD", "z8", "7000", "member-7");
        redis.cli("ZADD", "z3", "7000", "member-8"); // nobody here writes that one

        assertThat(node.replay()).isInstanceOf(News.CaughtUp.class);

        assertThat(node.conflicts())
                .extracting(Conflict::key)
                .containsExactlyInAnyOrder(Bytes.of("h0"), Bytes.of("h4"), Bytes.of("h8"), Bytes.of("z8"));
        for (int i = 0; i < KEYS; i++) {
            assertThat(redis.cli("HGET", "h" + i, "field-7")).isEqualTo("ours");
            assertThat(redis.cli("ZSCORE", "z" + i, "member-7")).isEqualTo("70");
        }
        assertThat(redis.cli("ZSCORE", "z3", "member-8")).isEqualTo("7000");
    }

    @Test
    void aStringThatOthersMadeOfAHashIsReadOnlyIfItIsNotTooBig() {
        String longer = "" + 17 * 1024 * 1024;
        for (String key : List.of("small", "big")) {
            node.write(Scope.BASE, effect(0, "HSET", key, "f", "v"));
            node.write("HSET", key, "f", "ours");
        }
        redis.cli("SET", "small", "theirs");
        redis.cli("SETRANGE", "big", longer, "theirs");
        redis.cli("CONFIG", "RESETSTAT");

        assertThat(node.replay()).isInstanceOf(News.CaughtUp.class);

        assertThat(redis.cli("INFO", "commandstats")).contains("cmdstat_get:calls=1,");
        assertThat(redis.cli("TYPE", "big")).isEqualTo("string");
        assertThat(node.deadLetters())
                .hasSize(2)
                .allMatch(stored -> stored.letter().error().startsWith("WRONGTYPE"));
    }
}
