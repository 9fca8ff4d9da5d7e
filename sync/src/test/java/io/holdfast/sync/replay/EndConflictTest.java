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
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** When a key ends whose time to live was set here and by others while the upstream was away. */
class EndConflictTest extends ConflictingNodeTest {
    private static final long MINUTE_MS = 60_000;
    private static final long NONE = -1;

    private long startMs;

    @BeforeEach
    void tellTheTime() {
        startMs = System.currentTimeMillis(); // ends are the real upstream's as well
        node.nowMs.set(startMs);
    }

    private long in(int minutes) {
        return startMs + minutes * MINUTE_MS;
    }

    private void upstream(String value, int minutes) {
        redis.cli("SET", "k", value, "PXAT", Long.toString(in(minutes)));
    }

    private void base(String value, int minutes) {
        node.write(Scope.BASE, effect(0, "SET", "k", value), pexpireat(minutes));
    }

    private Effect pexpireat(int minutes) {
        return effect(0, "PEXPIREAT", "k", Long.toString(in(minutes)));
    }

    private void expire(int minutes) {
        node.write(Scope.UPSTREAM, pexpireat(minutes));
    }

    private void set(String value, int minutes) {
        node.write("SET", "k", value, "PXAT", Long.toString(in(minutes)));
    }

    private void assertEnds(long atMs) {
        long ends = Long.parseLong(redis.cli("PEXPIRETIME", "k"));
        if (atMs == NONE) {
            assertThat(ends).isEqualTo(NONE);
        } else {
            assertThat(ends).isBetween(atMs - MINUTE_MS / 4, atMs + MINUTE_MS / 4);
        }
    }

    // ---- two ends

    @Test
    void anEndThatNobodyElseChangedIsTheOneSetHereAlsoWhenItIsEarlier() {
        upstream("v", 60);
        base("v", 60);
        expire(5);

        replay();

        assertThat(redis.cli("PEXPIRETIME", "k")).isEqualTo(Long.toString(in(5)));
        assertThat(node.conflicts()).isEmpty();
    }

    @Test
    void aLaterEndThatOthersSetStands() {
        upstream("v", 60);
        base("v", 10);
        expire(5);

        replay();

        assertThat(redis.cli("PEXPIRETIME", "k")).isEqualTo(Long.toString(in(60)));
        assertThat(node.conflicts()).isEmpty();
    }

    @Test
    void aLaterEndThatWasSetHereStands() {
        upstream("v", 20);
        base("v", 10);
        expire(60);
        othersWereLast();

        replay();

        assertThat(redis.cli("PEXPIRETIME", "k")).isEqualTo(Long.toString(in(60)));
        assertThat(node.conflicts()).isEmpty();
    }

    @Test
    void theLastEndOfHereCountsAgainstTheirs() {
        upstream("v", 20);
        base("v", 10);
        expire(60);
        expire(5);
        node.write("INCR", "n");
        expire(6);

        replay();

        assertEnds(in(20));
        assertThat(node.conflicts()).isEmpty();
    }

    @Test
    void anEndThatOthersChangedIsRememberedOverACrash() {
        node.batchEntriesMax = 2;
        node.compacts = false;
        upstream("v", 20);
        base("v", 10);
        expire(60);
        node.write("INCR", "n");
        expire(5);
        int[] batches = {0}; // the first is the claim
        node.connection = real -> new FaultyUpstream(real, (step, sent) -> {
            boolean isBatch = sent.size() > 1 && sent.get(0).equals(words("MULTI"));
            if (step == Step.BEFORE_SEND
                    && isBatch
                    && !sent.contains(pexpireat(60).command())
                    && ++batches[0] == 2) {
                throw new IOException("lost");
            }
        });
        assertThat(node.replay()).isInstanceOf(News.Failed.class);
        assertThat(redis.cli("PEXPIRETIME", "k")).isEqualTo(Long.toString(in(60)));
        node.connection = real -> real;

        replay();

        assertEnds(in(20));
    }

    @Test
    void anEndThatOthersSetBetweenComparisonAndTransactionStands() {
        upstream("v", 10);
        base("v", 10);
        expire(5);
        boolean[] set = {false};
        node.connection = real -> new FaultyUpstream(real, (step, sent) -> {
            if (step == Step.BEFORE_SEND && sent.contains(pexpireat(5).command()) && !set[0]) {
                set[0] = true;
                redis.cli(pexpireat(60).command().stream().map(Bytes::utf8).toArray(String[]::new));
            }
        });

        replay();

        assertThat(set[0]).isTrue();
        assertThat(redis.cli("PEXPIRETIME", "k")).isEqualTo(Long.toString(in(60)));
    }

    // ---- no end

    @Test
    void aKeyThatOthersMadePersistentStaysAndItIsRecorded() {
        redis.cli("SET", "k", "v");
        base("v", 10);
        expire(60);

        replay();

        assertEnds(NONE);
        assertThat(onlyConflict().winner()).isEqualTo(Winner.UPSTREAM);
        assertThat(onlyConflict().base()).isEqualTo(Bytes.of(in(10)));
        assertThat(onlyConflict().local()).isEqualTo(pexpireat(60).command());
        assertThat(onlyConflict().upstream()).isEmpty();
    }

    @Test
    void aKeyThatWasMadePersistentHereStaysAndTheirEndIsRecorded() {
        upstream("v", 60);
        base("v", 10);
        node.write("PERSIST", "k");
        othersWereLast();

        replay();

        assertEnds(NONE);
        assertThat(onlyConflict().winner()).isEqualTo(Winner.LOCAL);
        assertThat(onlyConflict().local()).isEqualTo(words("PERSIST", "k"));
        assertThat(onlyConflict().upstream().get(0)).isEqualTo(Bytes.of("PEXPIREAT"));
    }

    @Test
    void aListThatBothMadeIsNotEndedByAnEndThatWasMeantForOurs() {
        redis.cli("RPUSH", "k", "theirs");
        node.write(Scope.BASE, effect(0, "DEL", "k"));
        node.write("RPUSH", "k", "ours");
        expire(5);

        replay();

        assertThat(redis.cli("LRANGE", "k", "0", "-1")).isEqualTo("theirs\nours");
        assertEnds(NONE);
        assertThat(onlyConflict().winner()).isEqualTo(Winner.UPSTREAM);
    }

    /** A person brings it back later, when what it had left is not what it has left. */
    @Test
    void aListThatLostIsKeptWithTheTimeOfItsEnd() {
        redis.cli("RPUSH", "k", "theirs");
        redis.cli("PEXPIREAT", "k", Long.toString(in(60)));
        node.write(Scope.BASE, effect(0, "RPUSH", "k", "base"));
        node.write("LSET", "k", "0", "ours");

        replay();

        List<Bytes> theirs = onlyConflict().upstream();
        assertThat(theirs.get(0)).isEqualTo(Bytes.of("RESTORE"));
        assertThat(Long.parseLong(theirs.get(2).latin1())).isBetween(in(60) - MINUTE_MS / 4, in(60) + MINUTE_MS / 4);
        assertThat(theirs.subList(4, theirs.size())).isEqualTo(words("REPLACE", "ABSTTL"));
    }

    @Test
    void anEndOfAKeyThatOthersDeletedIsNoConflict() {
        base("v", 10);
        expire(60);

        replay();

        assertThat(redis.cli("EXISTS", "k")).isEqualTo("0");
        assertThat(node.conflicts()).isEmpty();
    }

    @Test
    void whatIsDeletedHereIsGoneWheneverOthersWantedItToEnd() {
        upstream("v", 60);
        base("v", 10);
        node.write("DEL", "k");
        set("again", 5);

        replay();

        assertThat(redis.cli("GET", "k")).isEqualTo("again");
        assertThat(redis.cli("PEXPIRETIME", "k")).isEqualTo(Long.toString(in(5)));
        assertThat(node.conflicts()).isEmpty();
    }

    // ---- an end that has come

    @Test
    void anEndThatHasComeDoesNotRemoveWhatOthersWroteSince() {
        redis.cli("SET", "k", "theirs", "PXAT", Long.toString(in(10)));
        base("base", 10);
        expire(1);
        node.nowMs.set(in(2));

        replay();

        assertThat(redis.cli("GET", "k")).isEqualTo("theirs");
        assertThat(onlyConflict().winner()).isEqualTo(Winner.UPSTREAM);
        assertThat(onlyConflict().local()).isEqualTo(pexpireat(1).command());
    }

    @Test
    void norDoesAnEndThatCameHereByItselfWhichNobodyNeedsToKnow() {
        redis.cli("SET", "k", "theirs", "PXAT", Long.toString(in(10)));
        base("base", 10);
        expire(-1); // as a key that has ended is journaled

        replay();

        assertThat(redis.cli("GET", "k")).isEqualTo("theirs");
        assertThat(node.conflicts()).isEmpty();
    }

    // ---- what has ended

    /** What was to end when it was written, and was given more time: none of it may be lost on the way. */
    @Test
    void whatWasGivenMoreTimeHereAndHasEndedThereIsMadeAgainAsItWas() {
        node.write(Scope.BASE, effect(0, "DEL", "k"), effect(0, "RPUSH", "k", "a", "b"), pexpireat(1));
        node.write("RPUSH", "k", "c");
        expire(60);
        node.nowMs.set(in(2));

        replay();

        assertThat(redis.cli("LRANGE", "k", "0", "-1")).isEqualTo("a\nb\nc");
        assertThat(redis.cli("PEXPIRETIME", "k")).isEqualTo(Long.toString(in(60)));
        assertThat(node.conflicts()).isEmpty();
    }

    @Test
    void soIsWhatWasMadeHereWithLessTime() {
        set("v", 1);
        expire(60);
        node.nowMs.set(in(2));

        replay();

        assertThat(redis.cli("GET", "k")).isEqualTo("v");
        assertThat(redis.cli("PEXPIRETIME", "k")).isEqualTo(Long.toString(in(60)));
    }

    @Test
    void whatHasEndedHereIsGoneWhateverWasAddedToIt() {
        node.nowMs.set(in(-2));
        node.write(Scope.BASE, effect(0, "SET", "k", "100"), pexpireat(-1));
        node.write("INCRBY", "k", "5");
        node.nowMs.set(startMs);
        expire(-1);

        replay();

        assertThat(redis.cli("EXISTS", "k")).isEqualTo("0");
        assertThat(node.conflicts()).isEmpty();
    }

    @Test
    void whatIsMadeAnewDoesNotNeedWhatItWas() {
        node.write(Scope.BASE, effect(0, "SET", "k", "old"), pexpireat(1));
        node.nowMs.set(in(2));
        set("new", 60);

        replay();

        assertThat(redis.cli("GET", "k")).isEqualTo("new");
        assertThat(redis.cli("PEXPIRETIME", "k")).isEqualTo(Long.toString(in(60)));
    }

    @Test
    void aValueWhoseEndHasComeDoesNotRemoveWhatOthersWroteSince() {
        redis.cli("SET", "k", "theirs");
        redis.cli("SET", "other", "theirs");
        node.write(Scope.BASE, effect(0, "SET", "k", "base"));
        set("ours", -1);

        replay();

        assertThat(redis.cli("GET", "k")).isEqualTo("theirs");
        assertThat(onlyConflict().winner()).isEqualTo(Winner.UPSTREAM);
    }

    @Test
    void anEndThatHasComeRemovesWhatNobodyElseTouched() {
        upstream("v", 60);
        base("v", 60);
        expire(-1);

        replay();

        assertThat(redis.cli("EXISTS", "k")).isEqualTo("0");
        assertThat(node.conflicts()).isEmpty();
    }

    @Test
    void anEndThatHasComeGivesWayToOneThatOthersSet() {
        upstream("v", 60);
        base("v", 10);
        expire(-1);

        replay();

        assertThat(redis.cli("PEXPIRETIME", "k")).isEqualTo(Long.toString(in(60)));
        assertThat(node.conflicts()).isEmpty();
    }

    // ---- written with a value

    @Test
    void aValueOfHereLivesAsLongAsOthersWantedTheKeyTo() {
        upstream("v", 60);
        base("v", 10);
        set("ours", 5);

        replay();

        assertThat(redis.cli("GET", "k")).isEqualTo("ours");
        assertEnds(in(60));
        assertThat(node.conflicts()).isEmpty();
    }

    @Test
    void aValueOfHereWithoutAnEndHasNoneAndTheirsIsRecorded() {
        upstream("v", 60);
        base("v", 10);
        node.write("SET", "k", "ours");

        replay();

        assertEnds(NONE);
        assertThat(onlyConflict().winner()).isEqualTo(Winner.LOCAL);
        assertThat(onlyConflict().local()).isEqualTo(words("PERSIST", "k"));
    }

    @Test
    void aValueThatWinsBringsItsOwnEnd() {
        upstream("theirs", 60);
        base("v", 10);
        set("ours", 5);

        replay();

        assertThat(redis.cli("GET", "k")).isEqualTo("ours");
        assertThat(redis.cli("PEXPIRETIME", "k")).isEqualTo(Long.toString(in(5)));
        assertThat(onlyConflict().upstream().subList(0, 4)).isEqualTo(words("SET", "k", "theirs", "PXAT"));
    }

    @Test
    void aValueThatLosesLeavesTheirEnd() {
        upstream("theirs", 5);
        base("v", 10);
        set("ours", 60);
        othersWereLast();

        replay();

        assertThat(redis.cli("GET", "k")).isEqualTo("theirs");
        assertThat(redis.cli("PEXPIRETIME", "k")).isEqualTo(Long.toString(in(5)));
        assertThat(onlyConflict().winner()).isEqualTo(Winner.UPSTREAM);
    }

    @Test
    void theSameValueOfBothLivesAsLongAsEitherWants() {
        redis.cli("SET", "k", "same");
        node.write(Scope.BASE, effect(0, "SET", "k", "base"));
        set("same", 5);

        replay();

        assertEnds(NONE);
        assertThat(onlyConflict().winner()).isEqualTo(Winner.UPSTREAM);
    }

    @Test
    void severalKeysWrittenAtOnceKeepTheirEndsByTheirPolicy() {
        node.rules = new ConflictRules(ConflictPolicy.UPSTREAM_WINS, Map.of());
        upstream("v", 60);
        base("v", 10);
        node.write("MSET", "k", "ours", "other", "ours");

        replay();

        assertThat(redis.cli("MGET", "k", "other")).isEqualTo("ours\nours");
        assertEnds(in(60));
        assertThat(onlyConflict().winner()).isEqualTo(Winner.UPSTREAM);
    }

    @Test
    void aTransactionKeepsTheLaterEnd() {
        upstream("v", 60);
        base("v", 10);
        node.write(Scope.UPSTREAM, effect(0, "INCR", "n"), pexpireat(5));

        replay();

        assertThat(redis.cli("PEXPIRETIME", "k")).isEqualTo(Long.toString(in(60)));
        assertThat(redis.cli("GET", "n")).isEqualTo("1");
        assertThat(node.conflicts()).isEmpty();
    }

    // ---- policies

    @ParameterizedTest
    @CsvSource({
        "MERGE, 20, ", "KEEP_BOTH, 20, ",
        "LAST_WRITE_WINS, 5, LOCAL", "LOCAL_WINS, 5, LOCAL",
        "UPSTREAM_WINS, 20, UPSTREAM", "PARK, 20, PARKED"
    })
    void whoSaysWhenAKeyEnds(ConflictPolicy policy, int minutes, Winner recorded) {
        node.rules = new ConflictRules(policy, Map.of());
        upstream("v", 20);
        base("v", 10);
        expire(5);

        replay();

        assertEnds(in(minutes));
        assertThat(node.conflicts())
                .extracting(Conflict::winner)
                .isEqualTo(recorded == null ? List.of() : List.of(recorded));
    }
}
