package io.holdfast.proxy.client;

import io.holdfast.engine.config.BufferLimits;
import io.holdfast.resp.Reply;
import io.holdfast.resp.ReplyEncoder;
import io.holdfast.resp.RespVersion;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;
import java.util.ArrayDeque;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/**
 * One client's replies in the order of its requests, wherever they come from. A reply that is next is written to the
 * buffer at once; one that came early waits for those before it. Lives on the engine loop.
 */
final class ReplyQueue {
    /** Up to this size a reply is copied into the buffer with its neighbours; bigger ones go out as they are. */
    private static final int COPY_BYTES_MAX = 4096;

    private static final int OUT_BYTES_INITIAL = 1024;

    /** Replies of one turn beyond which the client's next requests wait for the next turn. */
    private static final int TURN_BYTES_MAX = 1024 * 1024;

    /** As long as Redis remembers how full the buffer was. */
    private static final long PEAK_REMEMBERED_MS = 5000;

    private final Channel channel;
    private final ArrayDeque<Slot> slots = new ArrayDeque<>();
    private final UnreadReplies unread = new UnreadReplies();
    private @Nullable ByteBuf out;
    private int replies;
    private int peakBytes;
    private long peakSinceMs;

    ReplyQueue(Channel channel) {
        this.channel = channel;
    }

    /** Requests that have no reply yet, or whose reply waits for an earlier one. */
    int pending() {
        return slots.size();
    }

    /** True when so much is to go out with this turn that nothing more should be added to it. */
    boolean isFull() {
        return out != null && out.readableBytes() >= TURN_BYTES_MAX;
    }

    /** A place for a reply that will come. */
    void reserve(Slot slot) {
        slots.add(slot);
    }

    /** True when nothing was asked for after the request that holds {@code slot}. */
    boolean isNewest(Slot slot) {
        return slots.peekLast() == slot;
    }

    /** Takes back the place of the newest request, which is going to be made again. */
    void withdraw(Slot slot) {
        if (slots.peekLast() != slot) {
            throw new IllegalStateException("only the newest request can be taken back");
        }
        slots.pollLast();
    }

    /** The reply to the newest request. */
    void add(Reply reply, RespVersion resp) {
        if (slots.isEmpty()) {
            write(reply, resp);
            return;
        }
        var slot = new Ready();
        slot.reply = encode(reply, resp);
        slots.add(slot);
    }

    /** The reply to the request that holds {@code slot}. */
    void fill(Slot slot, Reply reply, RespVersion resp) {
        if (slots.peek() == slot) {
            slots.poll();
            if (!slot.silent || isPushed(reply)) {
                write(reply, resp);
            }
            writeBehind(slot);
            writeFilled();
        } else {
            slot.reply = encode(reply, resp);
            slot.silent = slot.silent && !isPushed(reply);
        }
    }

    /** Confirmations of subscriptions: a client that wants no replies gets them all the same. */
    static boolean isPushed(Reply reply) {
        return reply instanceof Reply.Push
                || (reply instanceof Reply.Sequence sequence
                        && sequence.replies().stream().allMatch(Reply.Push.class::isInstance));
    }

    /** As {@link #fill(Slot, Reply, RespVersion)}, with the exact bytes, which become this queue's. */
    void fill(Slot slot, ByteBuf bytes) {
        if (slots.peek() == slot) {
            slots.poll();
            write(slot, bytes);
            writeFilled();
        } else {
            slot.reply = bytes;
        }
    }

    /** Something the client did not ask for just now: between two replies. */
    void push(Reply reply, RespVersion resp) {
        ReplyEncoder.encode(reply, resp, out());
    }

    /** As {@link #push(Reply, RespVersion)}, but behind the replies that were asked for; those that wait aside. */
    void pushBehindReplies(Reply reply, RespVersion resp) {
        Iterator<Slot> newestFirst = slots.descendingIterator();
        while (newestFirst.hasNext()) {
            Slot slot = newestFirst.next();
            if (!slot.mayWait()) {
                if (slot.behind == null) {
                    slot.behind = channel.alloc().buffer(128);
                }
                ReplyEncoder.encode(reply, resp, slot.behind);
                return;
            }
        }
        push(reply, resp);
    }

    void push(ByteBuf bytes) {
        write(bytes);
        replies--; // it answers no request
    }

    private void writeFilled() {
        Slot next = slots.peek();
        while (next != null && next.reply != null) {
            slots.poll();
            write(next, next.reply);
            next.reply = null;
            next = slots.peek();
        }
    }

    private void write(Slot slot, ByteBuf bytes) {
        if (slot.silent) {
            bytes.release();
        } else {
            unread.handedOut(bytes.readableBytes());
            write(bytes);
        }
        writeBehind(slot);
    }

    private void write(Reply reply, RespVersion resp) {
        ByteBuf buffer = out();
        int before = buffer.readableBytes();
        ReplyEncoder.encode(reply, resp, buffer);
        unread.handedOut(buffer.readableBytes() - before);
        replies++;
    }

    private void writeBehind(Slot slot) {
        ByteBuf behind = slot.behind;
        if (behind != null) {
            slot.behind = null;
            push(behind);
        }
    }

    private void write(ByteBuf bytes) {
        replies++;
        if (bytes.readableBytes() <= COPY_BYTES_MAX) {
            out().writeBytes(bytes);
            bytes.release();
        } else {
            writeOut();
            channel.write(bytes);
        }
    }

    private ByteBuf encode(Reply reply, RespVersion resp) {
        ByteBuf bytes = channel.alloc().buffer(128);
        ReplyEncoder.encode(reply, resp, bytes);
        return bytes;
    }

    private ByteBuf out() {
        ByteBuf buffer = out;
        if (buffer == null) {
            buffer = channel.alloc().buffer(OUT_BYTES_INITIAL);
            out = buffer;
        }
        return buffer;
    }

    private void writeOut() {
        ByteBuf buffer = out;
        if (buffer != null) {
            out = null;
            peakBytes = Math.max(peakBytes, buffer.readableBytes());
            channel.write(buffer, channel.voidPromise());
        }
    }

    /** Hands everything that is in order to the channel. */
    void flush() {
        ByteBuf buffer = out;
        if (buffer == null) {
            channel.flush();
        } else {
            out = null;
            peakBytes = Math.max(peakBytes, buffer.readableBytes());
            channel.writeAndFlush(buffer, channel.voidPromise()); // one errand where the socket is another loop's
        }
        replies = 0;
    }

    // ---- what the client leaves unread

    /** What is ready or on its way and the client has not taken, bytes. */
    long unreadBytes() {
        ChannelOutboundBuffer sending = channel.unsafe().outboundBuffer();
        long bytes = readyBytes() + (sending == null ? 0 : sending.totalPendingWriteBytes());
        if (bytes == 0) {
            unread.allRead();
        }
        return bytes;
    }

    /** @param bytes as {@link #unreadBytes} says, more than none */
    boolean isUnreadBeyond(BufferLimits.Limit limit, long bytes, long nowMs) {
        return unread.areTooMany(bytes, limit, nowMs);
    }

    // ---- what CLIENT LIST shows

    /** The size of the buffer that the next replies go to; there is none while there are no replies. */
    int roomBytes() {
        return out == null ? 0 : out.capacity();
    }

    /** Replies in that buffer, bytes. */
    int readyBytes() {
        return out == null ? 0 : out.readableBytes();
    }

    /** The most that was in it lately. */
    int peakBytes() {
        return peakBytes;
    }

    /** To be called now and then. */
    void forgetPeak(long nowMs) {
        if (nowMs - peakSinceMs >= PEAK_REMEMBERED_MS) {
            peakBytes = readyBytes();
            peakSinceMs = nowMs;
        }
    }

    /** Replies that came before those to earlier requests. */
    int earlyReplies() {
        return (int) slots.stream().filter(Slot::isFilled).count();
    }

    /** What those come to, with what is to go out behind a reply. */
    long earlyBytes() {
        return slots.stream()
                .mapToLong(slot -> readable(slot.reply) + readable(slot.behind))
                .sum();
    }

    private static int readable(@Nullable ByteBuf bytes) {
        return bytes == null ? 0 : bytes.readableBytes();
    }

    /** Drops what this turn would have answered, and says the same error as often. */
    void replaceBy(Reply error, RespVersion resp) {
        int refused = replies;
        if (out != null) {
            out.clear();
        }
        for (int i = 0; i < refused; i++) {
            ReplyEncoder.encode(error, resp, out());
        }
    }

    /** Lets go of everything: the client has gone. */
    void release() {
        if (out != null) {
            out.release();
            out = null;
        }
        for (Slot slot : slots) {
            if (slot.reply != null) {
                slot.reply.release();
                slot.reply = null;
            }
            if (slot.behind != null) {
                slot.behind.release();
                slot.behind = null;
            }
        }
        slots.clear();
    }

    /** The place of a reply that is made here. */
    static final class Ready extends Slot {
        @Override
        public void onReply(ByteBuf frame, byte type) {
            throw new IllegalStateException("nothing was sent");
        }

        @Override
        public void onLost(boolean maybeSent) {
            throw new IllegalStateException("nothing was sent");
        }
    }
}
