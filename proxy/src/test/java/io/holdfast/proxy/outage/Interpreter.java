package io.holdfast.proxy.outage;

import io.holdfast.resp.Bytes;
import io.holdfast.resp.ReplyFrameDecoder;
import io.holdfast.resp.RespLimits;
import io.holdfast.resp.RespProtocolException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Stands between Holdfast and a real redis-server and passes replies on as they are, but for one: what comes instead of it
 * may be any bytes, and more or fewer replies than one. Safe on every thread.
 */
final class Interpreter implements AutoCloseable {
    private static final int READ_BYTES = 64 * 1024;

    private record Instead(Bytes reply, Bytes bytes) {}

    private final int target;
    private final ServerSocket listening;
    private @Nullable Instead instead;

    /** @param target the port of the redis-server */
    Interpreter(int target) {
        this.target = target;
        try {
            listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        start(this::accept);
    }

    /** Where to connect instead. */
    int port() {
        return listening.getLocalPort();
    }

    /** Gives {@code bytes}, a char a byte, in place of the next reply that is exactly {@code reply}. */
    synchronized void sayInsteadOf(String reply, String bytes) {
        instead = new Instead(
                Bytes.wrap(reply.getBytes(StandardCharsets.ISO_8859_1)),
                Bytes.wrap(bytes.getBytes(StandardCharsets.ISO_8859_1)));
    }

    /** Whether what {@link #sayInsteadOf} gave has been said. */
    synchronized boolean hasSaid() {
        return instead == null;
    }

    private synchronized byte[] interpreted(byte[] reply) {
        Instead now = instead;
        if (now == null || !now.reply.equals(Bytes.wrap(reply))) {
            return reply;
        }
        instead = null;
        return now.bytes.array();
    }

    private void accept() {
        try {
            while (true) {
                Socket holdfast = listening.accept();
                var redis = new Socket(InetAddress.getLoopbackAddress(), target);
                start(() -> passRequests(holdfast, redis));
                start(() -> passReplies(redis, holdfast));
            }
        } catch (IOException e) {
            // closed
        }
    }

    private static void passRequests(Socket holdfast, Socket redis) {
        try (holdfast;
                redis) {
            holdfast.getInputStream().transferTo(redis.getOutputStream());
        } catch (IOException e) {
            // one side went: the other goes with it
        }
    }

    private void passReplies(Socket redis, Socket holdfast) {
        var frames = new ReplyFrameDecoder(RespLimits.DEFAULT);
        ByteBuf received = Unpooled.buffer(READ_BYTES);
        var chunk = new byte[READ_BYTES];
        try (redis;
                holdfast) {
            for (int n = redis.getInputStream().read(chunk);
                    n >= 0;
                    n = redis.getInputStream().read(chunk)) {
                received.writeBytes(chunk, 0, n);
                ByteBuf out = Unpooled.buffer();
                for (ByteBuf frame = frames.decode(received); frame != null; frame = frames.decode(received)) {
                    out.writeBytes(interpreted(ByteBufUtil.getBytes(frame)));
                    frame.release();
                }
                received =
                        Unpooled.buffer(received.readableBytes() + READ_BYTES).writeBytes(received);
                out.readBytes(holdfast.getOutputStream(), out.readableBytes());
            }
        } catch (IOException e) {
            // one side went: the other goes with it
        } catch (RespProtocolException e) {
            throw new IllegalStateException("redis-server itself", e);
        }
    }

    private static void start(Runnable work) {
        var thread = new Thread(work, "interpreter");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() {
        try {
            listening.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
