package io.holdfast.proxy.client;

import io.holdfast.engine.command.Session;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.resp.ReplyFrameDecoder;
import io.holdfast.resp.ReplyParser;
import io.holdfast.resp.RequestEncoder;
import io.holdfast.resp.RespLimits;
import io.holdfast.resp.RespProtocolException;
import io.netty.buffer.ByteBuf;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.util.concurrent.EventExecutor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A client without a socket, for whoever asks by another protocol: its commands are routed, checked, journaled and answered
 * like everybody's. Lives on the engine loop.
 */
public final class InternalClient {
    private final Wire wire = new Wire();
    private final ClientHandler handler;
    private final EventExecutor loop;
    private final Consumer<Reply> replies;
    private final ReplyFrameDecoder frames = new ReplyFrameDecoder(RespLimits.DEFAULT);
    private final ReplyParser parser = new ReplyParser(RespLimits.DEFAULT);
    private @Nullable ByteBuf received;

    /**
     * @param address of whom it acts for, {@code host:port}
     * @param localAddress where that came to
     * @param replies takes the replies, in the order of the commands
     */
    public InternalClient(
            EventExecutor loop,
            RequestHandler router,
            TurnEnd turnEnd,
            ClientLimits limits,
            String address,
            String localAddress,
            Consumer<Reply> replies) {
        this.loop = loop;
        this.replies = replies;
        handler = new ClientHandler(wire, new Intake.Direct(wire), router, turnEnd, limits, address, localAddress);
        wire.pipeline().addLast(handler);
    }

    /** {@code task} is run when it has gone, of its own or because others wanted it. */
    public void onClosed(Runnable task) {
        wire.closeFuture().addListener(closed -> task.run());
    }

    public Session session() {
        return handler.session();
    }

    /** Asks as a client does; the reply comes later, if at all. */
    public void send(Bytes... command) {
        ByteBuf request = wire.alloc().buffer();
        RequestEncoder.encode(request, command);
        wire.writeInbound(request);
    }

    /** Goes; what is under way is settled as for a client whose connection breaks. */
    public void close() {
        wire.close();
        if (received != null) {
            received.release();
            received = null;
        }
    }

    private void arrived(ByteBuf bytes) {
        received =
                received == null ? bytes : ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(wire.alloc(), received, bytes);
        try {
            ByteBuf frame = next();
            while (frame != null) {
                Reply reply;
                try {
                    reply = parser.parse(frame);
                } finally {
                    frame.release();
                }
                replies.accept(reply);
                frame = next();
            }
        } catch (RespProtocolException e) {
            throw new IllegalStateException("a reply of our own cannot be read", e);
        }
        if (received != null && !received.isReadable()) {
            received.release();
            received = null;
        }
        loop.execute(wire::runPendingTasks); // what its handler has put off until its replies are gone
    }

    private @Nullable ByteBuf next() throws RespProtocolException {
        return received == null ? null : frames.decode(received);
    }

    /** Where a client's socket would be. */
    private final class Wire extends EmbeddedChannel {
        @Override
        protected void handleOutboundMessage(Object message) {
            arrived((ByteBuf) message);
        }
    }
}
