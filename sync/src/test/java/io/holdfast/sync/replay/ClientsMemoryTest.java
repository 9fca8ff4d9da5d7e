package io.holdfast.sync.replay;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.sync.replay.Heard.News;
import org.junit.jupiter.api.Test;

/** An upstream that cuts off whoever takes most of the memory that all clients have together. */
class ClientsMemoryTest extends ReplayNodeTest {
    private static final int MEGABYTE = 1024 * 1024;

    @Test
    void anEntryThatTakesItAllIsADeadLetter() {
        redis.cli("CONFIG", "SET", "maxmemory-clients", "2mb");
        node.write("SET", "k", "v".repeat(4 * MEGABYTE));
        node.write("SET", "after", "1");

        assertThat(node.replay()).isEqualTo(new News.CaughtUp(2));

        assertThat(redis.cli("EXISTS", "k", "after")).isEqualTo("1");
        assertDeadLetter("ERR the upstream's maxmemory-clients allows a transaction of 1048576 bytes");
    }

    @Test
    void itMayBeAShareOfTheWhole() {
        redis.cli("CONFIG", "SET", "maxmemory", "40mb");
        redis.cli("CONFIG", "SET", "maxmemory-clients", "5%");
        node.write("RPUSH", "k", "a".repeat(MEGABYTE / 2), "b".repeat(MEGABYTE / 2 + 1000));

        assertThat(node.replay()).isEqualTo(new News.CaughtUp(1));

        assertDeadLetter("ERR the upstream's maxmemory-clients allows a transaction of 1048575 bytes");
    }

    private void assertDeadLetter(String error) {
        assertThat(node.deadLetters())
                .singleElement()
                .satisfies(letter -> assertThat(letter.letter().error()).startsWith(error));
    }
}
