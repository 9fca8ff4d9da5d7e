package io.holdfast.resp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReplyEncoderTest {
    @Test
    void whatBothVersionsShareIsSpelledAlike() {
        assertSpelled(Reply.OK, "+OK\r\n");
        assertSpelled(Reply.PONG, "+PONG\r\n");
        assertSpelled(Reply.QUEUED, "+QUEUED\r\n");
        assertSpelled(Reply.simple("string"), "+string\r\n");
        assertSpelled(new Reply.Failure(Bytes.of("ERR no")), "-ERR no\r\n");
        assertSpelled(Reply.ZERO, ":0\r\n");
        assertSpelled(Reply.ONE, ":1\r\n");
        assertSpelled(Reply.EMPTY_BULK, "$0\r\n\r\n");
        assertSpelled(Reply.bulk("hello\r\nworld"), "$12\r\nhello\r\nworld\r\n");
        assertSpelled(Reply.EMPTY_ARRAY, "*0\r\n");
        assertSpelled(Reply.array(Reply.ONE, Reply.array(Reply.OK)), "*2\r\n:1\r\n*1\r\n+OK\r\n");
        assertSpelled(new Reply.Sequence(List.of(Reply.ONE, Reply.OK)), ":1\r\n+OK\r\n");
    }

    @Test
    void whatRespThreeAddedFallsBackInRespTwo() {
        assertSpelled(Reply.Null.BULK, "$-1\r\n", "_\r\n");
        assertSpelled(Reply.Null.ARRAY, "*-1\r\n", "_\r\n");
        assertSpelled(new Reply.Bool(true), ":1\r\n", "#t\r\n");
        assertSpelled(new Reply.Bool(false), ":0\r\n", "#f\r\n");
        assertSpelled(new Reply.Real(1.5, Bytes.of("1.5")), "$3\r\n1.5\r\n", ",1.5\r\n");
        assertSpelled(new Reply.BigNumber(Bytes.of("12")), "$2\r\n12\r\n", "(12\r\n");
        assertSpelled(new Reply.Verbatim("txt", Bytes.of("text")), "$4\r\ntext\r\n", "=8\r\ntxt:text\r\n");
        assertSpelled(Reply.EMPTY_MAP, "*0\r\n", "%0\r\n");
        assertSpelled(new Reply.MapOf(List.of(Reply.OK, Reply.ONE)), "*2\r\n+OK\r\n:1\r\n", "%1\r\n+OK\r\n:1\r\n");
        assertSpelled(Reply.EMPTY_SET, "*0\r\n", "~0\r\n");
        assertSpelled(new Reply.SetOf(List.of(Reply.ONE)), "*1\r\n:1\r\n", "~1\r\n:1\r\n");
        assertSpelled(new Reply.Push(List.of(Reply.ONE)), "*1\r\n:1\r\n", ">1\r\n:1\r\n");
        assertSpelled(
                new Reply.Attributed(List.of(Reply.bulk("a"), Reply.ONE), Reply.OK),
                "+OK\r\n",
                "|1\r\n$1\r\na\r\n:1\r\n+OK\r\n");
    }

    @Test
    void numbersOfEveryLengthAreSpelledAsJavaDoes() {
        var numbers = new long[] {-1, 9, 10, 99, 100, -9, -10, -99, 1_000_000, Integer.MIN_VALUE};
        for (long number : numbers) {
            assertSpelled(new Reply.Int(number), ":" + number + "\r\n");
        }
        assertSpelled(new Reply.Int(Long.MAX_VALUE), ":9223372036854775807\r\n");
        assertSpelled(new Reply.Int(Long.MIN_VALUE), ":-9223372036854775808\r\n");
        for (long power = 1; power > 0 && power <= Long.MAX_VALUE / 10; power *= 10) {
            assertSpelled(new Reply.Int(power), ":" + power + "\r\n");
            assertSpelled(new Reply.Int(power - 1), ":" + (power - 1) + "\r\n");
            assertSpelled(new Reply.Int(-power), ":" + -power + "\r\n");
        }
    }

    @Test
    void aLineEndInAMessageCannotForgeAReply() {
        assertSpelled(new Reply.Failure(Bytes.of("ERR 'a\r\n+OK'")), "-ERR 'a  +OK'\r\n");
        assertSpelled(Reply.simple("a\nb"), "+a b\r\n");
    }

    @Test
    void halfAPairIsRefused() {
        var out = Unpooled.buffer();
        assertThatThrownBy(() -> ReplyEncoder.encode(new Reply.MapOf(List.of(Reply.ONE)), RespVersion.RESP3, out))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(out.writerIndex()).isZero();
    }

    @Test
    void commandsAreSpelledAsClientsSendThem() {
        var command = List.of(Bytes.of("SET"), Bytes.EMPTY, Bytes.of("0123456789"));
        var listed = Unpooled.buffer();
        var given = Unpooled.buffer();
        RequestEncoder.encode(listed, command);
        RequestEncoder.encode(given, command.toArray(new Bytes[0]));

        assertThat(Wire.text(listed)).isEqualTo("*3\r\n$3\r\nSET\r\n$0\r\n\r\n$10\r\n0123456789\r\n");
        assertThat(given).isEqualTo(listed);
        assertThat(RequestEncoder.encodedLength(command)).isEqualTo(listed.readableBytes());
    }

    private static void assertSpelled(Reply reply, String both) {
        assertSpelled(reply, both, both);
    }

    private static void assertSpelled(Reply reply, String resp2, String resp3) {
        assertThat(spelled(reply, RespVersion.RESP2)).isEqualTo(resp2);
        assertThat(spelled(reply, RespVersion.RESP3)).isEqualTo(resp3);
    }

    private static String spelled(Reply reply, RespVersion version) {
        var out = Unpooled.buffer(1); // it must grow where a number is written by index
        ReplyEncoder.encode(reply, version, out);
        return out.toString(StandardCharsets.ISO_8859_1);
    }
}
