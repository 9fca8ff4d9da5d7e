package io.holdfast.resp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RequestDecoderTest {
    private static final RespLimits LIMITS = RespLimits.DEFAULT;
    private static final int LINE_MAX = LIMITS.inlineBytesMax();
    private static final String SET = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$12\r\nhello\r\nworld\r\n";

    private final RequestDecoder decoder = new RequestDecoder(LIMITS);

    @Test
    void requestsComeOneByOneInOrder() {
        assertThat(frames(SET + "*1\r\n$4\r\nPING\r\nECHO a\r\n*1\r\n$0\r\n\r\n"))
                .containsExactly("[SET][k][hello\\x0d\\x0aworld]", "[PING]", "[ECHO][a]", "[]");
    }

    @Test
    void aRequestWithManyArgumentsKeepsThemAll() {
        var request = new StringBuilder("*1000\r\n");
        var arguments = new StringBuilder();
        for (int i = 0; i < 1000; i++) {
            request.append("$").append(i).append("\r\n").append("x".repeat(i)).append("\r\n");
            arguments.append('[').append("x".repeat(i)).append(']');
        }

        assertThat(frames(request.toString())).containsExactly(arguments.toString());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                SET + SET,
                "*2\r\n$4\r\nECHO\r\n$100\r\n0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\r\nPING\r\n",
                "*0\r\n*-1\r\n\r\n  \r\n*1\r\n$4\r\nPING\r\n",
                "SET k \"a \\x41 \\\"b\\\"\" 'it\\'s'\r\nPING\n",
                "*1\rX$4\rXPINGXX*1\r\n$10\r\n0123456789\r\n",
                "PING\r\n*1\r\n$4\r\nPING\r\n*1\r\n!4\r\n",
                "*2\r\n$4\r\nECHO\r\n$-1\r\n",
                "GET 'a\r\n",
            })
    void itDoesNotMatterWhereRequestsAreCut(String text) {
        var whole = Wire.feed(text, Wire.requests(LIMITS));

        for (int cut = 0; cut <= text.length(); cut++) {
            assertThat(Wire.feed(text, Wire.requests(LIMITS), cut))
                    .as("cut at %d", cut)
                    .isEqualTo(whole);
            for (int second = cut; second <= text.length(); second++) {
                assertThat(Wire.feed(text, Wire.requests(LIMITS), cut, second)).isEqualTo(whole);
            }
        }
        assertThat(Wire.feed(text, Wire.requests(LIMITS), Wire.everywhere(text)))
                .isEqualTo(whole);
    }

    @Test
    void anIncompleteRequestStaysInTheBuffer() throws RespProtocolException {
        var in = Wire.buffer(SET.substring(0, SET.length() - 1), 2);

        assertThat(decoder.decode(in)).isNull();
        assertThat(in.readerIndex()).isEqualTo(2);
        in.release();
    }

    @Test
    void aFrameIsASliceThatSharesMemoryWithItsBuffer() throws RespProtocolException {
        var in = Wire.buffer("*1\r\n$4\r\nPING\r\n" + SET);
        var ping = next(in);
        int start = in.readerIndex();
        var set = next(in);

        assertThat(Wire.text(set.wire())).isEqualTo(SET);
        if (in.hasMemoryAddress()) {
            assertThat(set.wire().memoryAddress()).isEqualTo(in.memoryAddress() + start);
        } else {
            assertThat(set.wire().array()).isSameAs(in.array());
            assertThat(set.wire().arrayOffset()).isEqualTo(in.arrayOffset() + start);
        }
        assertThat(in.refCnt()).isEqualTo(3);
        ping.release();
        set.release();
        assertThat(in.release()).isTrue();
    }

    @Test
    void anInlineRequestCanBeForwardedAsAMultibulk() throws RespProtocolException {
        var in = Wire.buffer("SET k \"hello\\r\\nworld\"\r\n");
        var frame = next(in);

        assertThat(Wire.text(frame.wire())).isEqualTo(SET);
        assertThat(frame.argument(2)).isEqualTo(Bytes.of("hello\r\nworld"));
        frame.release();
        assertThat(in.release()).isTrue();
    }

    @Test
    void wrongLineEndsAreMendedBeforeTheyReachASharedLink() throws RespProtocolException {
        var in = Wire.buffer("*1\rX$4\rXPINGXX");
        var frame = next(in);

        assertThat(Wire.text(frame.wire())).isEqualTo("*1\r\n$4\r\nPING\r\n");
        frame.release();
        assertThat(in.release()).isTrue();
    }

    /** The texts were taken from redis-server 7.0.15 over a raw socket. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET / HTTP/1.1\r\n",
                "PUT /?a=b c HTTP/1.0\n",
                "whatever \"open http/1.1\r\n",
                "PRI * HTTP/2.0\r\n",
                "Host: 127.0.0.1\r\n",
                "POST x\r\n",
                "\u0016\u0003\u0001 no line ends here",
            })
    void whoSpeaksAnotherProtocolIsFoundBeforeAnythingFollows(String text) {
        ByteBuf in = Unpooled.copiedBuffer(text + "SET smuggled v\r\n", StandardCharsets.ISO_8859_1);

        assertThatThrownBy(() -> decoder.decode(in)).isInstanceOf(ForeignProtocolException.class);
    }

    @Test
    void wordsOfHttpAreValuesLikeOthers() throws RespProtocolException {
        assertThat(frames("SET k HTTP\r\nGET http/1.1\r\nECHO \"HTTP/1.1 is old\"\r\n"))
                .hasSize(3);
    }

    @Test
    void protocolErrorsReadAsInRedis() {
        var longer = "1".repeat(LINE_MAX);
        assertError("*abc\r\n", "invalid multibulk length");
        assertError("*\r\n", "invalid multibulk length");
        assertError("*+1\r\n", "invalid multibulk length");
        assertError("*01\r\n", "invalid multibulk length");
        assertError("* 1\r\n", "invalid multibulk length");
        assertError("*-0\r\n", "invalid multibulk length");
        assertError("*2147483648\r\n", "invalid multibulk length");
        assertError("*99999999999999999999\r\n", "invalid multibulk length");
        assertError("*1\r\nPING\r\n", "expected '$', got 'P'");
        assertError("*1\r\n*1\r\n", "expected '$', got '*'");
        assertError("*1\r\n\r\n", "expected '$', got ' '");
        assertError("*1\r\n\n\r\n", "expected '$', got ' '");
        assertError("*1\r\nx1\r\n", "expected '$', got 'x'");
        assertError("*1\r\n$\r\n", "invalid bulk length");
        assertError("*1\r\n$-1\r\n", "invalid bulk length");
        assertError("*1\r\n$abc\r\n", "invalid bulk length");
        assertError("*1\r\n$04\r\nPING\r\n", "invalid bulk length");
        assertError("*1\r\n$536870913\r\n", "invalid bulk length");
        assertError("*" + longer, "too big mbulk count string");
        assertError("*1\r\n$" + longer, "too big bulk count string");
        assertError("*1\r\nx" + longer, "too big bulk count string");
        assertError("a" + longer, "too big inline request");
        for (var line : List.of("PING \"a", "PING 'a", "PING \"a\"b", "PING 'a'b", "ECHO foo\"bar", "ECHO \"a\\\"")) {
            assertError(line + "\r\n", "unbalanced quotes in request");
        }
    }

    @Test
    void whatRedisWaitsForIsWaitedFor() {
        var almost = "1".repeat(LINE_MAX - 1);
        for (var text : List.of("*abc", "*1\r\nx", "*1\r\nPING\r", "*" + almost, "*1\r\n$" + almost, "a" + almost)) {
            assertThat(Wire.feed(text, Wire.requests(LIMITS))).isEqualTo(new Wire.Outcome(List.of(), null));
        }
    }

    /** What redis-server 7.0.15 makes of these lines. */
    @Test
    void inlineRequestsSplitAsInRedis() {
        assertThat(frames("  PING\r\n")).containsExactly("[PING]");
        assertThat(frames("PING\r\r\n")).containsExactly("[PING]");
        assertThat(frames("PI\rNG\r\n")).containsExactly("[PI][NG]");
        assertThat(frames("\"\"\r\n")).containsExactly("[]");
        assertThat(frames("PING \"a\" b\r\n")).containsExactly("[PING][a][b]");
        assertThat(frames("ECHO foo\"bar\"\r\n")).containsExactly("[ECHO][foobar]");
        assertThat(frames("ECHO a\u000bb\r\n")).containsExactly("[ECHO][a\\x0bb]");
        assertThat(frames("\u000bECHO a\u000b\r\n")).containsExactly("[ECHO][a\\x0b]");
        assertThat(frames("ECHO \u00ff\u00fe\r\n")).containsExactly("[ECHO][\\xff\\xfe]");
        assertThat(frames("ECHO 'a\\'b\\n'\r\n")).containsExactly("[ECHO][a'b\\x5cn]");
        assertThat(frames("ECHO \"\\xzz\"\r\n")).containsExactly("[ECHO][xzz]");
        assertThat(frames("ECHO \"\\x41\\x4\\n\\r\\t\\b\\a\\q\\\"\"\r\n"))
                .containsExactly("[ECHO][Ax4\\x0a\\x0d\\x09\\x08\\x07q\"]");
    }

    @Test
    void theConfiguredLimitsHold() {
        var small = new RespLimits(10, 3, 16, 40, 4);

        assertThat(Wire.feed("*4\r\n", Wire.requests(small)).error()).isEqualTo("invalid multibulk length");
        assertThat(Wire.feed("*1\r\n$11\r\n", Wire.requests(small)).error()).isEqualTo("invalid bulk length");
        assertThat(Wire.feed("a".repeat(17) + "\r\n", Wire.requests(small)).error())
                .isEqualTo("too big inline request");
        assertThat(Wire.feed("*3\r\n$9\r\n123456789\r\n$9\r\n123456789\r\n$9\r\n", Wire.requests(small))
                        .error())
                .isEqualTo("request exceeds the query buffer limit");
        assertThat(Wire.feed("*2\r\n$10\r\n1234567890\r\n$1\r\na\r\n", Wire.requests(small))
                        .frames())
                .containsExactly("[1234567890][a]");
    }

    @Test
    void beforeAuthOnlySmallRequestsAreRead() throws RespProtocolException {
        decoder.requireAuthentication(true);
        assertThat(decoded(decoder, "*1\r\n$16384\r\n")).isNull();
        assertThatThrownBy(() -> decoded(strangersDecoder(), "*11\r\n"))
                .isInstanceOf(RespProtocolException.class)
                .hasMessage("unauthenticated multibulk length");
        assertThatThrownBy(() -> decoded(strangersDecoder(), "*1\r\n$16385\r\n"))
                .isInstanceOf(RespProtocolException.class)
                .hasMessage("unauthenticated bulk length");
    }

    @ParameterizedTest
    @ValueSource(strings = {"*1048576\r\n", "*1\r\n$536870912\r\n", "*1048576\r\n$536870912\r\n"})
    void anAnnouncementThatNothingFollowsAllocatesNearlyNothing(String lie) throws RespProtocolException {
        var in = Unpooled.copiedBuffer(lie, StandardCharsets.ISO_8859_1); // leak detection allocates
        assertThat(decoder.decode(in)).isNull(); // classes are loaded now

        var again = new RequestDecoder(LIMITS);
        var allocated = new AllocatedBytes();
        var frame = again.decode(in);
        long count = allocated.count();

        assertThat(frame).isNull();
        assertThat(count).isLessThan(8 * 1024);
        assertThat(in.release()).isTrue();
    }

    @Test
    void theHintIsWhatIsMissingButNeverMoreThan64KiB() throws RespProtocolException {
        assertThat(decoded(decoder, "*2\r\n$3\r\nGET\r\n$100\r\n0123456789")).isNull();
        assertThat(decoder.expectedBytes()).isEqualTo(92);

        var other = new RequestDecoder(LIMITS);
        assertThat(decoded(other, "*1\r\n$536870912\r\n")).isNull();
        assertThat(other.expectedBytes()).isEqualTo(64 * 1024);

        var unknown = new RequestDecoder(LIMITS);
        assertThat(decoded(unknown, "*2\r\n$3\r\nGET\r\n$1")).isNull();
        assertThat(unknown.expectedBytes()).isZero();
    }

    @Test
    void noByteIsLookedAtAgainWhenMoreCome() throws RespProtocolException {
        var text = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$20000\r\n" + "v".repeat(20000) + "\r\n" + "a".repeat(20000) + "\r\n";
        var in = new ReadCount(text.length());
        int frames = 0;
        for (int i = 0; i < text.length(); i++) {
            in.writeByte(text.charAt(i));
            var frame = decoder.decode(in);
            if (frame != null) {
                frames++;
                frame.release();
            }
        }

        assertThat(frames).isEqualTo(2);
        assertThat(in.looked()).isLessThan(3L * text.length());
        assertThat(in.release()).isTrue();
    }

    private static RequestDecoder strangersDecoder() {
        var strangers = new RequestDecoder(LIMITS);
        strangers.requireAuthentication(true);
        return strangers;
    }

    private RequestFrame next(ByteBuf in) throws RespProtocolException {
        return Objects.requireNonNull(decoder.decode(in));
    }

    private static @Nullable RequestFrame decoded(RequestDecoder decoder, String text) throws RespProtocolException {
        var in = Wire.buffer(text);
        try {
            return decoder.decode(in);
        } finally {
            in.release();
        }
    }

    private static List<String> frames(String text) {
        var outcome = Wire.feed(text, Wire.requests(LIMITS));
        assertThat(outcome.error()).isNull();
        return outcome.frames();
    }

    private static void assertError(String text, String error) {
        assertThat(Wire.feed(text, Wire.requests(LIMITS)).error()).as(text).isEqualTo(error);
        assertThat(Wire.feed(text, Wire.requests(LIMITS), text.length() - 1).error())
                .as(text)
                .isEqualTo(error);
    }
}
