package io.holdfast.sync.replay;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.sync.replay.Heard.News;
import org.junit.jupiter.api.Test;

/** An upstream that takes little at once, and closes the connection of who sends more: everything else gets there. */
class TooBigForUpstreamTest extends ReplayNodeTest {
    private static final int MEGABYTE = 1024 * 1024;

    TooBigForUpstreamTest() {
        super("--proto-max-bulk-len", "1048576", "--client-query-buffer-limit", "1048576");
    }

    private void replay(long last) {
        assertThat(node.replay()).isEqualTo(new News.CaughtUp(last));
    }

    @Test
    void anArgumentThatItDoesNotTakeIsADeadLetter() {
        node.write("SET", "before", "1");
        node.write("SET", "k", "v".repeat(2 * MEGABYTE));
        node.write("SET", "after", "1");

        replay(3);

        assertThat(redis.cli("EXISTS", "before", "k", "after")).isEqualTo("2");
        assertThat(node.deadLetters())
                .singleElement()
                .satisfies(letter -> assertThat(letter.letter().error())
                        .isEqualTo(
                                "ERR Protocol error: invalid bulk length: the upstream's proto-max-bulk-len is 1048576,"
                                        + " and this has 2097152 bytes"));
    }

    @Test
    void anEntryThatItsQueryBufferHasNoRoomForIsADeadLetter() {
        node.write("RPUSH", "k", "a".repeat(MEGABYTE / 2), "b".repeat(MEGABYTE / 2));
        node.write("SET", "after", "1");

        replay(2);

        assertThat(redis.cli("EXISTS", "k", "after")).isEqualTo("1");
        assertThat(node.deadLetters())
                .singleElement()
                .satisfies(letter -> assertThat(letter.letter().error())
                        .startsWith(
                                "ERR the upstream's client-query-buffer-limit allows a transaction of 983040 bytes"));
    }

    @Test
    void whatFitsOneByOneIsSentInAsManyTransactionsAsItTakes() {
        int entries = 40;
        for (int i = 0; i < entries; i++) {
            node.write("RPUSH", "k", (i + " ").repeat(50_000));
        }
        node.write("SET", "largest", "v".repeat(983_000));

        replay(entries + 1L);

        assertThat(redis.cli("LLEN", "k")).isEqualTo(Integer.toString(entries));
        assertThat(redis.cli("STRLEN", "largest")).isEqualTo("983000");
        assertThat(node.deadLetters()).isEmpty();
    }
}
