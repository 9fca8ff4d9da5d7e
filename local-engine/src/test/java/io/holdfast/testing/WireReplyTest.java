package io.holdfast.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class WireReplyTest {
    @Test
    void repliesThatDifferInOrderAloneAreTheSameInAnyOrder() {
        WireReply one = reply("*2\r\n$1\r\n0\r\n*2\r\n$1\r\na\r\n$3\r\nb\r\n\r\n");
        WireReply other = reply("*2\r\n$1\r\n0\r\n*2\r\n$3\r\nb\r\n\r\n$1\r\na\r\n");

        assertThat(one).isNotEqualTo(other);
        assertThat(one.anyOrder()).isEqualTo(other.anyOrder());
    }

    @Test
    void aMapsValuesStayWithTheirKeys() {
        WireReply one = reply("%2\r\n+a\r\n:1\r\n+b\r\n:2\r\n");
        WireReply moved = reply("%2\r\n+b\r\n:2\r\n+a\r\n:1\r\n");
        WireReply swapped = reply("%2\r\n+a\r\n:2\r\n+b\r\n:1\r\n");

        assertThat(one.anyOrder()).isEqualTo(moved.anyOrder());
        assertThat(one.anyOrder()).isNotEqualTo(swapped.anyOrder());
    }

    @Test
    void aShapeIsTypesAndCounts() {
        assertThat(reply("*2\r\n$1\r\na\r\n:5\r\n").shape()).isEqualTo("*2($:)");
        assertThat(reply("$-1\r\n").shape()).isEqualTo("null");
    }

    @Test
    void moreOrLessThanOneReplyIsRefused() {
        assertThatThrownBy(() -> reply("+OK\r\n+OK\r\n")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> reply("$3\r\nab")).isInstanceOf(IllegalArgumentException.class);
    }

    private static WireReply reply(String wire) {
        return WireReply.of(wire.getBytes(StandardCharsets.ISO_8859_1));
    }
}
