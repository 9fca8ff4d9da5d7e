package io.holdfast.sync.replay;

import static io.holdfast.sync.replay.ReplayFixture.effect;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.exec.Journal.Scope;
import io.holdfast.resp.Bytes;
import io.holdfast.sync.conflict.ConflictPolicy;
import io.holdfast.sync.conflict.ConflictRules;
import io.holdfast.sync.journal.Conflict;
import io.holdfast.sync.journal.Conflict.Winner;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What becomes of a key that was written here and by others while the upstream was away. */
class ConflictTest extends ConflictingNodeTest {
    ConflictTest() {
        super("--databases", "4");
    }

    private void usually(ConflictPolicy policy) {
        node.rules = new ConflictRules(policy, Map.of());
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

    /** Its end there is a moment before the one that is known here: by as much as the reply to the SET was under way. */
    @Test
    void aKeyThatEndedUpstreamAMomentBeforeItDoesHereWasDeletedByNobody() {
        replayWhatIsGoneAndHadLeft(4_000);

        assertThat(redis.cli("GET", "k")).isEqualTo("ours");
        assertThat(node.conflicts()).isEmpty();
    }

    @Test
    void aKeyThatWasToLastLongerWasDeletedBySomebody() {
        replayWhatIsGoneAndHadLeft(60_000);

        assertThat(onlyConflict().base()).isEqualTo(Bytes.of("base"));
    }

    /** Writes to a key that is not there any more when that is replayed, though by the clock here it had so long to live. */
    private void replayWhatIsGoneAndHadLeft(long ms) {
        othersWereLast();
        base(effect(0, "SET", "k", "base"), effect(0, "PEXPIREAT", "k", Long.toString(node.nowMs.get() + ms)));
        node.nowMs.set(ReplayFixture.START_MS);
        node.write("SET", "k", "ours");
        othersWereLast();
        replay();
    }

    // ---- one thing several times in a command

    /** Others wrote what the first pair says; the last pair counts, so it is no meeting of equals. */
    @Test
    void ofAFieldMemberOrKeyThatACommandNamesTwiceTheLastCounts() {
        usually(ConflictPolicy.UPSTREAM_WINS);
        writeTwice();

        replay();

        assertThat(redis.cli("HMGET", "h", "f", "g")).isEqualTo("1\n3");
        assertThat(redis.cli("ZSCORE", "z", "a")).isEqualTo("1");
        assertThat(redis.cli("GET", "k")).isEqualTo("1");
        assertThat(node.conflicts())
                .extracting(Conflict::local)
                .containsExactly(
                        words("HSET", "h", "f", "2"),
                        words("ZADD", "z", "1", "a", "2", "a"),
                        words("MSET", "k", "1", "k", "2"));
    }

    @Test
    void whatACommandNamesTwiceWinsWithItsLastValue() {
        usually(ConflictPolicy.LOCAL_WINS);
        writeTwice();

        replay();

        assertThat(redis.cli("HMGET", "h", "f", "g")).isEqualTo("2\n3");
        assertThat(redis.cli("ZSCORE", "z", "a")).isEqualTo("2");
        assertThat(redis.cli("GET", "k")).isEqualTo("2");
        assertThat(node.conflicts()).hasSize(3);
    }

    private void writeTwice() {
        redis.cli("HSET", "h", "f", "1");
        redis.cli("ZADD", "z", "1", "a");
        redis.cli("SET", "k", "1");
        base("HSET", "h", "f", "0");
        node.write("HSET", "h", "f", "1", "g", "3", "f", "2");
        base("ZADD", "z", "0", "a");
        node.write("ZADD", "z", "1", "a", "2", "a");
        base("SET", "k", "0");
        node.write("MSET", "k", "1", "k", "2");
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

    // ---- other databases

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
}
