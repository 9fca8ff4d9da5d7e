package io.holdfast.proxy.upstream;

import io.holdfast.resp.Bytes;
import io.holdfast.resp.RequestEncoder;
import io.holdfast.resp.RequestFrame;
import io.holdfast.resp.RespProtocolException;
import io.holdfast.resp.RespVersion;
import io.holdfast.sync.mirror.FetchPort;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.SocketChannel;
import java.io.IOException;
import java.nio.channels.NotYetConnectedException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection to the upstream: requests go out in order, each reply goes to the request that it answers. What is
 * asked before the connection stands waits for it. Lives on one event loop.
 *
 * <pre>
 *   CONNECTING ──► HANDSHAKE ──► READY ──► CLOSED
 *        └──────────────┴────────────────────▲
 * </pre>
 */
public final class UpstreamLink extends ChannelInboundHandlerAdapter implements FetchPort {
    private static final Logger log = LoggerFactory.getLogger(UpstreamLink.class);

    /** A reply of at most this many bytes is worth copying with its neighbours; a request likewise. */
    private static final int COPY_BYTES_MAX = 4096;

    /** What a long turn has for the upstream goes out in parts, so that it begins while we still read; in bytes. */
    private static final int FLUSH_BYTES = 8192;

    private static final int OUT_BYTES_INITIAL = 4096;

    private static final String OUT_OF_STEP = "the upstream answered more, or less, than it was asked";
    private static final String UNASKED = "the upstream answered more than it was asked";

    enum State {
        CONNECTING,
        HANDSHAKE,
        READY,
        CLOSED
    }

    /** Gets what nobody asked for (pub/sub messages, invalidations), and owns it then. */
    @FunctionalInterface
    public interface PushHandler {
        /** False when it is nothing that could come here: the link is out of step, and of no use any more. */
        boolean onPush(ByteBuf frame);
    }

    private final LinkKey key;
    private final LinkOwner owner;
    private final UpstreamHandshake handshake;
    private final ReplyReader replies = new ReplyReader(new ReplyReader.Receiver() {
        @Override
        public boolean isOpen() {
            return state != State.CLOSED;
        }

        @Override
        public void onReply(ByteBuf frame, byte type) {
            deliver(frame, type);
        }
    });
    private final ArrayDeque<InFlight> inFlight = new ArrayDeque<>();
    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
    private final ReplyProgress progress = new ReplyProgress();
    private State state = State.CONNECTING;
    private @Nullable Channel channel;
    private @Nullable ByteBuf out;
    private @Nullable PushHandler pushHandler;
    private @Nullable Runnable onLost;
    private @Nullable FetchAside aside;
    private @Nullable Supplier<? extends FetchPort> asHoldfast;
    private boolean subscriber;
    /** Of one that all clients with its key use. */
    private @Nullable StepCheck stepCheck;

    private boolean isDispensable;
    private boolean flushWanted;
    private long clientId;
    /** When the first of what is not flushed yet was sent; the others bear the same time. */
    private long sendingSinceNanos;

    /** A request that was asked for before the link was ready: its bytes. */
    private record Waiting(InFlight request, ByteBuf bytes) {}

    UpstreamLink(LinkKey key, LinkOwner owner, UpstreamHandshake handshake) {
        this.key = key;
        this.owner = owner;
        this.handshake = handshake;
    }

    public LinkKey key() {
        return key;
    }

    @Override
    public boolean isClosed() {
        return state == State.CLOSED;
    }

    /** The upstream's number for this connection; 0 before it has said that. */
    public long clientId() {
        return clientId;
    }

    void clientId(long upstream) {
        clientId = upstream;
    }

    /** Whether what is sent now goes out at once: the connection is greeted, and remembered for fencing. */
    public boolean isReady() {
        return state == State.READY;
    }

    /** Requests without a reply, waiting ones included. */
    public int pending() {
        return inFlight.size() + waiting.size();
    }

    /** Whether its client may be read from: of one that is closed nobody will say that it can be written to again. */
    public boolean isWritable() {
        return state == State.CLOSED || channel == null || channel.isWritable();
    }

    /** Whether requests have been sent since the last {@link #flush}. */
    public boolean isSending() {
        return flushWanted;
    }

    /** Turns the link into a subscriber's: whatever is not a confirmation goes to {@code handler}. */
    public void subscribeMode(PushHandler handler) {
        pushHandler = handler;
        subscriber = true;
    }

    /**
     * Takes pushes too from now on, beside replies.
     *
     * @param lost is run when the link dies by itself, before anybody judges what that means
     */
    public void hear(PushHandler handler, Runnable lost) {
        pushHandler = handler;
        onLost = lost;
    }

    // ---- sending

    /** Sends a client's request as it came. The frame stays the caller's. */
    public void send(RequestFrame frame, InFlight request) {
        if (state == State.CLOSED) {
            owner.sentToClosed(request);
            return;
        }
        if (state != State.READY) {
            waiting.add(new Waiting(request, frame.wire().retain()));
            return;
        }
        note(request);
        if (frame.wireLength() <= COPY_BYTES_MAX) {
            frame.writeTo(out(frame.wireLength()));
            flushIfMany();
        } else {
            writeOut();
            channel().write(frame.wire().retain());
        }
        wantFlush();
    }

    /** Sends a request made here. */
    public void send(Bytes[] command, InFlight request) {
        if (state == State.CLOSED) {
            owner.sentToClosed(request);
            return;
        }
        if (state != State.READY) {
            ByteBuf bytes = Unpooled.buffer();
            RequestEncoder.encode(bytes, command);
            waiting.add(new Waiting(request, bytes));
            return;
        }
        note(request);
        RequestEncoder.encode(out(64), command);
        flushIfMany();
        wantFlush();
    }

    private void wantFlush() {
        if (!flushWanted) {
            flushWanted = true;
            owner.flushLater(this);
        }
    }

    @Override
    public void fetch(List<Bytes[]> commands, Replies replies) {
        var collected = new CollectedReplies(commands.size(), replies);
        for (Bytes[] command : commands) {
            send(command, collected.part());
        }
    }

    /** It belongs to another user than Holdfast's own, over whose link keys are fetched. */
    void fetchesAside(Supplier<? extends FetchPort> by) {
        asHoldfast = by;
        aside = new FetchAside(this, by);
    }

    /** The link as the mirror is to see it in the order of what is sent from now on. */
    public FetchPort port() {
        if (aside != null && asHoldfast != null && aside.isUsed()) {
            aside = new FetchAside(this, asHoldfast);
        }
        return aside == null ? this : aside;
    }

    /** All clients with its key use it. */
    void share() {
        stepCheck = new StepCheck(this);
    }

    /** Makes sure that replies go to who asked, where they could go to another. */
    void checkStep(long nowNanos) {
        if (stepCheck != null && state == State.READY) {
            stepCheck.check(nowNanos);
        }
    }

    /** Nobody needs it before it is ready: that it cannot be opened says nothing of the upstream, while nobody waits for it. */
    void dispensable() {
        isDispensable = true;
    }

    /** Whether it is open, and what all clients with this database, version and user use. */
    public boolean isSharedBy(int db, RespVersion resp, @Nullable UpstreamLogin login) {
        return stepCheck != null
                && state != State.CLOSED
                && key.db() == db
                && key.resp() == resp
                && key.login() == login;
    }

    /** When something was last sent, by the clock of its loop. */
    long lastSentNanos() {
        return sendingSinceNanos;
    }

    private void note(InFlight request) {
        if (!flushWanted) { // once a turn: for every request it took a twentieth of what forwarding costs
            sendingSinceNanos = channel().eventLoop().ticker().nanoTime();
        }
        request.sent = true;
        request.sentNanos = sendingSinceNanos;
        request.order = owner.nextOrder();
        inFlight.add(request);
    }

    private ByteBuf out(int more) {
        ByteBuf buffer = out;
        if (buffer == null) {
            buffer = channel().alloc().buffer(Math.max(OUT_BYTES_INITIAL, more));
            out = buffer;
        }
        return buffer;
    }

    private void writeOut() {
        ByteBuf buffer = out;
        if (buffer != null) {
            out = null;
            channel().write(buffer);
        }
    }

    /** Puts everything sent so far on the wire. */
    public void flush() {
        flushWanted = false;
        if (state == State.READY) {
            writeOut();
            channel().flush();
        }
    }

    /** Not where that would change whether the link can be written to: who waits for it must not go on inside a send. */
    private void flushIfMany() {
        if (out != null
                && out.readableBytes() >= FLUSH_BYTES
                && channel().bytesBeforeUnwritable() > out.readableBytes()) {
            writeOut();
            channel().flush();
        }
    }

    private Channel channel() {
        if (channel == null) {
            throw new IllegalStateException("link used before it was connected");
        }
        return channel;
    }

    // ---- life

    void connected(Channel opened) {
        if (state == State.CLOSED) {
            reset(opened);
            return;
        }
        channel = opened;
        state = State.HANDSHAKE;
        handshake.begin(this);
    }

    /** Writes a request of the handshake itself. */
    void handshakeSend(Bytes[] command, InFlight request) {
        note(request);
        ByteBuf bytes = channel().alloc().buffer(256);
        RequestEncoder.encode(bytes, command);
        channel().writeAndFlush(bytes);
    }

    void handshakeDone() {
        if (state != State.HANDSHAKE) {
            return;
        }
        state = State.READY;
        Waiting next = waiting.poll();
        while (next != null) {
            note(next.request);
            channel().write(next.bytes);
            next = waiting.poll();
        }
        wantFlush();
    }

    /** The link cannot be used: tells the owner, who decides what that means. */
    void fail(String reason) {
        fail(reason, false);
    }

    /** What has come in reply to {@code request} is none to it: the link is out of step, and there is no reply. */
    public void misanswered(InFlight request, String reason) {
        if (state == State.CLOSED) {
            request.onLost(true);
        } else {
            inFlight.addFirst(request); // it is settled with what was sent behind it, before that
            fail(reason);
        }
    }

    /** As {@link #misanswered}, and what has come in reply to requests before that may have been others' too. */
    void outOfStep(InFlight request) {
        if (state != State.CLOSED) {
            owner.linkOutOfStep();
        }
        misanswered(request, OUT_OF_STEP);
    }

    /** The upstream has taken the connection and wants no more of it; before it was ready, that may be because it has so many. */
    void turnedAway(String reason) {
        fail(reason, true);
    }

    private void fail(String reason, boolean isByUpstream) {
        if (state == State.CLOSED) {
            return;
        }
        boolean wasReady = state == State.READY;
        boolean isExcused =
                (isByUpstream && state == State.HANDSHAKE) || (isDispensable && !wasReady && waiting.isEmpty());
        List<InFlight> lost = close();
        if (onLost != null) {
            onLost.run();
        }
        if (isExcused) {
            owner.linkNotOpened(this, reason, lost);
        } else if (isByUpstream && wasReady) {
            owner.linkCutOff(this, reason, lost);
        } else {
            owner.linkLost(this, reason, lost);
        }
    }

    /** The upstream does not let the link's user in; {@code error} is what it said, from the minus on. */
    void refused(String error) {
        if (state != State.CLOSED) {
            owner.linkRefused(this, error, close());
        }
    }

    /** The {@code ms} that connecting and greeting are given together are over. */
    void failUnlessReady(int ms) {
        if (state != State.READY) {
            fail("no " + (state == State.CONNECTING ? "connection" : "handshake") + " within " + ms + " ms");
        }
    }

    boolean isSubscriber() {
        return subscriber;
    }

    /**
     * Abandons the connection with a reset, so that the kernel drops what the upstream has not read (contract, rule 4).
     *
     * @return what had no reply, in order; the caller settles it
     */
    List<InFlight> close() {
        if (state == State.CLOSED) {
            return List.of();
        }
        state = State.CLOSED;
        List<InFlight> lost = new ArrayList<>(pending());
        lost.addAll(inFlight);
        inFlight.clear();
        for (Waiting request : waiting) {
            request.bytes.release();
            request.request.order = owner.nextOrder();
            lost.add(request.request);
        }
        waiting.clear();
        if (out != null) {
            out.release();
            out = null;
        }
        if (channel != null) {
            reset(channel);
        }
        return lost;
    }

    /** Not through the pipeline: TLS would say goodbye first, and wait for that to be sent. */
    private static void reset(Channel channel) {
        if (channel.isOpen()) {
            if (channel instanceof SocketChannel) {
                channel.config().setOption(ChannelOption.SO_LINGER, 0);
            }
            channel.pipeline().firstContext().close();
        }
    }

    /** How long the oldest request has waited, while nothing came, nanoseconds; 0 when there is none, or it may. */
    long oldestNanos(long nowNanos) {
        InFlight oldest = inFlight.peek();
        if (oldest == null) {
            progress.end();
            return 0;
        }
        return oldest.mayWait() ? 0 : progress.waitedNanos(oldest.sentNanos, nowNanos);
    }

    /** Requests without a reply get {@code nanos} more time: it was us who slept. */
    void forgive(long nanos) {
        for (InFlight request : inFlight) {
            request.sentNanos += nanos;
        }
    }

    // ---- receiving

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        if (state == State.CLOSED) {
            bytes.release();
            return;
        }
        progress.received(bytes.readableBytes(), ctx.channel().eventLoop().ticker());
        try {
            replies.read(bytes, ctx.alloc());
        } catch (RespProtocolException e) {
            fail("the upstream's bytes are not RESP: " + e.getMessage());
            return;
        }
        ByteBuf beginning = replies.beginning();
        if (beginning != null && isUnasked(beginning)) {
            fail(UNASKED);
        }
    }

    /** The beginning of what nothing asked for: what is asked next would get it before its own reply. */
    private boolean isUnasked(ByteBuf beginning) {
        byte first = beginning.getByte(beginning.readerIndex());
        boolean mayBePush = pushHandler != null && (first == '>' || (subscriber && first == '*'));
        return inFlight.isEmpty() && !mayBePush;
    }

    private void deliver(ByteBuf frame, byte type) {
        PushHandler handler = pushHandler;
        if (type == '>' || (subscriber && state == State.READY)) {
            if (handler == null) {
                frame.release();
            }
            if (handler == null || !handler.onPush(frame)) {
                fail("the upstream pushed what nobody subscribed to");
            }
            return;
        }
        InFlight request = inFlight.poll();
        if (request == null) {
            frame.release();
            fail(UNASKED);
            return;
        }
        if (stepCheck != null && stepCheck.isMistaken(request, frame)) {
            frame.release();
            outOfStep(request);
            return;
        }
        request.onReply(frame, type);
    }

    /** Takes the request at the head: its confirmation came as a push. */
    public @Nullable InFlight head() {
        return inFlight.peek();
    }

    /** The head is answered. */
    public void answered() {
        inFlight.poll();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        owner.writabilityChanged(this);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        replies.release();
        turnedAway("the upstream closed the connection");
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (state == State.CONNECTING && cause instanceof NotYetConnectedException) {
            return; // epoll tells of a socket between its registration and its connection, which is heard of elsewhere
        }
        boolean theirs = cause instanceof IOException;
        Throwable first = cause; // what TLS wraps it in says nothing
        while (first.getCause() != null) {
            first = first.getCause();
            theirs |= first instanceof IOException; // a handshake that fails, whatever it fails for
        }
        if (!theirs) {
            log.error("A link is closed after an error of ours: please report it", cause);
        }
        String reason = String.valueOf(first.getMessage());
        if (cause instanceof IOException) {
            turnedAway(reason);
        } else {
            fail(reason);
        }
    }
}
