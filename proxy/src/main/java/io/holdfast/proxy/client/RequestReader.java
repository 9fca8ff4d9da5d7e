package io.holdfast.proxy.client;

import io.holdfast.proxy.upstream.Cumulation;
import io.holdfast.resp.RequestDecoder;
import io.holdfast.resp.RequestFrame;
import io.holdfast.resp.RespLimits;
import io.holdfast.resp.RespProtocolException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import org.jspecify.annotations.Nullable;

/** What a client has sent and nobody has taken yet, cut into requests one at a time. Lives on the engine loop. */
final class RequestReader {
    private final RequestDecoder decoder;
    private @Nullable ByteBuf received;
    private int previousBytes = Integer.MAX_VALUE / 2; // of the newest request

    RequestReader(RespLimits limits) {
        decoder = new RequestDecoder(limits);
    }

    /** The bytes become this reader's. */
    void add(ByteBuf bytes, ByteBufAllocator alloc) {
        received = received == null ? bytes : Cumulation.join(alloc, received, bytes, 0);
    }

    /**
     * The next request, which the caller owns; null when none is whole.
     *
     * @param mustAuthenticate whether the client has yet to say who it is, and may send little until then
     */
    @Nullable RequestFrame next(boolean mustAuthenticate) throws RespProtocolException {
        ByteBuf bytes = received;
        if (bytes == null) {
            return null;
        }
        decoder.requireAuthentication(mustAuthenticate);
        RequestFrame frame = decoder.decode(bytes);
        if (frame != null) {
            previousBytes = frame.wireLength();
        }
        return frame;
    }

    /** What is left, where there is more than one request in it, judging by the one before; null otherwise. */
    @Nullable ByteBuf ifSeveral() {
        ByteBuf unread = received;
        return unread == null || unread.readableBytes() < 2 * previousBytes ? null : unread;
    }

    /** Lets go of what is read through, or of everything. */
    void release(boolean everything) {
        if (received != null && (everything || !received.isReadable())) {
            received.release();
            received = null;
        }
    }

    // ---- what CLIENT LIST shows

    /** What is left to be taken, bytes. */
    int readableBytes() {
        return received == null ? 0 : received.readableBytes();
    }

    /** Of it, what the decoder has not understood yet. */
    int notUnderstoodBytes() {
        return received == null ? 0 : received.readableBytes() - decoder.understoodBytes();
    }

    /** Room for more in the buffer. */
    int roomBytes() {
        return received == null ? 0 : received.writableBytes();
    }

    /** Arguments that have come of a request that is not whole. */
    long argumentBytes() {
        return decoder.argumentBytes();
    }
}
