package io.holdfast.proxy.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.ByteToMessageDecoder;

/** Joins what arrives in pieces, a little at a time or hundreds of megabytes of it. */
public final class Cumulation {
    /** From about here on Netty makes a buffer only so much larger each time, and copies a long message a hundred times. */
    private static final int LARGE_BYTES_MIN = 2 * 1024 * 1024;

    private Cumulation() {}

    /**
     * Both in one buffer, the first where there is room. Grows by what is there, never by what is announced alone.
     *
     * @param before and {@code more} are taken
     * @param missing bytes that are to come behind {@code before}, as the peer says; 0 when it has not said
     */
    public static ByteBuf join(ByteBufAllocator allocator, ByteBuf before, ByteBuf more, int missing) {
        if (before.readableBytes() < LARGE_BYTES_MIN || before.writableBytes() >= more.readableBytes()) {
            return ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(allocator, before, more);
        }
        int length = before.readableBytes() + more.readableBytes();
        long whole = (long) before.readableBytes() + missing;
        long wanted = whole > length ? Math.min(whole, 2L * length) : length + length / 4L;
        ByteBuf larger = allocator.buffer((int) Math.min(Integer.MAX_VALUE, wanted));
        larger.writeBytes(before).writeBytes(more);
        before.release();
        more.release();
        return larger;
    }
}
