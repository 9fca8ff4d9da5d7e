package io.holdfast.sync.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.keyspace.KeyRecord;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A key that was read and found known is noted, and not looked for when it is read again: until the copy is not vouched for any
 * more, for whatever reason. Then the next read asks for it.
 */
class NotedKeysTest extends MirrorScene {
    private static final MirrorLimits LIMITS = new MirrorLimits(100, 3, 5, 1000, 100, 60_000, 10);
    private static final String LONG_NAME = "k".repeat(300);

    @BeforeEach
    void note() {
        link.close();
        mirror = new Mirror(copy.engine(), LIMITS);
        mirror.online();
        link = new RedisLink(mirror, copy.engine(), redis.connect());
        write("SET", "k", "ours");
        write("SET", LONG_NAME, "ours");
        read("k");
        read(LONG_NAME);
        assertThat(isNoted("k")).isTrue();
        assertThat(isNoted(LONG_NAME)).isTrue();
        assertThat(link.fetches()).isZero();
    }

    private boolean isNoted(String key) {
        return copy.engine()
                .keyspaces()
                .changes()
                .vouchedKeys()
                .contains(0, Bytes.of(key).longHash());
    }

    private void read(String key) {
        link.read("GET", key);
        link.answerAll();
        mirror.sentAll();
        link.answerAll();
    }

    /** Others have made the key anew, of which nobody tells us, and a client reads it. */
    private void assertReadAnew() {
        assertThat(isNoted("k")).isFalse();
        redis.cli("SET", "k", "others'");

        read("k");

        assertThat(copy.call("GET", "k")).isEqualTo(Reply.bulk("others'"));
    }

    @Test
    void whatIsNotedIsNotLookedForAgain() {
        redis.cli("SET", "k", "others'");
        redis.cli("SET", LONG_NAME, "others'");

        read("k");
        read(LONG_NAME);

        assertThat(link.fetches()).isZero();
    }

    @Test
    void aWriteByItsResultLeavesItNoted() {
        write("SET", "k", "48");
        write("INCR", "k");

        assertThat(isNoted("k")).isTrue();
        assertCopied("GET", "k");
    }

    @Test
    void aRemovedKey() {
        write("DEL", "k");

        assertReadAnew();
    }

    @Test
    void aKeyThatWasRenamed() {
        write("RENAME", "k", "another");

        assertReadAnew();
    }

    @Test
    void aKeyThatHasAnExpirySinceAndExpires() {
        write("EXPIRE", "k", "600");
        nowMs += 700_000;

        assertReadAnew();
    }

    @Test
    void aKeyThatWasSetAnewWithAnExpiry() {
        write("SET", "k", "ours", "EX", "600");
        nowMs += 700_000;

        assertReadAnew();
    }

    @Test
    void aKeyWithAnExpiryIsNotNotedAtAll() {
        write("SET", "brief", "ours", "EX", "600");

        read("brief");

        assertThat(isNoted("brief")).isFalse();
    }

    @Test
    void everyKeyWhereAllWereRemoved() {
        write("FLUSHDB");

        assertReadAnew();
    }

    @Test
    void everyKeyWhereDatabasesWereExchanged() {
        write("SWAPDB", "0", "1");

        assertReadAnew();
    }

    @Test
    void aKeyWhoseWriteNobodySawAnswered() {
        link.sendAndLose("SET", "k", "perhaps").run();

        assertReadAnew();
    }

    @Test
    void everyKeyInTheNextOnlinePeriod() {
        mirror.offline();
        mirror.online();

        assertReadAnew();
    }

    @Test
    void everyKeyWhoseChangesCouldNotBeHeardOf() {
        mirror.touched().allChanged();

        assertReadAnew();
    }

    @Test
    void aKeyThatGaveWayForWantOfMemory() {
        KeyRecord record =
                Objects.requireNonNull(copy.engine().keyspaces().get(0).find(Bytes.of("k"), nowMs));
        copy.engine().keyspaces().get(0).remove(record);

        assertReadAnew();
    }

    @Test
    void aKeyOfTheSameNameInAnotherDatabaseIsNot() {
        assertThat(copy.engine()
                        .keyspaces()
                        .changes()
                        .vouchedKeys()
                        .contains(1, Bytes.of("k").longHash()))
                .isFalse();
    }
}
