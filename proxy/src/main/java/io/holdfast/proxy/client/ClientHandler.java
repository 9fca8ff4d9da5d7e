package io.holdfast.proxy.client;

import io.holdfast.engine.command.ClientBuffers;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.command.Session;
import io.holdfast.resp.ForeignProtocolException;
import io.holdfast.resp.Reply;
import io.holdfast.resp.RequestFrame;
import io.holdfast.resp.RespProtocolException;
import io.holdfast.resp.RespVersion;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connected client: cuts its bytes into requests and hands them to the router one at a time, in order, while its
 * {@link RequestGate} is open. What was under way upstream when that was lost is settled in the same order, and no faster
 * than the client reads. Lives on the engine loop.
 */
public final class ClientHandler extends ChannelInboundHandlerAdapter implements Session.Output {
    private static final Logger log = LoggerFactory.getLogger(ClientHandler.class);

    /** What a client may send ahead while it waits in a command, bytes; it is read on, so that its going is noticed. */
    private static final int AHEAD_BYTES_MAX = 1024 * 1024;

    private final Channel channel;
    private final Intake intake;
    private final RequestHandler router;
    private final TurnEnd turnEnd;
    private final ClientLimits limits;
    private final RequestReader requests;
    private final ReplyQueue replies;
    private final ClientUpstream upstream = new ClientUpstream();
    private final RequestGate gate;
    private final Session session;
    private ClientLife life = ClientLife.OPEN;
    private int handledBytes; // of the request that the router has at the moment
    private boolean decoding;
    private boolean flushWanted;

    /** A client whose socket is the engine loop's own. */
    public ClientHandler(Channel channel, RequestHandler router, TurnEnd turnEnd, ClientLimits limits) {
        this(channel, new Intake.Direct(channel), router, turnEnd, limits);
    }

    /** A client whose socket may be another loop's: {@code intake} is told whether to read it. */
    public ClientHandler(Channel channel, Intake intake, RequestHandler router, TurnEnd turnEnd, ClientLimits limits) {
        this(
                channel,
                intake,
                router,
                turnEnd,
                limits,
                address(channel, channel.remoteAddress()),
                address(channel, channel.localAddress()));
    }

    /** @param address where the client is, and {@code localAddress} where it came to, each {@code host:port} */
    ClientHandler(
            Channel channel,
            Intake intake,
            RequestHandler router,
            TurnEnd turnEnd,
            ClientLimits limits,
            String address,
            String localAddress) {
        this.limits = limits;
        this.requests = new RequestReader(limits.requests());
        this.channel = channel;
        this.intake = intake;
        this.router = router;
        this.turnEnd = turnEnd;
        this.replies = new ReplyQueue(channel);
        this.gate = new RequestGate(channel, replies, upstream);
        this.session = router.connect(this, address, localAddress);
    }

    /** As CLIENT LIST tells it: of a Unix socket both ends are the socket's path. */
    private static String address(Channel channel, @Nullable SocketAddress end) {
        if (end instanceof InetSocketAddress inet) {
            return inet.getAddress().getHostAddress() + ":" + inet.getPort();
        }
        return (channel.parent() == null ? end : channel.parent().localAddress()) + ":0";
    }

    public Session session() {
        return session;
    }

    /** What the router keeps of it. */
    public ClientUpstream upstream() {
        return upstream;
    }

    /** Requests without a reply. */
    public int pending() {
        return replies.pending();
    }

    public boolean isGone() {
        return life == ClientLife.GONE;
    }

    /** It is cut off with this turn, whatever it waits for, or has gone. */
    public boolean isCutOff() {
        return life.isAtLeast(ClientLife.CUT_OFF);
    }

    // ---- requests in

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        received((ByteBuf) message);
    }

    /** The bytes become this client's. */
    void received(ByteBuf bytes) {
        if (life != ClientLife.OPEN) {
            bytes.release();
            return;
        }
        requests.add(bytes, channel.alloc());
        decode();
    }

    private void decode() {
        if (decoding) { // a request that was answered at once, or a script: the loop that is running goes on
            if (requests.readableBytes() >= AHEAD_BYTES_MAX) {
                intake.open(false);
            }
            return;
        }
        decoding = true;
        int looked = 0;
        try {
            settleMore();
            while (mayTakeMore()) {
                if (--looked <= 0) {
                    looked = lookAhead();
                }
                RequestFrame frame = requests.next(session.mustAuthenticate());
                if (frame == null) {
                    break;
                }
                handle(frame);
            }
        } catch (ForeignProtocolException e) {
            log.warn(
                    "Client {} is cut off: it speaks {} to a port for Redis clients",
                    session.address(),
                    e.getMessage());
            channel.close();
        } catch (RespProtocolException e) {
            reply(RedisError.of("ERR Protocol error: " + e.getMessage()).reply());
            closeWhenReplied();
        } finally {
            decoding = false;
        }
        requests.release(life != ClientLife.OPEN);
        gate.stop();
        intake.open(mayTakeMore() || mayReadAhead());
    }

    private boolean mayTakeMore() {
        return life == ClientLife.OPEN && gate.isOpen();
    }

    private boolean mayReadAhead() {
        return gate.isWaiting() && requests.readableBytes() < AHEAD_BYTES_MAX;
    }

    private int lookAhead() {
        ByteBuf several = requests.ifSeveral(); // with one at a time it would be for nothing
        return several == null ? 0 : router.lookAhead(session, several);
    }

    private void handle(RequestFrame frame) {
        handledBytes = frame.wireLength();
        passed(handledBytes, replies.pending() + 1);
        router.handle(this, frame);
        handledBytes = 0;
    }

    /** Goes on with requests when whatever stopped them may be over. */
    public void resume() {
        if (!decoding && !isGone()) {
            decode();
        }
    }

    /** Keeps the request, and stops taking others, until {@link #release}. */
    public void hold(RequestFrame frame, boolean untilIdle) {
        gate.hold(frame, untilIdle);
    }

    /** Hands a held request to the router again, and goes on; later, if what was sent before it is not settled. */
    public void release() {
        if (gate.hasUnsettled()) {
            gate.holdUntilIdle();
        } else {
            RequestFrame frame = gate.takeHeld();
            if (frame != null) {
                withoutDecoding(() -> handle(frame)); // what comes while a script runs is behind it
            }
        }
        resume();
    }

    private void withoutDecoding(Runnable task) {
        boolean inside = decoding;
        decoding = true;
        try {
            task.run();
        } finally {
            decoding = inside;
        }
    }

    // ---- requests that were lost upstream

    /**
     * A request is lost upstream: {@code settlement} fills its place, now or when the client takes its reply. Thousands of large
     * ones would keep everybody waiting otherwise, and take as much memory as they come to.
     */
    public void settle(Runnable settlement) {
        if (isCutOff()) {
            settlement.run();
        } else if (!gate.hasUnsettled() && gate.takesReplies()) {
            withoutDecoding(settlement); // the next may be lost as well, and comes before what is decoded
        } else {
            gate.settleLater(settlement);
            wantFlush();
        }
    }

    private void settleMore() {
        while (!isGone() && gate.takesReplies()) {
            Runnable next = gate.nextUnsettled();
            if (next == null) {
                return;
            }
            next.run();
        }
    }

    /** Settles everything now: a client that does not read is cut off where it would take too much. */
    public void settleAll() {
        Runnable next = gate.nextUnsettled();
        while (next != null) {
            next.run();
            cutOffIfItDoesNotRead();
            next = gate.nextUnsettled();
        }
    }

    // ---- waiting in the local engine

    /** The newest request waits in the engine: its reply comes by {@link #answer}, and no other is taken before. */
    public void await() {
        var slot = new ReplyQueue.Ready();
        reserve(slot);
        gate.await(slot);
    }

    /** As {@link #await()}, for a request that has its place already; false when it is not the newest. */
    public boolean await(Slot slot) {
        if (!replies.isNewest(slot)) {
            return false;
        }
        gate.await(slot);
        return true;
    }

    /** The request that waits is taken back, for it is made again elsewhere. */
    public void stopWaiting() {
        replies.withdraw(takeWaiting());
    }

    @Override
    public void answer(Reply reply) {
        fill(takeWaiting(), reply, session.resp());
        // Not now: this is in the middle of another client's command.
        turnEnd.later(this::resume);
    }

    private Slot takeWaiting() {
        Slot slot = gate.takeWaiting();
        if (slot == null) {
            throw new IllegalStateException("client " + session.id() + " does not wait");
        }
        return slot;
    }

    // ---- replies out

    /** Answers the newest request. */
    public void reply(Reply reply) {
        if (isGone()) {
            return; // while its script ran
        }
        boolean silent = session.takeSilence() && !ReplyQueue.isPushed(reply);
        if (!silent && reply != Reply.NONE) {
            replies.add(reply, session.resp());
            wantFlush();
        }
        if (session.isClosing()) {
            closeWhenReplied();
        }
    }

    public void reserve(Slot slot) {
        slot.silent = session.takeSilence();
        replies.reserve(slot);
    }

    /** As {@link #reserve}, and takes no other request before this one is answered: what it does here comes first. */
    public void reserveLast(Slot slot) {
        reserve(slot);
        gate.closeBehind(slot);
    }

    public void fill(Slot slot, Reply reply, RespVersion resp) {
        if (!isGone()) {
            replies.fill(slot, reply, resp);
            replied(slot);
        }
    }

    /** As {@link #fill(Slot, Reply, RespVersion)}, with the upstream's bytes, which become this client's. */
    public void fill(Slot slot, ByteBuf bytes) {
        if (isGone()) {
            bytes.release();
            return;
        }
        gate.replied(bytes.readableBytes());
        passed(bytes.readableBytes(), replies.pending());
        replies.fill(slot, bytes);
        replied(slot);
    }

    private void passed(int bytes, int underWay) {
        if (upstream.passed(bytes, underWay)) {
            router.becameHeavy(this);
        }
    }

    private void replied(Slot slot) {
        wantFlush();
        if (gate.answered(slot)) {
            if (session.isClosing()) {
                closeWhenReplied();
            }
            turnEnd.later(this::resume); // not now: this may be in the middle of what settles others
        } else if (gate.heldIsNext()) {
            release();
        } else if (gate.windowOpens()) {
            // Also when nothing is left to decode: it is not even read from. One reply may let many others out.
            resume();
        }
    }

    @Override
    public void push(Reply reply) {
        if (!isCutOff()) {
            replies.push(reply, session.resp());
            pushed();
        }
    }

    @Override
    public void pushBehindReplies(Reply reply) {
        if (!isCutOff()) {
            replies.pushBehindReplies(reply, session.resp());
            pushed();
        }
    }

    /** Passes on what the upstream pushed. */
    public void push(ByteBuf bytes) {
        if (isCutOff()) {
            bytes.release();
            return;
        }
        replies.push(bytes);
        pushed();
    }

    /** One command of another client, such as a script, may push more than there is memory. */
    private void pushed() {
        wantFlush();
        if (replies.isFull() && doesNotRead()) {
            close();
        }
    }

    private void wantFlush() {
        if (!flushWanted) {
            flushWanted = true;
            turnEnd.flush(this);
        }
    }

    /** The turn's changes are durable: its replies may go. */
    public void letOut() {
        flushWanted = false;
        if (isGone()) {
            return;
        }
        replies.flush();
        if (gate.turnOpens()) {
            turnEnd.later(this::resume);
        }
        if (isCutOff()) {
            // What it does not take now is lost: who does not read must not be able to stay.
            turnEnd.after(channel.close());
            leave();
        } else if (!cutOffIfItDoesNotRead() && life == ClientLife.ENDING && replies.pending() == 0) {
            channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
        }
    }

    /** True when too much waits for it, so that it is cut off. */
    private boolean cutOffIfItDoesNotRead() {
        if (!isGone() && doesNotRead()) {
            channel.close();
            leave();
        }
        return isGone();
    }

    /** Whether too much waits for it, with what goes out at the turn's end. */
    private boolean doesNotRead() {
        long bytes = replies.unreadBytes();
        if (bytes == 0) {
            return false; // nearly always: neither bounds nor the time are asked for
        }
        boolean tooMany = replies.isUnreadBeyond(limits.output(session), bytes, router.nowMs());
        if (tooMany) {
            log.warn("Client {} is cut off: it does not read its replies, {} bytes wait", session.id(), bytes);
        }
        return tooMany;
    }

    @Override
    public ClientBuffers buffers() {
        RequestFrame held = gate.held();
        ChannelOutboundBuffer outbound = channel.unsafe().outboundBuffer();
        long query = (long) handledBytes + (held == null ? 0 : held.wireLength()) + requests.notUnderstoodBytes();
        return new ClientBuffers(
                query,
                requests.roomBytes(),
                (held == null ? 0 : held.argumentBytes()) + requests.argumentBytes(),
                replies.roomBytes(),
                replies.peakBytes(),
                replies.readyBytes(),
                replies.earlyReplies() + (outbound == null ? 0 : outbound.size()),
                replies.earlyBytes() + (outbound == null ? 0 : outbound.totalPendingWriteBytes()),
                intake.isOpen(),
                outbound != null && !outbound.isEmpty());
    }

    /** To be called about once a second: sends away who asks nothing for too long, or does not read. */
    public void closeIfOverdue(long nowMs) {
        if (cutOffIfItDoesNotRead()) {
            return;
        }
        replies.forgetPeak(nowMs);
        if (limits.isOverdue(session, replies.pending(), nowMs)) {
            channel.close();
        }
    }

    /** The turn's changes could not be made durable: nothing of it may be acknowledged. */
    public void refuseTurn() {
        replies.replaceBy(RedisError.journalFailed().reply(), session.resp());
        letOut();
    }

    private void closeWhenReplied() {
        endAs(ClientLife.ENDING);
        wantFlush();
    }

    @Override
    public void close() {
        endAs(ClientLife.CUT_OFF); // what it still waits for may never come
        wantFlush();
    }

    private void endAs(ClientLife next) {
        if (!life.isAtLeast(next)) {
            life = next;
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (channel.isWritable()) {
            resume();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        leave();
    }

    /** Nobody hears of it any more; also before the channel says that it is closed, which it does after other clients' reads. */
    void leave() {
        if (isGone()) {
            return;
        }
        life = ClientLife.GONE;
        requests.release(true);
        RequestFrame held = gate.takeHeld();
        if (held != null) {
            held.release();
        }
        replies.release();
        settleAll();
        router.disconnected(this);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        failed(cause);
    }

    /** Its connection broke, or could not be spoken on, or what it sent met an error of ours. */
    void failed(Throwable cause) {
        if (cause instanceof IOException) {
            log.debug("Client {} went: {}", session.id(), cause.getMessage());
        } else if (cause.getCause() instanceof SSLException refusal) {
            log.info("Client {} cannot be spoken to by TLS: {}", session.address(), refusal.getMessage());
        } else {
            log.error("Client {} is cut off after an error of ours: please report it", session.id(), cause);
        }
        channel.close();
    }
}
