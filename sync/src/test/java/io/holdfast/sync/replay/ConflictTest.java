package io.holdfast.sync.replay;

import static io.holdfast.sync.replay.ReplayFixture.effect;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.command.Effect;
import io.holdfast.engine.exec.Journal.Scope;
import io.holdfast.resp.Bytes;
import io.holdfast.sync.conflict.ConflictPolicy;
import io.holdfast.sync.conflict.ConflictRules;
import io.holdfast.sync.journal.Conflict;
import io.holdfast.sync.journal.Conflict.Winner;
import io.holdfast.sync.replay.FaultyUpstream.Step;
import io.holdfast.sync.replay.Heard.News;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What becomes of a key that was written here and by others while the upstream was away. */
class ConflictTest extends ReplayNodeTest {
    ConflictTest() {
        super("--databases", "4");
    }

    /** Long enough for others to have been the last: the clock behind OBJECT IDLETIME counts seconds. */
    private static final long LATER_MS = 60_000;

    private void base(String... words) {
        base(effect(0, words));
    }

    private void base(Effect... effects) {
        node.write(Scope.BASE, effects);
    }

    /** What is upstream now was written after everything that was written here. */
    private void othersWereLast() {
        node.nowMs.addAndGet(LATER_MS);
    }

    private void replay() {
        assertThat(node.replay()).isInstanceOf(News.CaughtUp.class);
    }

    private static List<Bytes> words(String... words) {
        return effect(0, words).command();
    }

    private void usually(ConflictPolicy policy) {
        node.rules = new ConflictRules(policy, Map.of());
    }

    private Conflict onlyConflict() {
        assertThat(node.conflicts()).hasSize(1);
        return node.conflicts().get(0);
    }

    // ---- no conflict

    @Test
    void aKeyThatNobodyElseTouchedIsReplayed() {
        redis.cli("SET", "k", "base");
        base("SET", "k", "base");
        node.write("SET", "k", "ours");
        node.write("SET", "k", "ours again");
        othersWereLast();

        replay();

        assertThat(redis.cli("GET", "k")).isEqualTo("ours again");
        assertThat(node.conflicts()).isEmpty();
    }

    @Test
    void bothWroteTheSame() {
        redis.cli("SET", "k", "same");
        base("SET", "k", "base");
        node.write("SET", "k", "same");

        replay();

        assertThat(node.conflicts()).isEmpty();
    }

    @Test
    void countersAndMembersAddUp() {
        redis.cli("SET", "n", "7");
        redis.cli("SADD", "s", "a", "theirs");
        redis.cli("HSET", "h", "n", "7");
        redis.cli("RPUSH", "l", "theirs");
        base("SET", "n", "5");
        node.write("INCRBY", "n", "3");
        base("SADD", "s", "a");
        node.write("SADD", "s", "ours");
        base("HSET", "h", "n", "5");
        node.write("HINCRBY", "h", "n", "3");
        base("DEL", "l");
        node.write("RPUSH", "l", "ours");

        replay();

        assertThat(redis.cli("GET", "n")).isEqualTo("10");
        assertThat(redis.cli("HGET", "h", "n")).isEqualTo("10");
        assertThat(redis.cli("SCARD", "s")).isEqualTo("3");
        assertThat(redis.cli("LRANGE", "l", "0", "-1")).isEqualTo("theirs\nours");
        assertThat(node.conflicts()).isEmpty();
    }

    @Test
    void fieldsAndMembersThatOthersLeftAloneAreNotInConflict() {
        redis.cli("HSET", "h", "a", "theirs", "b", "1");
        redis.cli("ZADD", "z", "7", "a", "1", "b");
        base("HSET", "h", "a", "1", "b", "1");
        node.write("HSET", "h", "b", "ours", "c", "ours");
        base("ZADD", "z", "1", "a", "1", "b");
        node.write("ZADD", "z", "9", "b");
        node.write("ZREM", "z", "b");

        replay();

        assertThat(redis.cli("HMGET", "h", "a", "b", "c")).isEqualTo("theirs\nours\nours");
        assertThat(redis.cli("ZRANGE", "z", "0", "-1")).isEqualTo("a");
        assertThat(node.conflicts()).isEmpty();
    }

    @Test
    void aKeyThatHasExpiredUpstreamWasDeletedByNobody() {
        base(effect(0, "SET", "k", "base"), effect(0, "PEXPIREAT", "k", Long.toString(ReplayFixture.START_MS + 1)));
        node.write("SET", "k", "ours");
        othersWereLast();

        replay();

        assertThat(redis.cli("GET", "k")).isEqualTo("ours");
        assertThat(node.conflicts()).isEmpty();
    }

    // ---- the later write wins

    @Test
    void aLaterWriteOfOthersStands() {
        redis.cli("SET", "k", "theirs");
        base("SET", "k", "base");
        node.write("SET", "k", "ours");
        othersWereLast();

        replay();

        assertThat(redis.cli("GET", "k")).isEqualTo("theirs");
        Conflict conflict = onlyConflict();
        assertThat(conflict.winner()).isEqualTo(Winner.UPSTREAM);
        assertThat(conflict.policy()).isEqualTo("merge");
        assertThat(conflict.base()).isEqualTo(Bytes.of("base"));
        assertThat(conflict.local()).isEqualTo(words("SET", "k", "ours"));
        assertThat(conflict.upstream()).isEmpty();
        assertThat(conflict.writtenMs()).isEqualTo(ReplayFixture.START_MS);
        assertThat(node.replayer().status().conflicts()).isEqualTo(1);
    }

    @Test
    void aLaterWriteOfOursStandsAndTheirsIsKept() {
        redis.cli("SET", "k", "theirs");
        base("SET", "k", "base");
        node.write("SET", "k", "ours");

        replay();

        assertThat(redis.cli("GET", "k")).isEqualTo("ours");
        assertThat(onlyConflict().winner()).isEqualTo(Winner.LOCAL);
        assertThat(onlyConflict().upstream()).isEqualTo(words("SET", "k", "theirs"));
    }

    @Test
    void eachWriteIsJudgedByItsOwnTime() {
        node.batchEntriesMax = 1;
        redis.cli("SET", "k", "theirs");
        base("SET", "k", "base");
        node.write("SET", "k", "before");
        othersWereLast();
        node.write("SET", "k", "after");

        replay();

        assertThat(redis.cli("GET", "k")).isEqualTo("after");
        assertThat(node.conflicts()).extracting(Conflict::winner).containsExactly(Winner.UPSTREAM, Winner.LOCAL);
    }

    @Test
    void ofOneCommandOnlyTheFieldsThatOthersChangedAreLost() {
        redis.cli("HSET", "h", "a", "theirs", "b", "1");
        base("HSET", "h", "a", "1", "b", "1");
        node.write("HSET", "h", "a", "ours", "b", "ours");
        othersWereLast();

        replay();

        assertThat(redis.cli("HMGET", "h", "a", "b")).isEqualTo("theirs\nours");
        assertThat(onlyConflict().part()).isEqualTo(Bytes.of("a"));
        assertThat(onlyConflict().local()).isEqualTo(words("HSET", "h", "a", "ours"));
        assertThat(onlyConflict().base()).isEqualTo(Bytes.of("1"));
    }

    @Test
    void aScoreThatBothChanged() {
        redis.cli("ZADD", "z", "7", "a");
        base("ZADD", "z", "1", "a");
        node.write("ZADD", "z", "9", "a");

        replay();

        assertThat(redis.cli("ZSCORE", "z", "a")).isEqualTo("9");
        assertThat(onlyConflict().upstream()).isEqualTo(words("ZADD", "z", "7", "a"));
    }

    @Test
    void aKeyThatOthersDeletedAndWeOverwrote() {
        base("SET", "k", "base");
        node.write("SET", "k", "ours");

        replay();

        assertThat(redis.cli("GET", "k")).isEqualTo("ours");
        assertThat(onlyConflict().upstream()).isEmpty();
        assertThat(onlyConflict().winner()).isEqualTo(Winner.LOCAL);
    }

    @Test
    void aKeyThatBothMade() {
        redis.cli("SET", "k", "theirs");
        base("DEL", "k");
        node.write("SET", "k", "ours");
        othersWereLast();

        replay();

        assertThat(redis.cli("GET", "k")).isEqualTo("theirs");
        assertThat(onlyConflict().base()).isNull();
    }

    @Test
    void anotherTypeThatStoodThereCanBeBroughtBack() {
        redis.cli("RPUSH", "k", "a", "b");
        base("SET", "k", "base");
        node.write("SET", "k", "ours");

        replay();

        assertThat(redis.cli("GET", "k")).isEqualTo("ours");
        try (var client = redis.connect()) {
            client.call(onlyConflict().upstream().toArray(Bytes[]::new));
        }
        assertThat(redis.cli("LRANGE", "k", "0", "-1")).isEqualTo("a\nb");
    }

    // ---- removals

    @Test
    void removingACollectionLeavesWhatOthersAdded() {
        redis.cli("SADD", "s", "a", "b", "theirs");
        redis.cli("HSET", "h", "a", "1", "theirs", "1");
        redis.cli("ZADD", "z", "1", "a", "1", "theirs");
        base("SADD", "s", "a", "b");
        node.write("DEL", "s");
        base("HSET", "h", "a", "1");
        node.write("HSET", "h", "ours", "1");
        node.write("DEL", "h");
        base("ZADD", "z", "1", "a");
        node.write("DEL", "z");

        replay();

        assertThat(redis.cli("SMEMBERS", "s")).isEqualTo("theirs");
        assertThat(redis.cli("HKEYS", "h")).isEqualTo("theirs");
        assertThat(redis.cli("ZRANGE", "z", "0", "-1")).isEqualTo("theirs");
        assertThat(node.conflicts()).isEmpty();
    }

    @Test
    void aFieldThatOthersChangedOutlivesTheRemovalOfItsHash() {
        redis.cli("HSET", "h", "a", "theirs", "b", "1");
        base("HSET", "h", "a", "1", "b", "1");
        node.write("DEL", "h");

        replay();

        assertThat(redis.cli("HGETALL", "h")).isEqualTo("a\ntheirs");
        assertThat(onlyConflict().winner()).isEqualTo(Winner.UPSTREAM);
        assertThat(onlyConflict().local()).isEqualTo(words("HDEL", "h", "a"));
    }

    @Test
    void aListThatOthersChangedIsRemovedByTheLaterWrite() {
        redis.cli("RPUSH", "l", "a", "theirs");
        base("RPUSH", "l", "a");
        node.write("DEL", "l");
        othersWereLast();

        replay();

        assertThat(redis.cli("LRANGE", "l", "0", "-1")).isEqualTo("a\ntheirs");
        assertThat(onlyConflict().local()).isEqualTo(words("DEL", "l"));
    }

    @Test
    void aStreamThatOthersAddedToIsRemovedByTheLaterWriteAndCanBeBroughtBack() {
        redis.cli("XADD", "x", "1-1", "f", "v");
        redis.cli("XADD", "x", "2-1", "f", "theirs");
        base(effect(0, "DEL", "x"), effect(0, "XADD", "x", "1-1", "f", "v"), effect(0, "XSETID", "x", "1-1"));
        node.write("DEL", "x");

        replay();

        assertThat(redis.cli("EXISTS", "x")).isEqualTo("0");
        assertThat(onlyConflict().winner()).isEqualTo(Winner.LOCAL);
        try (var client = redis.connect()) {
            client.call(onlyConflict().upstream().toArray(Bytes[]::new));
        }
        assertThat(redis.cli("XLEN", "x")).isEqualTo("2");
    }

    @Test
    void aStreamThatOthersAddedToLaterStays() {
        redis.cli("XADD", "x", "1-1", "f", "v");
        redis.cli("XADD", "x", "2-1", "f", "theirs");
        base("XADD", "x", "1-1", "f", "v");
        node.write("DEL", "x");
        othersWereLast();

        replay();

        assertThat(redis.cli("XLEN", "x")).isEqualTo("2");
        assertThat(onlyConflict().winner()).isEqualTo(Winner.UPSTREAM);
    }

    @Test
    void aStreamThatNobodyElseAddedToIsRemovedAlsoWhereOthersHaveReadIt() {
        redis.cli("XADD", "x", "1-1", "f", "v");
        redis.cli("XGROUP", "CREATE", "x", "g", "0");
        base(
                effect(0, "DEL", "x"),
                effect(0, "XADD", "x", "1-1", "f", "v"),
                effect(0, "XGROUP", "CREATE", "x", "g", "0-0"));
        node.write("DEL", "x");
        redis.cli("XADD", "empty", "MAXLEN", "=", "0", "5-1", "-", "-");
        base(effect(0, "DEL", "empty"), effect(0, "XADD", "empty", "MAXLEN", "=", "0", "5-1", "-", "-"));
        node.write("DEL", "empty");
        redis.cli("XREADGROUP", "GROUP", "g", "c", "STREAMS", "x", ">");
        othersWereLast();

        replay();

        assertThat(redis.cli("EXISTS", "x", "empty")).isEqualTo("0");
        assertThat(node.conflicts()).isEmpty();
    }

    @Test
    void entriesThatBothAddedAreBothThere() {
        redis.cli("XADD", "x", "1-1", "f", "theirs");
        base("DEL", "x");
        node.write("XADD", "x", "2-1", "f", "ours");

        replay();

        assertThat(redis.cli("XLEN", "x")).isEqualTo("2");
        assertThat(node.conflicts()).isEmpty();
    }

    @Test
    void anElementThatWasTakenOnBothSidesWasDeliveredTwice() {
        redis.cli("RPUSH", "l", "b");
        base("RPUSH", "l", "a", "b");
        node.write("LREM", "l", "1", "a");

        replay();

        assertThat(redis.cli("LRANGE", "l", "0", "-1")).isEqualTo("b");
        assertThat(onlyConflict().winner()).isEqualTo(Winner.BOTH_TOOK);
    }

    @Test
    void aLockThatOthersHoldStaysTheirs() {
        redis.cli("SET", "lock", "theirs");
        redis.cli("HSET", "h", "f", "theirs");
        node.write("SET", "lock", "ours", "NX");
        node.write("HSETNX", "h", "f", "ours");

        replay();

        assertThat(redis.cli("GET", "lock")).isEqualTo("theirs");
        assertThat(node.conflicts()).extracting(Conflict::winner).containsExactly(Winner.UPSTREAM, Winner.UPSTREAM);
    }

    // ---- policies

    @Test
    void theFirstPatternThatMatchesNamesThePolicy() {
        node.rules = new ConflictRules(
                ConflictPolicy.UPSTREAM_WINS,
                Map.of("mine:*", ConflictPolicy.LOCAL_WINS, "park:*", ConflictPolicy.PARK));
        for (String key : List.of("mine:k", "park:k", "k")) {
            redis.cli("SET", key, "theirs");
            base("SET", key, "base");
            node.write("SET", key, "ours");
        }

        replay();

        assertThat(redis.cli("MGET", "mine:k", "park:k", "k")).isEqualTo("ours\ntheirs\ntheirs");
        assertThat(node.conflicts())
                .extracting(Conflict::winner)
                .containsExactly(Winner.LOCAL, Winner.PARKED, Winner.UPSTREAM);
    }

    @Test
    void keepBothKeepsTheLoserBesideTheWinner() {
        usually(ConflictPolicy.KEEP_BOTH);
        redis.cli("SET", "k", "theirs");
        redis.cli("HSET", "h", "f", "theirs");
        base("SET", "k", "base");
        node.write("SET", "k", "ours");
        base("HSET", "h", "f", "1");
        node.write("HSET", "h", "f", "ours");

        replay();

        assertThat(redis.cli("GET", "k")).isEqualTo("ours");
        assertThat(redis.cli("GET", copyOf("k"))).isEqualTo("theirs");
        assertThat(redis.cli("HGET", copyOf("h"), "f")).isEqualTo("theirs");
        assertThat(node.conflicts()).extracting(Conflict::winner).containsOnly(Winner.LOCAL_AND_COPY);
    }

    @Test
    void keepBothKeepsOursBesideALaterWinner() {
        usually(ConflictPolicy.KEEP_BOTH);
        redis.cli("SET", "k", "theirs");
        base("SET", "k", "base");
        node.write("SET", "k", "ours");
        othersWereLast();

        replay();

        assertThat(redis.cli("GET", "k")).isEqualTo("theirs");
        assertThat(redis.cli("GET", copyOf("k"))).isEqualTo("ours");
        assertThat(onlyConflict().winner()).isEqualTo(Winner.UPSTREAM_AND_COPY);
    }

    private String copyOf(String key) {
        return redis.cli("KEYS", key + ":conflict:*");
    }

    // ---- transactions

    @Test
    void aTransactionThatWouldOverwriteALaterWriteIsKeptWhole() {
        redis.cli("SET", "k", "theirs");
        base("SET", "k", "base");
        node.write(Scope.UPSTREAM, effect(0, "INCR", "n"), effect(0, "SET", "k", "ours"));
        node.write("INCR", "other");
        othersWereLast();

        replay();

        assertThat(redis.cli("EXISTS", "n")).isEqualTo("0");
        assertThat(redis.cli("MGET", "k", "other")).isEqualTo("theirs\n1");
        assertThat(node.conflicts())
                .extracting(Conflict::local)
                .containsExactly(words("INCR", "n"), words("SET", "k", "ours"));
    }

    @Test
    void aTransactionThatWasLaterIsSentWhole() {
        redis.cli("SET", "k", "theirs");
        base("SET", "k", "base");
        node.write(Scope.UPSTREAM, effect(0, "INCR", "n"), effect(0, "SET", "k", "ours"));

        replay();

        assertThat(redis.cli("MGET", "k", "n")).isEqualTo("ours\n1");
        assertThat(onlyConflict().upstream()).isEqualTo(words("SET", "k", "theirs"));
    }

    // ---- other databases, crashes, races

    @Test
    void keysOfEveryDatabaseAreCompared() {
        try (var client = redis.connect()) {
            client.call("SELECT", "2");
            client.call("SET", "k", "theirs");
        }
        base(effect(2, "SET", "k", "base"));
        node.write(Scope.UPSTREAM, effect(2, "SET", "k", "ours"));
        base("SET", "k", "base");
        redis.cli("SET", "k", "base");
        node.write("SET", "k", "ours");
        othersWereLast();

        replay();

        assertThat(redis.cli("GET", "k")).isEqualTo("ours");
        assertThat(onlyConflict().db()).isEqualTo(2);
    }

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
