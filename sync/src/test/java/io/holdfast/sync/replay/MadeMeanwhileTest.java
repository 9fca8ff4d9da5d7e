package io.holdfast.sync.replay;

import static io.holdfast.sync.replay.ReplayFixture.effect;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.exec.Journal.Scope;
import io.holdfast.sync.conflict.ConflictPolicy;
import io.holdfast.sync.conflict.ConflictRules;
import io.holdfast.sync.journal.Conflict.Winner;
import io.holdfast.sync.replay.FaultyUpstream.Step;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Keys that were not there when the outage began, and were made here and by others. */
class MadeMeanwhileTest extends ConflictingNodeTest {
    private void write(String key, String command) {
        node.writeFirst(List.of(effect(0, "DEL", key)), List.of(effect(0, command.split(" ", -1))));
    }

    @ParameterizedTest
    @CsvSource({"HSET k f theirs, HSET k f ours, HGET k f", "ZADD k 1 m, ZADD k 2 m, ZSCORE k m"})
    void aFieldOrScoreThatBothMadeIsAConflict(String theirs, String ours, String read) {
        redis.cli(theirs.split(" ", -1));
        write("k", ours);

        replay();

        assertThat(onlyConflict().winner()).isEqualTo(Winner.LOCAL);
        assertThat(onlyConflict().upstream()).isEqualTo(words(theirs.split(" ", -1)));
        assertThat(ours).contains(redis.cli(read.split(" ", -1)));
    }

    @Test
    void aFieldThatOthersDidNotMakeIsNone() {
        redis.cli("HSET", "k", "other", "theirs");
        write("k", "HSET k f ours");

        replay();

        assertThat(redis.cli("HMGET", "k", "f", "other")).isEqualTo("ours\ntheirs");
        assertThat(node.conflicts()).isEmpty();
    }

    @Test
    void whatOthersMadeStaysWhenItIsRemovedHere() {
        redis.cli("SADD", "k", "theirs");
        write("k", "SADD k ours");
        node.write("DEL", "k");

        replay();

        assertThat(redis.cli("SMEMBERS", "k")).isEqualTo("theirs");
    }

    @ParameterizedTest
    @EnumSource(
            value = ConflictPolicy.class,
            names = {"LOCAL_WINS", "UPSTREAM_WINS"})
    void aHashThatOthersMadeMeetsAString(ConflictPolicy policy) {
        node.rules = new ConflictRules(policy, Map.of());
        redis.cli("HSET", "k", "f", "theirs");
        write("k", "SET k ours");

        replay();

        boolean isOurs = policy == ConflictPolicy.LOCAL_WINS;
        assertThat(redis.cli("TYPE", "k")).isEqualTo(isOurs ? "string" : "hash");
        assertThat(onlyConflict().upstream().isEmpty()).isEqualTo(!isOurs);
    }

    @Test
    void whatOthersWriteBetweenTwoTransactionsIsSeenWhereTheFirstEndsWithABase() {
        int read = 2 * BatchSize.ENTRIES_A_COMMAND; // at a time
        node.batchEntriesMax = 2;
        for (int i = 1; i < read; i++) {
            node.write("INCRBY", "n", "1");
        }
        redis.cli("SET", "k", "base");
        node.journal.stage(Scope.BASE, node.nowMs.get(), List.of(effect(0, "SET", "k", "base")));
        node.write("SET", "k", "ours");
        node.connection = real -> new FaultyUpstream(real, (step, sent) -> {
            if (step == Step.AFTER_RECEIVE && sent.contains(words("INCRBY", "n", Integer.toString(read - 1)))) {
                redis.cli("SET", "k", "theirs");
            }
        });

        replay();

        assertThat(redis.cli("GET", "k")).isEqualTo("ours");
        assertThat(onlyConflict().upstream()).isEqualTo(words("SET", "k", "theirs"));
    }

    @Test
    void anEntryOfAStreamThatWasRefusedInALostReplyIsADeadLetter() {
        redis.cli("XADD", "s", "5-1", "f", "theirs");
        long refused = node.write("XADD", "s", "5-0", "f", "ours");
        node.write("XADD", "s", "6-0", "f", "ours");
        node.write("XADD", "s", "7-0", "f", "ours");
        node.write("XDEL", "s", "7-0");
        replayAndLoseTheReplyTo("XDEL", "s", "7-0");
        replay();

        assertThat(node.deadLetters()).singleElement().satisfies(stored -> {
            assertThat(stored.letter().sequence()).isEqualTo(refused);
            assertThat(stored.letter().error()).startsWith("in doubt: its reply was lost, and the stream does not");
        });
        assertThat(Arrays.asList(redis.cli("XRANGE", "s", "-", "+").split("\n", -1)))
                .contains("5-1", "6-0");
    }

    @Test
    void aValueThatOthersHadSetBeforeIsADeadLetterWhereTheReplyToSetNxWasLost() {
        redis.cli("SET", "lock", "theirs");
        redis.cli("SET", "same", "ours");
        redis.cli("SET", "counter", "7");
        redis.cli("RPUSH", "list", "theirs");
        long refused = node.write("SET", "lock", "ours", "NX");
        node.write("SET", "free", "ours", "NX");
        node.write("SET", "same", "ours", "NX");
        long refusedBesideAList = node.write("SET", "list", "ours", "NX");
        node.write("SET", "counter", "1", "NX");
        node.write("INCRBY", "counter", "1"); // whose value says nothing of the first

        replayAndLoseTheReplyTo("INCRBY", "counter", "1");
        replay();

        assertThat(redis.cli("MGET", "lock", "free", "counter")).isEqualTo("theirs\nours\n8");
        assertThat(node.deadLetters())
                .allSatisfy(stored -> assertThat(stored.letter().error())
                        .startsWith("in doubt: its reply was lost, and another value is there"))
                .extracting(stored -> stored.letter().sequence())
                .containsExactlyInAnyOrder(refused, refusedBesideAList);
    }

    @Test
    void aFieldThatOthersHadSetBeforeIsADeadLetterWhereTheReplyToHsetnxWasLost() {
        redis.cli("HSET", "k", "f", "theirs", "g", "theirs");
        long refused = node.write("HSETNX", "k", "f", "ours");
        node.write("HSETNX", "k", "g", "ours");
        node.write("HSETNX", "k", "free", "ours");
        node.write("HSET", "k", "g", "later"); // from which on nobody can tell, nor has to

        replayAndLoseTheReplyTo("HSET", "k", "g", "later");
        replay();

        assertThat(redis.cli("HMGET", "k", "f", "g", "free")).isEqualTo("theirs\nlater\nours");
        assertThat(node.deadLetters())
                .singleElement()
                .satisfies(stored -> assertThat(stored.letter().sequence()).isEqualTo(refused));
    }
}
