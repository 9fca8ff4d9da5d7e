package io.holdfast.sync.mirror;

import io.netty.buffer.ByteBuf;

/** What a reply says of the command's key. */
enum Answer {
    /** The upstream would not say. */
    ERROR,
    /** It is not there, or has nothing of what was asked for. */
    NOTHING,
    SOMETHING,
    /** Only a key that is there is answered so. */
    PROOF;

    static boolean isError(ByteBuf reply) {
        return reply.getByte(reply.readerIndex()) == '-';
    }

    /**
     * What a reply says. A null, an empty collection and zero say nothing; TYPE's answer and an empty string prove nothing.
     *
     * @param reply whole; not changed
     */
    static Answer of(ByteBuf reply) {
        int head = reply.getUnsignedMedium(reply.readerIndex()); // three bytes is what the shortest reply has
        int type = head >>> 16;
        int first = (head >>> 8) & 0xff;
        if (type == '-') {
            return ERROR;
        }
        if (type == '_' || first == '-' || (first == '0' && (head & 0xff) == '\r' && type != '$')) {
            return NOTHING;
        }
        return type == '+' || first == '0' ? SOMETHING : PROOF;
    }
}
