package io.holdfast.proxy.client;

import io.holdfast.proxy.upstream.InFlight;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * The place of one reply among its client's replies: filled when it is its turn or before. Lives on the engine loop.
 */
public abstract class Slot extends InFlight {
    /** The reply, once it is there and until it is written. */
    @Nullable ByteBuf reply;

    /** The client does not want to hear this reply (CLIENT REPLY). */
    boolean silent;

    /** What goes out right behind the reply, and not before; null for nothing. */
    @Nullable ByteBuf behind;

    boolean isFilled() {
        return reply != null;
    }
}
