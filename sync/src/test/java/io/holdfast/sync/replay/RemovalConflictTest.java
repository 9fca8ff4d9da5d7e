package io.holdfast.sync.replay;

import static io.holdfast.sync.replay.ReplayFixture.effect;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.resp.Bytes;
import io.holdfast.sync.journal.Conflict;
import io.holdfast.sync.journal.Conflict.Winner;
import org.junit.jupiter.api.Test;

/** What becomes of a key that was removed or taken from on one side, and written on the other, while the upstream was away. */
class RemovalConflictTest extends ConflictingNodeTest {
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
}
