package io.holdfast.sync.replay;

import static io.holdfast.sync.replay.ReplayFixture.effect;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.exec.Journal.Scope;
import io.holdfast.sync.conflict.ConflictPolicy;
import io.holdfast.sync.conflict.ConflictRules;
import io.holdfast.sync.journal.Conflict;
import io.holdfast.sync.replay.Heard.News;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Each journaled effect is accounted for by itself, although fewer commands are sent. */
class CompactionReplayTest extends ReplayNodeTest {
    private void replay() {
        redis.cli("CONFIG", "RESETSTAT");
        assertThat(node.replay()).isEqualTo(new News.CaughtUp(node.journal.committedSequence()));
    }

    private List<Long> refused(String error) {
        return node.deadLetters().stream()
                .peek(stored -> assertThat(stored.letter().error()).contains(error))
                .map(stored -> stored.letter().sequence())
                .sorted()
                .toList();
    }

    private String calls(String command) {
        return redis.cli("INFO", "commandstats")
                .lines()
                .filter(line -> line.startsWith("cmdstat_" + command + ":calls="))
                .map(line -> line.substring(line.indexOf('=') + 1, line.indexOf(',')))
                .findFirst()
                .orElse("0");
    }

    @Test
    void whatIsRefusedFoldedIsADeadLetterForEachWrite() {
        redis.cli("SET", "list", "in the way");
        node.write("RPUSH", "list", "a");
        node.write("INCRBY", "n", "1");
        node.write("RPUSH", "list", "b");
        node.write("INCRBY", "n", "2");

        replay();

        assertThat(calls("rpush")).isEqualTo("1");
        assertThat(calls("incrby")).isEqualTo("1");
        assertThat(refused("WRONGTYPE")).containsExactly(1L, 3L);
        assertThat(redis.cli("GET", "n")).isEqualTo("3");
        assertThat(node.cursor()).isEqualTo("4");
    }

    @Test
    void whatIsNotEvenQueuedIsSentOneByOneUntilTheCulpritsAreFound() {
        redis.cli("ACL", "SETUSER", "replay", "on", ">secret", "~*", "&*", "+@all", "-rpush");
        node.user = "replay";
        node.password = "secret";
        node.write("RPUSH", "list", "a");
        node.write("INCRBY", "list", "1");
        node.write("RPUSH", "list", "b");
        node.write("RPUSH", "list", "c");
        node.write("DEL", "gone");
        node.write("INCRBY", "n", "1");
        node.write("INCRBY", "n", "2");

        replay();

        assertThat(refused("NOPERM")).containsExactly(1L, 3L, 4L);
        assertThat(redis.cli("GET", "list")).isEqualTo("1");
        assertThat(redis.cli("GET", "n")).isEqualTo("3");
    }

    @Test
    void aSumThatOverflowsThereIsRefusedWhole() {
        redis.cli("SET", "n", Long.toString(Long.MAX_VALUE - 7));
        node.write("INCRBY", "n", "5");
        node.write("INCRBY", "n", "5");

        replay();

        assertThat(refused("overflow")).containsExactly(1L, 2L);
        assertThat(redis.cli("GET", "n")).isEqualTo(Long.toString(Long.MAX_VALUE - 7));
    }

    @Test
    void othersAreComparedWithBeforeAnythingIsFolded() {
        node.rules = new ConflictRules(ConflictPolicy.UPSTREAM_WINS, Map.of());
        redis.cli("SET", "theirs", "changed");
        redis.cli("SET", "ours", "base");
        for (String key : List.of("theirs", "ours")) {
            node.write(Scope.BASE, effect(0, "SET", key, "base"));
            node.write("SET", key, "1");
            node.write("SET", key, "2");
        }

        replay();

        assertThat(redis.cli("MGET", "theirs", "ours")).isEqualTo("changed\n2");
        assertThat(node.conflicts()).extracting(Conflict::sequence).containsExactly(2L, 3L);
        assertThat(calls("set")).isEqualTo("1");
    }

    @Test
    void offMeansThatEachWriteIsSent() {
        node.compacts = false;
        for (int i = 0; i < 5; i++) {
            node.write("INCRBY", "n", "1");
        }

        replay();

        assertThat(calls("incrby")).isEqualTo("5");
        assertThat(redis.cli("GET", "n")).isEqualTo("5");
    }
}
