package io.holdfast.sync.replay;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.resp.Bytes;
import io.holdfast.sync.journal.Conflict.Winner;
import io.holdfast.sync.replay.FaultyUpstream.Step;
import io.holdfast.sync.replay.Heard.News;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Conflicts whose decision a crash or another client comes between. */
class CrashConflictTest extends ConflictingNodeTest {
    @Test
    void whatOthersWonIsRememberedOverACrash() {
        node.batchEntriesMax = 2;
        redis.cli("HSET", "h", "a", "theirs");
        base("HSET", "h", "a", "1");
        node.write("HSET", "h", "b", "ours");
        node.write("INCR", "n");
        node.write("HSET", "h", "a", "ours");
        othersWereLast();
        loseTheConnectionAtBatch(2);
        assertThat(node.replay()).isInstanceOf(News.Failed.class);
        node.connection = real -> real;

        replay();

        assertThat(redis.cli("HMGET", "h", "a", "b")).isEqualTo("theirs\nours");
        assertThat(redis.cli("GET", "n")).isEqualTo("1");
        assertThat(onlyConflict().part()).isEqualTo(Bytes.of("a"));
    }

    /** Before it is sent. */
    private void loseTheConnectionAtBatch(int number) {
        int[] batches = {0};
        node.connection = real -> new FaultyUpstream(real, (step, sent) -> {
            if (step == Step.BEFORE_SEND && isBatch(sent) && ++batches[0] == number + 1) {
                throw new IOException("lost");
            }
        });
    }

    /** The first is the claim. */
    private static boolean isBatch(List<List<Bytes>> sent) {
        return sent.get(0).equals(words("MULTI"));
    }

    @Test
    void aConflictThatWasDecidedAndNeverAppliedIsDecidedAfterACrash() {
        node.batchEntriesMax = 2;
        redis.cli("HSET", "h", "a", "theirs");
        base("HSET", "h", "a", "1");
        node.write("HSET", "h", "b", "ours");
        node.write("INCR", "n");
        node.write("HSET", "h", "a", "ours");
        node.connection = real -> new FaultyUpstream(real, (step, sent) -> {
            if (step == Step.BEFORE_SEND && sent.contains(words("HSET", "h", "a", "ours"))) {
                throw new IOException("lost");
            }
        });
        assertThat(node.replay()).isInstanceOf(News.Failed.class);
        node.connection = real -> real;

        replay();

        assertThat(redis.cli("HMGET", "h", "a", "b")).isEqualTo("ours\nours");
        assertThat(onlyConflict().winner()).isEqualTo(Winner.LOCAL);
        assertThat(onlyConflict().upstream()).isEqualTo(words("HSET", "h", "a", "theirs"));
    }

    @Test
    void aDecisionThatWasNeverAppliedIsTakenAnew() {
        redis.cli("SET", "k", "theirs");
        base("SET", "k", "base");
        node.write("SET", "k", "ours");
        othersWereLast();
        loseTheConnectionAtBatch(1);
        assertThat(node.replay()).isInstanceOf(News.Failed.class);
        redis.cli("SET", "k", "base");
        node.connection = real -> real;

        replay();

        assertThat(redis.cli("GET", "k")).isEqualTo("ours");
        assertThat(node.conflicts()).isEmpty();
    }

    @Test
    void aWriteBetweenComparisonAndTransactionIsNotOverwritten() {
        redis.cli("SET", "k", "base");
        base("SET", "k", "base");
        node.write("SET", "k", "ours");
        othersWereLast();
        boolean[] written = {false};
        node.connection = real -> new FaultyUpstream(real, (step, sent) -> {
            if (step == Step.BEFORE_SEND && sent.contains(words("SET", "k", "ours")) && !written[0]) {
                written[0] = true; // it was compared, and is about to be overwritten
                redis.cli("SET", "k", "theirs");
            }
        });

        replay();

        assertThat(written[0]).isTrue();
        assertThat(redis.cli("GET", "k")).isEqualTo("theirs");
        assertThat(onlyConflict().winner()).isEqualTo(Winner.UPSTREAM);
    }

    @Test
    void aKeyThatOthersWriteAllTheTimeHoldsNothingUp() {
        redis.cli("SET", "k", "base");
        base("SET", "k", "base");
        node.write("SET", "k", "ours");
        node.write("INCR", "n");
        int[] writes = {0};
        node.connection = real -> new FaultyUpstream(real, (step, sent) -> {
            if (step == Step.BEFORE_SEND
                    && isBatch(sent)
                    && sent.stream().anyMatch(words("SET", "k", "ours")::equals)) {
                redis.cli("SET", "k", "theirs " + ++writes[0]);
            }
        });

        replay();

        assertThat(redis.cli("GET", "n")).isEqualTo("1");
        assertThat(redis.cli("GET", "k")).isEqualTo("ours");
    }
}
