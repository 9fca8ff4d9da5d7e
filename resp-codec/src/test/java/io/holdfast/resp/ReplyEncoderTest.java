package io.holdfast.resp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.buffer.UnpooledHeapByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;
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
    void roomForALargeReplyIsMadeAtOnce() {
        var replies = List.of(
                large(Reply.Array::new),
                large(Reply.SetOf::new),
                large(Reply.MapOf::new),
                large(Reply.Push::new),
                large(Reply.Sequence::new),
                large(items -> new Reply.Attributed(items, Reply.OK)),
                large(items -> Reply.array(new Reply.Array(items))),
                Reply.bulk("x".repeat(1_000_000)));
        for (Reply reply : replies) {
            for (RespVersion version : RespVersion.values()) {
                var out = new CountedGrowth();
                ReplyEncoder.encode(reply, version, out);

                assertThat(out.times).as(reply.getClass().getSimpleName()).isLessThanOrEqualTo(1);
            }
        }
    }

    private static Reply large(Function<List<Reply>, Reply> kind) {
        var items = new ArrayList<Reply>();
        for (int i = 0; i < 10_000; i++) {
            items.add(Reply.bulk("x".repeat(100)));
            items.add(new Reply.Int(Long.MIN_VALUE));
            items.add(Reply.simple("y".repeat(100)));
            items.add(new Reply.Failure(Bytes.of("ERR " + "z".repeat(100))));
            items.add(new Reply.Real(1e300, Bytes.of("1" + "0".repeat(300))));
            items.add(new Reply.BigNumber(Bytes.of("9".repeat(100))));
            items.add(new Reply.Verbatim("txt", Bytes.of("v".repeat(100))));
            items.add(Reply.Null.BULK);
        }
        return kind.apply(items);
    }

    @Test
    void whatNoBufferHasRoomForIsAnError() {
        Reply megabyte = Reply.bulk("x".repeat(1 << 20));
        var out = Unpooled.buffer();
        ReplyEncoder.encode(new Reply.Array(Collections.nCopies(2048, megabyte)), RespVersion.RESP2, out);

        assertThat(out.toString(StandardCharsets.ISO_8859_1))
                .isEqualTo("-ERR the reply does not fit into 2147483647 bytes; ask for less at a time\r\n");
    }

    private static final class CountedGrowth extends UnpooledHeapByteBuf {
        private int times;

        CountedGrowth() {
            super(UnpooledByteBufAllocator.DEFAULT, 16, Integer.MAX_VALUE);
        }

        @Override
        public ByteBuf capacity(int bytes) {
            times++;
            return super.capacity(bytes);
        }
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
        assertThat(ReplySize.atMost(reply)).isGreaterThanOrEqualTo(Math.max(resp2.length(), resp3.length()));
        assertThat(spelled(reply, RespVersion.RESP2)).isEqualTo(resp2);
        assertThat(spelled(reply, RespVersion.RESP3)).isEqualTo(resp3);
    }

    private static String spelled(Reply reply, RespVersion version) {
        var out = Unpooled.buffer(1); // it must grow where a number is written by index
        ReplyEncoder.encode(reply, version, out);
        return out.toString(StandardCharsets.ISO_8859_1);
    }
}
