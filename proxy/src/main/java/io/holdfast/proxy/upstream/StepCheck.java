package io.holdfast.proxy.upstream;

import io.holdfast.resp.Bytes;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Asks a link that several clients share, once a second while it is in use, what one reply alone answers. An upstream that
 * gives one reply too many, or too few, while others are due would otherwise hand each client that of another for good: too
 * many, and the question gets what was due to a client; too few, and a client gets what was due to the question.
 * Lives on the link's loop.
 */
final class StepCheck {
    static final long EVERY_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final Bytes PING = Bytes.of("PING");
    /** What proxies that answer PING themselves say, whatever they were given to repeat. */
    private static final ByteBuf PONG =
            Unpooled.unreleasableBuffer(Unpooled.copiedBuffer("+PONG\r\n", StandardCharsets.US_ASCII));

    private final UpstreamLink link;
    private @Nullable Question underWay;
    private long asked;
    private long askedNanos;
    /** When the link was last used by ourselves: use of it for the check is none. */
    private long ownUseNanos;

    StepCheck(UpstreamLink link) {
        this.link = link;
    }

    /** Asks, if it is time to and the link has been used since. */
    void check(long nowNanos) {
        if (underWay != null || link.lastSentNanos() == ownUseNanos || nowNanos - askedNanos < EVERY_NANOS) {
            return;
        }
        asked++;
        askedNanos = nowNanos;
        var question = new Question("holdfast:" + asked);
        underWay = question;
        link.send(new Bytes[] {PING, Bytes.of(question.word)}, question);
        ownUseNanos = link.lastSentNanos();
    }

    /** Whether {@code frame}, which is due to {@code request}, is the answer to something else. */
    boolean isMistaken(InFlight request, ByteBuf frame) {
        Question question = underWay;
        return question != null && question != request && question.isAnsweredBy(frame);
    }

    private final class Question extends InFlight {
        private final String word;
        private final ByteBuf answer;

        Question(String word) {
            this.word = word;
            answer = Unpooled.copiedBuffer("$" + word.length() + "\r\n" + word + "\r\n", StandardCharsets.US_ASCII);
        }

        boolean isAnsweredBy(ByteBuf frame) {
            return frame.equals(answer);
        }

        /** An error is no answer, but may be the right one: the user may not be let ask, or the upstream is loading. */
        @Override
        public void onReply(ByteBuf frame, byte type) {
            underWay = null;
            boolean fits = type == '-' || isAnsweredBy(frame) || frame.equals(PONG);
            frame.release();
            if (!fits) {
                link.outOfStep(this);
            }
        }

        @Override
        public void onLost(boolean maybeSent) {
            underWay = null;
        }

        @Override
        public boolean isAwaited() {
            return false;
        }
    }
}
