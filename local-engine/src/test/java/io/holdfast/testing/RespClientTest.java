package io.holdfast.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.resp.RespVersion;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RespClientTest {
    private final RealRedis redis = RealRedis.start();

    @AfterAll
    void stop() {
        redis.close();
    }

    @Test
    void givesTheExactBytesOfAReply() {
        try (var client = redis.connect()) {
            byte[] reply = client.raw("ECHO", "a\r\nb");

            assertThat(new String(reply, StandardCharsets.US_ASCII)).isEqualTo("$4\r\na\r\nb\r\n");
        }
    }

    @Test
    void pipelinedRepliesComeInOrder() {
        try (var client = redis.connect()) {
            client.send("ECHO", "first");
            client.send("NOSUCH");
            client.send("ECHO", "third");

            assertThat(client.read()).isEqualTo(Reply.bulk("first"));
            assertThat(client.read()).isInstanceOf(Reply.Failure.class);
            assertThat(client.read()).isEqualTo(Reply.bulk("third"));
        }
    }

    @Test
    void aReplyBiggerThanItsBufferArrivesWhole() {
        String big = "x".repeat(3_000_000);
        try (var client = redis.connect()) {
            List<byte[]> replies = client.rawAll(List.of(
                    new Bytes[] {Bytes.of("ECHO"), Bytes.of(big)}, new Bytes[] {Bytes.of("ECHO"), Bytes.of("small")}));

            assertThat(replies.get(0)).hasSize(big.length() + "$3000000\r\n\r\n".length());
            assertThat(new String(replies.get(1), StandardCharsets.US_ASCII)).isEqualTo("$5\r\nsmall\r\n");
        }
    }

    @Test
    void speaksResp3() {
        try (var client = redis.connect()) {
            client.speak(RespVersion.RESP3);

            assertThat(new String(client.raw("GET", "missing"), StandardCharsets.US_ASCII))
                    .isEqualTo("_\r\n");
        }
    }

    @Test
    void seesThatTheServerHasClosedTheConnection() {
        try (var client = redis.connect()) {
            client.call("QUIT");

            assertThat(client.isClosedByServer()).isTrue();
        }
    }
}
