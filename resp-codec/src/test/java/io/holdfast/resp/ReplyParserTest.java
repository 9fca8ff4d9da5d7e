package io.holdfast.resp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReplyParserTest {
    private final ReplyParser parser = new ReplyParser(RespLimits.DEFAULT);

    @Test
    void everyKindIsRead() throws RespProtocolException {
        assertThat(parse("+OK\r\n")).isEqualTo(Reply.OK);
        assertThat(parse("-ERR x\r\n")).isEqualTo(new Reply.Failure(Bytes.of("ERR x")));
        assertThat(parse("!5\r\nERR x\r\n")).isEqualTo(new Reply.Failure(Bytes.of("ERR x")));
        assertThat(parse(":-5\r\n")).isEqualTo(new Reply.Int(-5));
        assertThat(parse("$2\r\n\r\n\r\n")).isEqualTo(Reply.bulk("\r\n"));
        assertThat(parse("$-1\r\n")).isEqualTo(Reply.Null.BULK);
        assertThat(parse("_\r\n")).isEqualTo(Reply.Null.BULK);
        assertThat(parse("*-1\r\n")).isEqualTo(Reply.Null.ARRAY);
        assertThat(parse("#t\r\n")).isEqualTo(new Reply.Bool(true));
        assertThat(parse("#f\r\n")).isEqualTo(new Reply.Bool(false));
        assertThat(parse(",-inf\r\n")).isEqualTo(new Reply.Real(Double.NEGATIVE_INFINITY, Bytes.of("-inf")));
        assertThat(parse(",nan\r\n")).isEqualTo(new Reply.Real(Double.NaN, Bytes.of("nan")));
        assertThat(parse(",1e3\r\n")).isEqualTo(new Reply.Real(1000, Bytes.of("1e3")));
        assertThat(parse("(123\r\n")).isEqualTo(new Reply.BigNumber(Bytes.of("123")));
        assertThat(parse("=8\r\nmkd:text\r\n")).isEqualTo(new Reply.Verbatim("mkd", Bytes.of("text")));
        assertThat(parse("*2\r\n:1\r\n*0\r\n")).isEqualTo(Reply.array(Reply.ONE, Reply.EMPTY_ARRAY));
        assertThat(parse("~1\r\n:1\r\n")).isEqualTo(new Reply.SetOf(List.of(Reply.ONE)));
        assertThat(parse("%1\r\n:1\r\n:0\r\n")).isEqualTo(new Reply.MapOf(List.of(Reply.ONE, Reply.ZERO)));
        assertThat(parse(">1\r\n:1\r\n")).isEqualTo(new Reply.Push(List.of(Reply.ONE)));
    }

    @Test
    void streamedValuesAreJoined() throws RespProtocolException {
        assertThat(parse("$?\r\n;4\r\nHell\r\n;1\r\no\r\n;0\r\n")).isEqualTo(Reply.bulk("Hello"));
        assertThat(parse("*?\r\n:1\r\n*?\r\n.\r\n.\r\n")).isEqualTo(Reply.array(Reply.ONE, Reply.EMPTY_ARRAY));
        assertThat(parse("%?\r\n:1\r\n:0\r\n.\r\n")).isEqualTo(new Reply.MapOf(List.of(Reply.ONE, Reply.ZERO)));
    }

    @Test
    void attributesAreSkipped() throws RespProtocolException {
        assertThat(parse("|1\r\n+a\r\n|1\r\n+b\r\n:1\r\n:2\r\n*2\r\n|0\r\n:1\r\n:0\r\n"))
                .isEqualTo(Reply.array(Reply.ONE, Reply.ZERO));
    }

    @Test
    void aCollectionReadCannotBeChanged() throws RespProtocolException {
        var array = (Reply.Array) parse("*1\r\n:1\r\n");
        assertThatThrownBy(() -> array.items().clear()).isInstanceOf(UnsupportedOperationException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "+",
                "+OK",
                "+OK\r",
                "+OK\rX",
                ":\r\n",
                ":1x\r\n",
                "$3\r\nab\r\n",
                "$3\r\nabcd\r\n",
                "$536870912\r\n",
                "$536870913\r\n",
                "$-2\r\n",
                "*1\r\n",
                "*2147483647\r\n",
                "*x\r\n",
                "%-1\r\n",
                "~-1\r\n",
                "#x\r\n",
                "_x\r\n",
                ",x\r\n",
                "=3\r\ntxt\r\n",
                "=8\r\ntxt=text\r\n",
                "!-1\r\n",
                "$?\r\n:1\r\n",
                "%?\r\n:1\r\n.\r\n",
                ".\r\n",
                "PONG\r\n",
            })
    void whatIsNoWholeReplyIsRefused(String text) {
        assertThatThrownBy(() -> parse(text)).isInstanceOf(RespProtocolException.class);
    }

    @Test
    void depthIsLimitedAsInTheFrameDecoder() throws RespProtocolException {
        int max = RespLimits.DEFAULT.replyDepthMax();
        assertThat(parse("*1\r\n".repeat(max) + "*0\r\n")).isInstanceOf(Reply.Array.class);
        assertThatThrownBy(() -> parse("*1\r\n".repeat(max + 1) + ":1\r\n"))
                .isInstanceOf(RespProtocolException.class)
                .hasMessage("reply nested deeper than " + max);
    }

    private Reply parse(String text) throws RespProtocolException {
        var in = Wire.buffer(text);
        try {
            var reply = parser.parse(in);
            assertThat(in.isReadable()).isFalse();
            return reply;
        } finally {
            assertThat(in.release()).isTrue();
        }
    }
}
