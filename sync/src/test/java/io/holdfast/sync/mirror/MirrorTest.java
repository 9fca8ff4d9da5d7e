package io.holdfast.sync.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The warm copy beside a real upstream: what it holds at the instant of the cut. */
class MirrorTest extends MirrorScene {
    @Test
    void aKeyThatIsNotKnownIsFetchedBehindTheWriteThatTouchesIt() {
        redis.cli("RPUSH", "list", "a");
        redis.cli("SADD", "set", "a");
        redis.cli("HSET", "hash", "a", "1");
        redis.cli("ZADD", "sorted", "1.5", "a");

        link.send("RPUSH", "list", "b");
        link.send("SADD", "set", "b");
        link.send("HSET", "hash", "b", "2");
        link.send("ZADD", "sorted", "2.5", "b");
        link.answerAll();

        assertCopied("LRANGE", "list", "0", "-1");
        assertCopied("SISMEMBER", "set", "a");
        assertCopied("SCARD", "set");
        assertCopied("HGET", "hash", "a");
        assertCopied("HLEN", "hash");
        assertCopied("ZRANGE", "sorted", "0", "-1", "WITHSCORES");
        assertThat(mirror.view().fetched()).isEqualTo(4);
    }

    @Test
    void aWriteToAKnownKeyIsCarriedOverWithoutAsking() {
        write("SET", "n", "48");

        write("INCR", "n");

        assertThat(copy.call("GET", "n")).isEqualTo(Reply.bulk("49"));
        assertThat(link.fetches()).isZero();
    }

    @Test
    void anIncrementHoldsTheUpstreamsResultWhateverOthersWroteBefore() {
        write("SET", "n", "48");
        redis.cli("SET", "n", "100");

        write("INCR", "n");

        assertThat(copy.call("GET", "n")).isEqualTo(Reply.bulk("101"));
    }

    /** The upstream may have let the key expire, and begun another one that does not expire. */
    @Test
    void anIncrementThatBeganAnewIsAskedForWhereTheKeyExpires() {
        write("SET", "n", "48", "PX", "600000");
        redis.cli("SET", "n", "0");

        write("INCR", "n");

        assertCopied("GET", "n");
        assertThat(copy.call("TTL", "n")).isEqualTo(Reply.of(-1));
    }

    @Test
    void anIncrementLeavesTheExpiryAlone() {
        write("SET", "n", "48", "PXAT", "9999999999999");

        write("INCRBYFLOAT", "n", "0.5");
        write("DECRBY", "m", "3");

        assertCopied("GET", "n");
        assertCopied("PEXPIRETIME", "n");
        assertCopied("GET", "m");
        assertThat(link.fetches()).isEqualTo(1); // m was not known
    }

    @Test
    void anIncrementBehindAnExchangeOfTheDatabasesStaysWhereItWas() {
        write("SET", "n", "48");
        link.send("SWAPDB", "0", "1");
        link.send("INCR", "n");
        link.answerAll();

        assertCopied("GET", "n");
    }

    @Test
    void aCopyOfAnEarlierTimeIsNotVouchedForBecauseItsDatabaseWasExchanged() {
        write("SET", "old", "1");
        mirror.online();
        redis.cli("SET", "old", "2");
        write("SWAPDB", "0", "1");
        write("SWAPDB", "0", "1");

        write("STRLEN", "old");
        write("APPEND", "old", "x");

        assertCopied("GET", "old");
    }

    @Test
    void aScriptThatEndsInAnErrorHasDoneWhatItDidBefore() {
        write("SET", "k", "1");

        write("EVAL", "redis.call('SET', KEYS[1], '2') return redis.call('INCR', KEYS[1], 'wrong')", "1", "k");

        assertCopied("GET", "k");
    }

    @Test
    void aKeyThatWasCopiedOverInAnotherDatabaseIsNotKeptAsItWas() {
        redis.cli("SET", "unseen", "2");
        write("SET", "k", "1");
        write("MOVE", "k", "1");

        write("COPY", "unseen", "k", "DB", "1", "REPLACE");

        copy.call("SELECT", "1");
        assertThat(copy.call("EXISTS", "k")).isEqualTo(Reply.of(0));
    }

    @Test
    void aReplyThatDiffersFromOursFetchesTheKeyAgain() {
        write("SADD", "set", "a");
        redis.cli("SADD", "set", "b");

        write("SADD", "set", "b");

        assertThat(mirror.view().refetched()).isEqualTo(1);
        assertCopied("SCARD", "set");
    }

    @Test
    void aPopRemovesWhatTheUpstreamPopped() {
        write("SADD", "set", "a", "b", "c");

        write("SPOP", "set");

        assertCopied("SISMEMBER", "set", "a");
        assertCopied("SISMEMBER", "set", "b");
        assertCopied("SISMEMBER", "set", "c");
    }

    @Test
    void whatIsTooBigIsNotCopied() {
        redis.cli("RPUSH", "list", "a", "b", "c");
        redis.cli("SET", "text", "x".repeat(60));

        write("RPUSH", "list", "d");
        write("APPEND", "text", "yyyyy");

        assertThat(copy.call("EXISTS", "list", "text")).isEqualTo(Reply.of(0));
    }

    @Test
    void aKeyThatGrowsTooBigLeavesTheCopyWhenItIsFetchedAgain() {
        write("RPUSH", "list", "a");
        redis.cli("RPUSH", "list", "b", "c", "d");

        write("RPUSH", "list", "e");

        assertThat(copy.call("EXISTS", "list")).isEqualTo(Reply.of(0));
    }

    @Test
    void aKeyThatIsNotThereIsAskedForOnce() {
        write("LREM", "list", "0", "x");
        write("LREM", "list", "0", "x");
        assertThat(link.fetches()).isEqualTo(1);

        write("RPUSH", "list", "a");

        assertThat(link.fetches()).isEqualTo(1);
        assertCopied("LRANGE", "list", "0", "-1");
    }

    @Test
    void aDeletedKeyIsGoneFromTheCopyUntilItIsWrittenAgain() {
        write("RPUSH", "list", "a");

        write("DEL", "list");

        assertThat(copy.call("EXISTS", "list")).isEqualTo(Reply.of(0));
        write("RPUSH", "list", "b");
        assertCopied("LRANGE", "list", "0", "-1");
    }

    @Test
    void anExpiryIsCarriedOver() {
        redis.cli("SET", "k", "v", "PX", "100000");

        write("APPEND", "k", "w");

        assertThat(copy.call("GET", "k")).isEqualTo(Reply.bulk("vw"));
        assertThat(copy.call("PTTL", "k"))
                .isInstanceOfSatisfying(
                        Reply.Int.class, ttl -> assertThat(ttl.value()).isBetween(50_000L, 100_000L));
    }

    @Test
    void aStreamIsFetchedWithItsGroupsAndWhatIsPending() {
        redis.cli("XADD", "s", "1-1", "a", "1");
        redis.cli("XADD", "s", "2-1", "b", "2");
        redis.cli("XGROUP", "CREATE", "s", "g", "0");
        redis.cli("XGROUP", "CREATE", "s", "other", "1");
        redis.cli("XREADGROUP", "GROUP", "g", "c", "COUNT", "2", "STREAMS", "s", ">");
        redis.cli("XDEL", "s", "1-1");

        write("XADD", "s", "3-1", "c", "3");

        assertCopied("XRANGE", "s", "-", "+");
        assertCopied("XINFO", "STREAM", "s");
        assertCopied("XINFO", "GROUPS", "s");
        assertCopied("XPENDING", "s", "g");
        assertCopied("XINFO", "STREAM", "s", "FULL");
        assertThat(link.fetches()).isEqualTo(1);
    }

    @Test
    void anEntryHasInTheCopyTheIdThatTheUpstreamGaveIt() {
        write("XADD", "s", "1-1", "a", "1");

        write("XADD", "s", "*", "b", "2");
        write("XADD", "s", "MAXLEN", "2", "*", "c", "3");
        write("XADD", "none", "NOMKSTREAM", "*", "c", "3");

        assertCopied("XRANGE", "s", "-", "+");
        assertCopied("XINFO", "STREAM", "s");
        assertThat(mirror.view().refetched()).isZero();
    }

    @Test
    void anEntryThatDoesNotFitTheCopyFetchesTheStreamAgain() {
        write("XADD", "s", "1-1", "a", "1");
        redis.cli("XTRIM", "s", "MAXLEN", "0");
        redis.cli("XSETID", "s", "0-1");

        write("XADD", "s", "0-2", "b", "2");

        assertThat(mirror.view().refetched()).isEqualTo(1);
        assertCopied("XRANGE", "s", "-", "+");
    }

    @Test
    void acknowledgedAndDeletedEntriesAreCarriedOverWithoutAsking() {
        redis.cli("XADD", "s", "1-1", "a", "1");
        redis.cli("XGROUP", "CREATE", "s", "g", "0");
        redis.cli("XREADGROUP", "GROUP", "g", "c", "STREAMS", "s", ">");
        write("XADD", "s", "2-1", "a", "1");
        int before = link.fetches();

        write("XACK", "s", "g", "1-1");
        write("XDEL", "s", "1-1");
        write("XGROUP", "CREATE", "s", "other", "$");
        write("XTRIM", "s", "MAXLEN", "1");

        assertThat(link.fetches()).isEqualTo(before);
        assertCopied("XINFO", "STREAM", "s", "FULL");
    }

    @Test
    void aStreamThatIsTooLongIsNotCopied() {
        for (int i = 1; i <= 4; i++) {
            redis.cli("XADD", "s", i + "-1", "a", "1");
        }

        write("XADD", "s", "9-1", "a", "1");

        assertThat(copy.call("EXISTS", "s")).isEqualTo(Reply.of(0));
    }

    @Test
    void aRefusedWriteChangesNothing() {
        write("SET", "text", "x");

        write("RPUSH", "text", "a");

        assertCopied("GET", "text");
        assertThat(mirror.view().refetched()).isZero();
    }

    @Test
    void eachPartOfATransactionCountsByItsOwnReply() {
        write("SET", "n", "1");
        write("SET", "text", "x");

        link.sendTransaction(
                new String[] {"INCR", "n"}, new String[] {"RPUSH", "text", "refused"}, new String[] {"INCRBY", "n", "10"
                });
        link.answerAll();

        assertCopied("GET", "n");
        assertCopied("GET", "text");
        assertThat(link.fetches()).isZero();
    }

    @Test
    void anAbortedTransactionChangesNothing() {
        write("SET", "n", "1");

        link.sendTransaction(new String[] {"INCR", "n"}, new String[] {"RPUSH", "wrong arity"});
        link.answerAll();

        assertCopied("GET", "n");
    }

    @Test
    void aNewPeriodVouchesForNothingOfTheLast() {
        write("SET", "n", "1");
        mirror.offline();
        redis.cli("SET", "n", "100");
        mirror.online();

        write("INCR", "n");

        assertThat(link.fetches()).isEqualTo(1);
        assertCopied("GET", "n");
    }

    @Test
    void anAnswerThatComesInALaterPeriodIsNotBelieved() {
        redis.cli("SET", "k", "old");
        link.send("APPEND", "k", "!");
        mirror.offline();
        redis.cli("SET", "k", "new");
        mirror.online();

        link.answerAll();

        assertThat(copy.call("GET", "k")).isNotEqualTo(Reply.bulk("old!"));
    }

    @Test
    void whatIsTooBigIsNotAskedForAgainForAWhile() {
        redis.cli("RPUSH", "list", "a", "b", "c", "d");
        write("RPUSH", "list", "e");
        int asked = link.fetches();

        write("RPUSH", "list", "f");
        write("LMOVE", "list", "other", "LEFT", "LEFT");
        assertThat(link.fetches()).isEqualTo(asked + 1); // the other list alone

        nowMs += 60_000;
        write("RPUSH", "list", "g");
        assertThat(link.fetches()).isEqualTo(asked + 2);
    }

    @Test
    void whatWasTooBigIsCopiedOnceItIsWrittenAnew() {
        redis.cli("RPUSH", "k", "a", "b", "c", "d");
        write("RPUSH", "k", "e");

        write("SET", "k", "small");
        write("APPEND", "k", "er");

        assertCopied("GET", "k");
    }

    @Test
    void aCopyThatGrowsWriteByWriteIsLetGoAtItsBound() {
        for (int i = 0; i <= LIMITS.grownElementsMax(); i++) {
            assertThat(copy.call("LLEN", "list")).isEqualTo(Reply.of(i));
            write("RPUSH", "list", "x");
        }

        assertThat(copy.call("EXISTS", "list")).isEqualTo(Reply.of(0));
        int asked = link.fetches();
        write("RPUSH", "list", "x");
        assertThat(link.fetches()).isEqualTo(asked);
    }

    @Test
    void aFullCopyStillFollowsTheKeysItHas() {
        for (int i = 0; i < LIMITS.keysMax(); i++) {
            write("SET", "k" + i, "old");
        }

        write("SET", "k7", "new");
        write("SET", "one too many", "v");

        assertCopied("GET", "k7");
        assertThat(copy.call("EXISTS", "one too many")).isEqualTo(Reply.of(0));
    }

    @Test
    void whatOthersHaveChangedIsInDoubtUntilAPassThatBeginsAnewComesToIt() {
        mirror.settings(new MirrorSettings(MirrorMode.TOUCHED, List.of("s:*")));
        write("SET", "s:1", "v");
        mirror.pins().begin(another, "");
        mirror.tick();
        another.answerAll();
        assertThat(mirror.pins().complete()).isEqualTo(1);
        nowMs += 5_000;
        mirror.tick();

        mirror.pins().changed(List.of(Bytes.of("s:1")));
        write("SWAPDB", "1", "2"); // by which all is read again

        assertThat(mirror.pins().complete()).isZero();
        assertThat(mirror.view().knowledge(0, Bytes.of("s:1")).state()).isEqualTo(KeyKnowledge.State.IN_DOUBT);
        mirror.tick();
        another.answerAll();
        assertThat(mirror.view().knowledge(0, Bytes.of("s:1")).state()).isEqualTo(KeyKnowledge.State.KNOWN);
    }
}
