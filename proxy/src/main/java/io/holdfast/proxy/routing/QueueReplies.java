package io.holdfast.proxy.routing;

import io.holdfast.proxy.upstream.InFlight;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * The replies between MULTI and EXEC, which no client waits for: +OK, +QUEUED, or why the upstream does not queue a command,
 * so that EXEC will answer EXECABORT. Lives on the engine loop.
 */
final class QueueReplies {
    private final ErrorVerdict verdict;
    private boolean refused;
    private @Nullable String unfit;

    QueueReplies(ErrorVerdict verdict) {
        this.verdict = verdict;
    }

    /** Takes the reply to one more command. */
    InFlight next() {
        return new Reply();
    }

    /** Whether any command was refused, and with it all. */
    boolean isRefused() {
        return refused;
    }

    /** What the first such refusal said of the upstream as a whole; null when none did. */
    @Nullable String unfit() {
        return unfit;
    }

    private final class Reply extends InFlight {
        @Override
        public void onReply(ByteBuf reply, byte type) {
            if (type == '-') {
                refused = true;
                // The first that speaks of the upstream counts: one that has just been demoted may refuse the next
                // command
                // for a fault of that command.
                if (unfit == null) {
                    unfit = verdict.of(reply, false); // it was not even queued
                }
            }
            reply.release();
        }

        @Override
        public void onLost(boolean maybeSent) {
            // EXEC's own request settles the block as a whole.
        }
    }
}
