package io.holdfast.proxy.routing;

import io.holdfast.resp.ReplyArray;
import io.netty.buffer.ByteBuf;

/** What an upstream may answer EXEC. Stateless; for the engine loop. */
final class ExecReply {
    static final String BREACH = "the upstream's answer to EXEC is none to what was asked";

    private ExecReply() {}

    /**
     * Whether it is an error, nil, or an array of as many elements as there were commands.
     *
     * @param type the reply's first byte, attributes aside
     * @param commands between MULTI and EXEC on the wire
     */
    static boolean answers(ByteBuf reply, byte type, int commands) {
        return switch (type) {
            case '-', '!', '_' -> true;
            case '*' -> !ReplyArray.isWhole(reply) || ReplyArray.size(reply) == commands;
            default -> false;
        };
    }
}
