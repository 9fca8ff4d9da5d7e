package io.holdfast.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.config.RedisVersion;
import io.holdfast.resp.RespVersion;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class EngineClientTest {
    private final MemoryJournal journal = new MemoryJournal();
    private final TestClock clock = new TestClock(1_800_000_000_000L);
    private final EngineClient client = EngineClient.start(RedisVersion.STANDALONE, journal, clock);

    @Test
    void aReplyIsSpelledInTheProtocolOfItsSession() {
        String inResp2 = text(client.raw("GET", "missing"));
        client.speak(RespVersion.RESP3);

        assertThat(inResp2).isEqualTo("$-1\r\n");
        assertThat(text(client.raw("GET", "missing"))).isEqualTo("_\r\n");
    }

    @Test
    void aWriteIsCommittedWhenItsReplyIsGivenOut() {
        client.raw("SET", "k", "v");

        assertThat(journal.effects()).hasSize(1);
        assertThat(journal.hasStaged()).isFalse();
    }

    @Test
    void timePassesWhenTheTestSaysSo() {
        client.raw("SET", "k", "v", "PX", "100");
        clock.advance(Duration.ofMillis(101));

        assertThat(text(client.raw("GET", "k"))).isEqualTo("$-1\r\n");
    }

    @Test
    void anotherClientSeesTheSameData() {
        client.raw("SET", "k", "v");

        assertThat(text(client.another().raw("GET", "k"))).isEqualTo("$1\r\nv\r\n");
    }

    @Test
    void aMessageToItselfComesBeforeTheReplyOfItsSender() {
        client.speak(RespVersion.RESP3);
        client.raw("SUBSCRIBE", "news");

        assertThat(text(client.raw("PUBLISH", "news", "hello")))
                .startsWith(">3")
                .contains("hello");
        assertThat(client.hasUnread()).isTrue();
        assertThat(text(client.readRaw())).isEqualTo(":1\r\n");
        assertThat(client.hasUnread()).isFalse();
    }

    private static String text(byte[] wire) {
        return new String(wire, StandardCharsets.ISO_8859_1);
    }
}
