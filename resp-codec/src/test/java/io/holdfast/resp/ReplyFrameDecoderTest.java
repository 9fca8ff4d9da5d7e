package io.holdfast.resp;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReplyFrameDecoderTest {
    private static final RespLimits LIMITS = RespLimits.DEFAULT;

    private final ReplyFrameDecoder decoder = new ReplyFrameDecoder(LIMITS);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "+OK\r\n",
                "+\r\n",
                "-ERR no\r\n",
                ":-42\r\n",
                "$5\r\na\r\nbc\r\n",
                "$0\r\n\r\n",
                "$-1\r\n",
                "*-1\r\n",
                "*0\r\n",
                "*2\r\n*1\r\n:1\r\n$1\r\na\r\n",
                "_\r\n",
                "#t\r\n",
                ",1.5\r\n",
                "(12345678901234567890\r\n",
                "!5\r\nERR x\r\n",
                "=8\r\ntxt:text\r\n",
                "%2\r\n+a\r\n*2\r\n:1\r\n:2\r\n+b\r\n_\r\n",
                "~1\r\n:1\r\n",
                "~0\r\n",
                ">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nm\r\n",
                "$?\r\n;4\r\nHell\r\n;1\r\no\r\n;0\r\n",
                "$?\r\n;0\r\n",
                "*?\r\n:1\r\n*?\r\n.\r\n%?\r\n+a\r\n~?\r\n:1\r\n.\r\n.\r\n:2\r\n.\r\n",
                "*2\r\n|1\r\n+ttl\r\n:3600\r\n:1\r\n:2\r\n",
                "*?\r\n|1\r\n+ttl\r\n:3600\r\n:1\r\n.\r\n",
                "*1\r\n>1\r\n+subscribe\r\n",
            })
    void everyKindOfReplyIsFoundWhereverItIsCut(String reply) {
        var expected = List.of(reply.charAt(0) + " " + reply, ": :7\r\n");
        var text = reply + ":7\r\n";

        for (int cut = 0; cut <= text.length(); cut++) {
            for (int second = cut; second <= text.length(); second++) {
                assertThat(Wire.feed(text, Wire.replies(LIMITS), cut, second))
                        .as("cut at %d and %d", cut, second)
                        .isEqualTo(new Wire.Outcome(expected, null));
            }
        }
        assertThat(Wire.feed(text, Wire.replies(LIMITS), Wire.everywhere(text)))
                .isEqualTo(new Wire.Outcome(expected, null));
    }

    @Test
    void anAttributeBelongsToTheReplyThatFollows() {
        var text = "|1\r\n+key-popularity\r\n%1\r\n$1\r\na\r\n,0.2\r\n|0\r\n-ERR x\r\n+OK\r\n";

        assertThat(Wire.feed(text, Wire.replies(LIMITS), Wire.everywhere(text)).frames())
                .containsExactly("- " + text.substring(0, text.length() - 5), "+ +OK\r\n");
    }

    @Test
    void aFrameIsASliceThatSharesMemoryWithItsBuffer() throws RespProtocolException {
        var in = Wire.buffer("+OK\r\n$5\r\nhello\r\n");
        var first = next(in);
        var second = next(in);

        assertThat(Wire.text(second)).isEqualTo("$5\r\nhello\r\n");
        if (in.hasMemoryAddress()) {
            assertThat(second.memoryAddress()).isEqualTo(in.memoryAddress() + 5);
        } else {
            assertThat(second.array()).isSameAs(in.array());
            assertThat(second.arrayOffset()).isEqualTo(in.arrayOffset() + 5);
        }
        first.release();
        second.release();
        assertThat(in.release()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 400\r\n",
                "\r\n",
                "OK\r\n",
                "+OK\rX",
                "$3\r\nabcd\r\n",
                "$x\r\n",
                "$-2\r\n",
                "!-1\r\n",
                "=-1\r\n",
                "*-2\r\n",
                "%-1\r\n",
                "*x\r\n",
                "*4294967296\r\n",
                ".\r\n",
                ";1\r\na\r\n",
                "*1\r\n.\r\n",
                "*?\r\n.x\r\n",
                "$?\r\n:1\r\n",
                "$?\r\n|1\r\n",
                ">?\r\n",
            })
    void whatIsNoReplyIsRefused(String text) {
        assertThat(Wire.feed(text, Wire.replies(LIMITS)).error()).isNotNull();
        assertThat(Wire.feed(text, Wire.replies(LIMITS), Wire.everywhere(text)).error())
                .isNotNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"+", "-ERR ", "(", "*1\r\n+"})
    void aLineOfTextWithoutAnEndIsRefused(String beginning) {
        String text = "a".repeat(ReplyFrameDecoder.TEXT_BYTES_MAX);

        assertThat(Wire.feed(beginning + text, Wire.replies(LIMITS)).error()).isEqualTo("too big reply line");
    }

    @Test
    void aLongLineOfTextThatEndsIsTaken() {
        String line = "+" + "a".repeat(ReplyFrameDecoder.TEXT_BYTES_MAX - 1) + "\r\n";

        assertThat(Wire.feed(line, Wire.replies(LIMITS)).frames()).hasSize(1);
    }

    @Test
    void theConfiguredLimitsHold() {
        var small = new RespLimits(10, 3, 16, 40, 4);

        assertThat(Wire.feed("*1\r\n".repeat(4) + ":1\r\n", Wire.replies(small)).frames())
                .hasSize(1);
        assertThat(Wire.feed("*1\r\n".repeat(5), Wire.replies(small)).error()).isEqualTo("reply nested deeper than 4");
        assertThat(Wire.feed("$11\r\n", Wire.replies(small)).error()).isEqualTo("invalid bulk length");
        assertThat(Wire.feed("+12345678901", Wire.replies(small)).error()).isEqualTo("too big reply line");
        assertThat(Wire.feed("*" + "1".repeat(16), Wire.replies(small)).error()).isEqualTo("too big reply line");
    }

    @Test
    void theDefaultDepthIsReachedAndNotExceeded() {
        int max = LIMITS.replyDepthMax();
        assertThat(Wire.feed("*1\r\n".repeat(max) + "_\r\n", Wire.replies(LIMITS))
                        .frames())
                .hasSize(1);
        assertThat(Wire.feed("*1\r\n".repeat(max + 1) + "_\r\n", Wire.replies(LIMITS))
                        .error())
                .isEqualTo("reply nested deeper than " + max);
    }

    @ParameterizedTest
    @ValueSource(strings = {"*2147483647\r\n", "$536870912\r\n", "%2147483647\r\n%2147483647\r\n", "|2147483647\r\n"})
    void anAnnouncementThatNothingFollowsAllocatesNearlyNothing(String lie) throws RespProtocolException {
        var in = Unpooled.copiedBuffer(lie, StandardCharsets.ISO_8859_1); // leak detection allocates
        assertThat(decoder.decode(in)).isNull(); // classes are loaded now

        var again = new ReplyFrameDecoder(LIMITS);
        var allocated = new AllocatedBytes();
        var frame = again.decode(in);
        long count = allocated.count();

        assertThat(frame).isNull();
        assertThat(again.expectedBytes()).isLessThanOrEqualTo(64 * 1024);
        assertThat(count).isLessThan(8 * 1024);
        assertThat(in.release()).isTrue();
    }

    @Test
    void noByteIsLookedAtAgainWhenMoreCome() throws RespProtocolException {
        var text = "*3\r\n$20000\r\n" + "v".repeat(20000) + "\r\n+" + "a".repeat(20000) + "\r\n:1\r\n";
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

        assertThat(frames).isOne();
        assertThat(in.looked()).isLessThan(3L * text.length());
        assertThat(in.release()).isTrue();
    }

    private ByteBuf next(ByteBuf in) throws RespProtocolException {
        return Objects.requireNonNull(decoder.decode(in));
    }
}
