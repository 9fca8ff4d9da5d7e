package io.holdfast.proxy.routing;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** The replies between MULTI and EXEC, texts as redis-server writes them. */
class QueueRepliesTest {
    private final QueueReplies replies = new QueueReplies(ErrorVerdict.ALWAYS);

    @Test
    void aCommandThatIsQueuedRefusesNothing() {
        answer("+OK", "+QUEUED");

        assertThat(replies.isRefused()).isFalse();
        assertThat(replies.unfit()).isNull();
    }

    @Test
    void aCommandsOwnFaultSaysNothingOfTheUpstream() {
        answer("+OK", "-ERR wrong number of arguments for 'get' command");

        assertThat(replies.isRefused()).isTrue();
        assertThat(replies.unfit()).isNull();
    }

    @Test
    void whatWasSaidOfTheUpstreamStandsWhateverFollows() {
        answer(
                "+OK",
                "-READONLY You can't write against a read only replica.",
                "-ERR unknown command 'FOO', with args beginning with: ",
                "+QUEUED");

        assertThat(replies.unfit()).startsWith("-READONLY");
    }

    private void answer(String... lines) {
        for (String line : lines) {
            replies.next()
                    .onReply(Unpooled.copiedBuffer(line + "\r\n", StandardCharsets.ISO_8859_1), (byte) line.charAt(0));
        }
    }
}
