package io.holdfast.sync.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.sync.mirror.KeyKnowledge.State;
import org.junit.jupiter.api.Test;

/**
 * What the copy is of a key that is written and read over several links at a time: in the end what the upstream has, and
 * until then, for an outage may begin, nothing less than what was acknowledged.
 */
class CopiesInDoubtTest extends MirrorScene {
    private State state(String key) {
        return mirror.view().knowledge(0, Bytes.of(key)).state();
    }

    private void begunAnew() {
        mirror.offline();
        mirror.online();
    }

    private void readBeside() {
        mirror.touched().begin(another, "");
        nowMs += 10_000;
        mirror.tick();
        assertThat(another.isIdle()).isFalse();
    }

    @Test
    void aKeyThatTwoLinksWriteAtOnceIsFetchedWhenBothAreOver() {
        write("RPUSH", "list", "0");
        int before = link.fetches() + another.fetches();
        link.send("RPUSH", "list", "1");
        another.send("RPUSH", "list", "2");

        another.answerAll();
        link.answerAll();
        another.answerAll();

        assertThat(link.fetches() + another.fetches()).isEqualTo(before + 1);
        assertCopied("LRANGE", "list", "0", "-1");
    }

    @Test
    void theOtherOrderOfTheirRepliesMakesNoDifference() {
        write("RPUSH", "list", "0");
        link.send("RPUSH", "list", "1");
        another.send("RPUSH", "list", "2");

        link.answerAll();
        another.answerAll();
        link.answerAll();

        assertCopied("LRANGE", "list", "0", "-1");
    }

    @Test
    void twoLinksThatWriteAfterEachOtherPutNothingInDoubt() {
        write("RPUSH", "list", "0");
        another.send("RPUSH", "list", "1");
        another.answerAll();

        assertThat(mirror.view().refetched()).isZero();
        assertCopied("LRANGE", "list", "0", "-1");
    }

    @Test
    void aWaitingPopOnAnotherLinkPutsOnlyItsOwnKeyInDoubt() {
        write("RPUSH", "list", "0");
        link.send("RPUSH", "list", "1");
        another.sendWaiting("BLPOP", "queue", "0");
        link.send("RPUSH", "list", "2");
        link.send("RPUSH", "queue", "job");

        link.answerAll();
        another.answerAll();
        link.answerAll();
        another.answerAll();

        assertCopied("LRANGE", "list", "0", "-1");
        assertCopied("EXISTS", "queue");
    }

    @Test
    void aWriteThatMeetsAWaitingPopWhichCameLaterIsInDoubtToo() {
        write("RPUSH", "queue", "a");
        link.send("RPUSH", "queue", "b");
        another.sendWaiting("BLPOP", "queue", "0");

        another.answerAll();
        link.answerAll();
        another.answerAll();

        assertCopied("LRANGE", "queue", "0", "-1");
    }

    @Test
    void manyWritesOnTwoLinksEndAsTheUpstreamHasThem() {
        var roomy = new Mirror(copy.engine(), MirrorLimits.DEFAULT);
        roomy.online();
        try (var one = new RedisLink(roomy, copy.engine(), redis.connect());
                var two = new RedisLink(roomy, copy.engine(), redis.connect())) {
            for (int i = 0; i < 20; i++) {
                one.send("RPUSH", "list" + i % 3, "one" + i);
                two.send("RPUSH", "list" + i % 5, "two" + i);
            }

            while (!one.isIdle() || !two.isIdle()) {
                one.answerAll();
                two.answerAll();
            }
        }
        for (int i = 0; i < 5; i++) {
            assertCopied("LRANGE", "list" + i, "0", "-1");
        }
    }

    /** It is asked for behind the INCR, but the links may break between the two replies. */
    @Test
    void aStringThatAReplyTellsIsHereBeforeItsKeyHasBeenRead() {
        try (var client = redis.connect()) {
            client.call("SET", "n", "49", "EX", "1000");
        }
        link.send("INCR", "n");
        link.send("INCRBYFLOAT", "new", "1.5");
        link.answer();
        assertThat(copy.call("GET", "n")).isEqualTo(Reply.bulk("50"));
        assertThat(state("n")).isEqualTo(State.IN_DOUBT);

        link.answerAll();
        assertThat(state("n")).isEqualTo(State.KNOWN);
        assertCopied("TTL", "n");
        assertCopied("GET", "new");
    }

    @Test
    void itStaysWhereTheLinkBreaks() {
        link.send("INCRBY", "n", "50");
        link.answer();
        link.lose();
        mirror.offline();
        assertThat(copy.call("INCR", "n")).isEqualTo(Reply.of(51));
        assertThat(state("n")).isEqualTo(State.IN_DOUBT);
    }

    /** What a script has done is known when its key has been read again, and an outage forgets who was to be told of that. */
    @Test
    void aCopyThatLacksWhatWasAcknowledgedIsNotServedInTheOutage() {
        write("SET", "s", "old");
        link.send("EVAL", "return redis.call('SET', KEYS[1], 'new')", "1", "s");
        link.answer();

        mirror.offline();
        link.lose();

        assertThat(copy.call("GET", "s")).isEqualTo(Reply.Null.BULK);
        assertThat(state("s")).isEqualTo(State.UNKNOWN);
    }

    @Test
    void neitherIsOneForWhoseReadingThereIsNoRoom() {
        write("SET", "s", "old");
        for (int i = 0; i < LIMITS.fetchesMax(); i++) {
            another.send("EVAL", "return redis.call('LPUSH', KEYS[1], 'w')", "1", "other" + i);
        }
        for (int i = 0; i < LIMITS.fetchesMax(); i++) {
            another.answer(); // behind all of which the keys are being read
        }

        link.send("EVAL", "return redis.call('SET', KEYS[1], 'new')", "1", "s");
        link.answer();

        assertThat(state("s")).isEqualTo(State.UNKNOWN);
        mirror.offline();
        assertThat(copy.call("GET", "s")).isEqualTo(Reply.Null.BULK);
    }

    @Test
    void oneThatWasOverwrittenSinceIs() {
        write("SET", "s", "old");
        link.send("EVAL", "return redis.call('SET', KEYS[1], 'new')", "1", "s");
        link.send("SET", "s", "newer");
        link.answer();
        link.answer();

        mirror.offline();

        assertThat(copy.call("GET", "s")).isEqualTo(Reply.bulk("newer"));
    }

    @Test
    void aPartOfAValueIsNotTakenForTheWhole() {
        link.send("HINCRBY", "hash", "f", "1");
        link.send("RPUSH", "list", "a");
        link.answer();
        assertThat(copy.call("EXISTS", "hash", "list")).isEqualTo(Reply.ZERO);
    }

    @Test
    void aWriteWhoseReplyIsLostWithItsLinkIsAskedForWhenItsKeyIsTouchedAgain() {
        write("RPUSH", "list", "a");
        Runnable lose = another.sendAndLose("RPUSH", "list", "b");
        lose.run();

        write("RPUSH", "list", "c");

        assertCopied("LRANGE", "list", "0", "-1");
    }

    @Test
    void aFetchThatIsLostWithItsLinkIsMadeAgain() {
        redis.cli("RPUSH", "list", "a");
        Runnable lose = another.sendAndLose("RPUSH", "list", "b");
        lose.run();

        write("RPUSH", "list", "c");

        assertThat(link.fetches()).isEqualTo(1);
        assertCopied("LRANGE", "list", "0", "-1");
    }

    @Test
    void aMoveThatMeetsADoubtAtOneKeyIsFetchedAtTheOtherToo() {
        write("RPUSH", "queue", "a");
        write("RPUSH", "done", "z");
        link.send("RPUSH", "queue", "b");
        another.send("LMOVE", "queue", "done", "LEFT", "RIGHT");

        another.answerAll();
        link.answerAll();
        another.answerAll();

        assertCopied("LRANGE", "queue", "0", "-1");
        assertCopied("LRANGE", "done", "0", "-1");
    }

    @Test
    void whatIsWrittenWhileTheKeyIsReadBesideIsInTheCopyAtOnce() {
        write("SET", "n", "1");
        write("RPUSH", "list", "a");
        readBeside();
        write("INCR", "n");
        write("RPUSH", "list", "b");
        write("SET", "n", "5");

        assertThat(copy.call("GET", "n")).isEqualTo(Reply.bulk("5"));
        assertThat(copy.call("LRANGE", "list", "1", "1")).isEqualTo(Reply.array(Reply.bulk("b")));
        assertThat(state("n")).isEqualTo(State.KNOWN);

        mirror.offline();
        assertThat(copy.call("GET", "n")).isEqualTo(Reply.bulk("5"));
        assertThat(state("list")).isEqualTo(State.KNOWN);
    }

    @Test
    void aReadingThatWritesHaveCrossedIsNotBelievedAndMadeAgainBehindThem() {
        write("SET", "n", "1");
        int asked = link.fetches();
        readBeside();
        write("INCR", "n");

        another.answerAll();
        assertThat(copy.call("GET", "n")).isEqualTo(Reply.bulk("2"));
        assertThat(link.fetches()).isEqualTo(asked + 1);

        write("INCR", "n");
        link.answerAll();
        assertCopied("GET", "n");
        assertThat(state("n")).isEqualTo(State.KNOWN);
    }

    @Test
    void aReadingThatBeganWhileAWriteWasUnderWayIsMadeAgain() {
        write("RPUSH", "list", "a");
        redis.cli("CLIENT", "PAUSE", "600000", "WRITE");
        link.send("RPUSH", "list", "b");
        readBeside(); // which finds a alone
        redis.cli("CLIENT", "UNPAUSE");

        link.answerAll();
        another.answerAll();

        assertCopied("LRANGE", "list", "0", "-1");
        assertThat(state("list")).isEqualTo(State.KNOWN);
    }

    @Test
    void aReadingThatIsLostLeavesTheCopyAsItWas() {
        write("SET", "n", "1");
        readBeside();
        write("SET", "n", "2");

        another.lose();
        mirror.offline();

        assertThat(copy.call("GET", "n")).isEqualTo(Reply.bulk("2"));
        assertThat(state("n")).isEqualTo(State.KNOWN);
    }

    @Test
    void aReadingOfACopyInDoubtThatIsLostLeavesItInDoubt() {
        write("SET", "n", "1");
        begunAnew();
        readBeside();

        another.lose();
        mirror.offline();

        assertThat(copy.call("GET", "n")).isEqualTo(Reply.bulk("1"));
        assertThat(state("n")).isEqualTo(State.IN_DOUBT);
    }

    @Test
    void whatTwoLinksWroteAtOnceIsInTheCopyBeforeItIsReadAgain() {
        write("SET", "n", "0");
        link.send("INCR", "n");
        another.send("INCR", "n");

        link.answer();
        another.answer();

        assertThat(copy.call("GET", "n")).isEqualTo(Reply.bulk("2"));
        assertThat(state("n")).isEqualTo(State.IN_DOUBT);
        another.answerAll();
        assertThat(state("n")).isEqualTo(State.KNOWN);
    }

    @Test
    void whatIsWrittenToACopyInDoubtIsInItBeforeItIsReadAgain() {
        write("RPUSH", "list", "a");
        write("SET", "n", "1");
        begunAnew();
        link.send("RPUSH", "list", "b");
        link.answer();

        assertThat(copy.call("LRANGE", "list", "0", "-1")).isEqualTo(Reply.array(Reply.bulk("a"), Reply.bulk("b")));
        assertThat(state("list")).isEqualTo(State.IN_DOUBT);
        link.answerAll();
        assertThat(state("list")).isEqualTo(State.KNOWN);
    }

    @Test
    void whatAWaitingPopHasTakenIsGoneFromTheCopyBeforeItIsReadAgain() {
        write("RPUSH", "queue", "a", "b");
        link.send("RPUSH", "queue", "c");
        another.sendWaiting("BLPOP", "queue", "0");

        another.answer();
        link.answer();

        assertThat(copy.call("LRANGE", "queue", "0", "-1")).isEqualTo(Reply.array(Reply.bulk("b"), Reply.bulk("c")));
        assertThat(state("queue")).isEqualTo(State.IN_DOUBT);
    }
}
