package io.holdfast.proxy.client;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Of a client whose socket is another loop's: what happens there is told on the engine loop, in that order. Stops reading
 * while much waits to be told, so that a client that sends on while a script runs fills its socket and not the memory.
 * A handler of the socket's loop; what {@link Intake} declares is the engine loop's.
 */
public final class HandedIntake extends ChannelInboundHandlerAdapter implements Intake {
    /** What may wait for the engine loop before reading stops, bytes. */
    private static final int WAITING_BYTES_MAX = 1024 * 1024;

    private final Channel channel;
    private final Executor engine;
    private final AtomicInteger waitingBytes = new AtomicInteger();
    private volatile boolean wanted;
    private volatile boolean full;
    private @Nullable ClientHandler client; // the engine loop's

    /**
     * Nothing is read before {@link #serve}.
     *
     * @param engine runs on the engine loop what it is given, in order
     */
    public HandedIntake(Channel channel, Executor engine) {
        this.channel = channel;
        this.engine = engine;
        channel.config().setAutoRead(false);
    }

    /** Tells {@code client} from now on. On the engine loop, before anything else is. */
    public void serve(ClientHandler client) {
        this.client = client;
        open(true);
    }

    // ---- on the socket's loop

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        var bytes = (ByteBuf) message;
        if (waitingBytes.addAndGet(bytes.readableBytes()) > WAITING_BYTES_MAX) {
            full = true;
            if (waitingBytes.get() <= WAITING_BYTES_MAX / 2) { // taken meanwhile, by who saw that it was not full
                full = false;
            }
            follow();
        }
        engine.execute(() -> deliver(bytes));
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (channel.isWritable()) {
            tell(ClientHandler::resume);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        tell(ClientHandler::leave);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        tell(to -> to.failed(cause));
        channel.close();
    }

    private void tell(Consumer<ClientHandler> what) {
        engine.execute(() -> {
            ClientHandler to = client;
            if (to != null) { // else it was sent away
                hear(to, what);
            }
        });
    }

    // ---- on the engine loop

    private void deliver(ByteBuf bytes) {
        int count = bytes.readableBytes();
        ClientHandler to = client;
        if (to == null) {
            bytes.release();
        } else {
            hear(to, client -> client.received(bytes));
        }
        int left = waitingBytes.addAndGet(-count);
        if (full && left <= WAITING_BYTES_MAX / 2) {
            full = false;
            channel.eventLoop().execute(this::follow);
        }
    }

    /** As Netty does for a handler of a pipeline. */
    private static void hear(ClientHandler client, Consumer<ClientHandler> what) {
        try {
            what.accept(client);
        } catch (RuntimeException | Error e) {
            client.failed(e);
        }
    }

    @Override
    public void open(boolean on) {
        if (wanted != on) {
            wanted = on;
            channel.eventLoop().execute(this::follow);
        }
    }

    @Override
    public boolean isOpen() {
        return wanted;
    }

    /** Always on the socket's loop: of two threads the one that decided first might speak last. */
    private void follow() {
        channel.config().setAutoRead(wanted && !full);
    }
}
