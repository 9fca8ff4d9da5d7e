package io.holdfast.proxy.upstream;

import io.holdfast.resp.ReplyFrameDecoder;
import io.holdfast.resp.RespLimits;
import io.holdfast.resp.RespProtocolException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import org.jspecify.annotations.Nullable;

/** Cuts what a link receives into whole replies, each of which goes on by itself. Lives on the link's loop. */
final class ReplyReader {
    /** So much is joined at first with a reply that was cut, unless it is known to need more; twice as much after that. */
    private static final int CUT_PIECE_BYTES = 256;

    private final ReplyFrameDecoder decoder = new ReplyFrameDecoder(RespLimits.DEFAULT);
    private final Receiver receiver;
    private @Nullable ByteBuf beginning;

    /** Gets the replies. */
    interface Receiver {
        /** False where nothing that follows is of any use. */
        boolean isOpen();

        /**
         * Owns {@code frame}, one whole reply.
         *
         * @param type its first byte
         */
        void onReply(ByteBuf frame, byte type);
    }

    ReplyReader(Receiver receiver) {
        this.receiver = receiver;
    }

    /**
     * Hands out the replies that are whole now, and keeps the beginning of another.
     *
     * @param bytes as they came; they become this reader's
     */
    void read(ByteBuf bytes, ByteBufAllocator alloc) throws RespProtocolException {
        boolean kept = false;
        try {
            if (beginning == null || joinsWhole(bytes, alloc)) {
                deliverWhole(bytes);
            }
            if (receiver.isOpen() && bytes.isReadable()) {
                beginning = bytes;
                kept = true;
            }
        } finally {
            if (!kept) {
                bytes.release();
            }
        }
    }

    /** Of a reply of which not all has come; null: none. Stays this reader's. */
    @Nullable ByteBuf beginning() {
        return beginning;
    }

    private void deliverWhole(ByteBuf bytes) throws RespProtocolException {
        while (receiver.isOpen()) {
            ByteBuf frame = decoder.decode(bytes);
            if (frame == null) {
                return;
            }
            receiver.onReply(frame, decoder.type());
        }
    }

    /**
     * Delivers the reply that was cut, joined with no more of {@code more} than it takes, for what follows need not be
     * copied. Grows by what arrived, never by what was announced. False when it is still cut, and all of {@code more} with it.
     */
    private boolean joinsWhole(ByteBuf more, ByteBufAllocator alloc) throws RespProtocolException {
        int piece = Math.max(decoder.expectedBytes(), CUT_PIECE_BYTES);
        while (beginning != null && more.isReadable()) {
            ByteBuf taken = more.readRetainedSlice(Math.min(piece, more.readableBytes()));
            beginning = Cumulation.join(alloc, beginning, taken, decoder.missingBytes());
            ByteBuf frame = decoder.decode(beginning);
            if (frame != null) {
                more.readerIndex(more.readerIndex() - beginning.readableBytes());
                release();
                receiver.onReply(frame, decoder.type());
                return true;
            }
            piece *= 2;
        }
        return false;
    }

    /** Lets go of what is not whole. */
    void release() {
        if (beginning != null) {
            beginning.release();
            beginning = null;
        }
    }
}
