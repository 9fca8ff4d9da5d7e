package io.holdfast.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.resp.Bytes;
import io.holdfast.resp.RespVersion;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class TranscriptFormatTest {
    @Test
    void commandsAndTheirRepliesAreRead() {
        var transcript = Transcript.parse(
                "t", List.of("# why", "> SET k \"a b\\x00\"", "< +OK", "", "@3", "> GET k", "< $4", "< a b\\x00"));

        assertThat(transcript.exchanges()).hasSize(2);
        assertThat(transcript.exchanges().get(0).command())
                .containsExactly(Bytes.of("SET"), Bytes.of("k"), Bytes.of("a b\0"));
        assertThat(transcript.exchanges().get(1).version()).isEqualTo(RespVersion.RESP3);
        assertThat(transcript.exchanges().get(1).accepts(wire("$4\r\na b\0\r\n")))
                .isTrue();
        assertThat(transcript.exchanges().get(1).accepts(wire("$4\r\na b!\r\n")))
                .isFalse();
    }

    @Test
    void onlyAReplyMarkedAsSortedMayComeInAnyOrder() {
        List<String> reply = List.of("> SMEMBERS s", "< *2", "< $1", "< a", "< $1", "< b");
        var strict = Transcript.parse("t", reply).exchanges().get(0);
        var sorted = Transcript.parse("t", List.of("? sorted", reply.get(0), "< *2", "< $1", "< a", "< $1", "< b"))
                .exchanges()
                .get(0);
        byte[] turned = wire("*2\r\n$1\r\nb\r\n$1\r\na\r\n");

        assertThat(strict.accepts(turned)).isFalse();
        assertThat(sorted.accepts(turned)).isTrue();
        assertThat(sorted.accepts(wire("*2\r\n$1\r\nb\r\n$1\r\nb\r\n"))).isFalse();
    }

    @Test
    void anEmptyBulkIsAnEmptyLine() {
        var exchange = Transcript.parse("t", List.of("> GET k", "< $0", "<"))
                .exchanges()
                .get(0);

        assertThat(exchange.accepts(wire("$0\r\n\r\n"))).isTrue();
    }

    @Test
    void aLineOfNoKindIsRefusedWithItsNumber() {
        assertThatThrownBy(() -> Transcript.parse("t", List.of("> PING", "PONG")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("t:2");
    }

    @Test
    void quotesAreThoseOfRedisCli() {
        assertThat(CommandLine.parse("a  'it\\'s' \"\" \"\\r\\n\\\"\\\\\" \\n"))
                .containsExactly(Bytes.of("a"), Bytes.of("it's"), Bytes.EMPTY, Bytes.of("\r\n\"\\"), Bytes.of("\\n"));
        assertThatThrownBy(() -> CommandLine.parse("\"open")).isInstanceOf(IllegalArgumentException.class);
    }

    private static byte[] wire(String latin1) {
        return latin1.getBytes(StandardCharsets.ISO_8859_1);
    }
}
