package io.holdfast.testing;

import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.resp.ReplyFrameDecoder;
import io.holdfast.resp.ReplyParser;
import io.holdfast.resp.RequestEncoder;
import io.holdfast.resp.RespLimits;
import io.holdfast.resp.RespProtocolException;
import io.holdfast.resp.RespVersion;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/**
 * A blocking client of the wire that shows every byte: for what client libraries hide. A reply that does not come within
 * the timeout, or a closed connection, is an {@link UncheckedIOException}. For one test thread.
 */
public final class RespClient implements RespPeer {
    private static final Duration TIMEOUT = Duration.ofSeconds(20);
    private static final int READ_BYTES = 64 * 1024;

    private final Socket socket;
    private final byte[] chunk = new byte[READ_BYTES];
    private final ReplyFrameDecoder frames = new ReplyFrameDecoder(RespLimits.DEFAULT);
    private final ReplyParser parser = new ReplyParser(RespLimits.DEFAULT);
    private ByteBuf received = Unpooled.buffer(READ_BYTES);

    private RespClient(Socket socket) {
        this.socket = socket;
    }

    /** Connects to 127.0.0.1. */
    public static RespClient connect(int port) {
        return connect(port, TIMEOUT);
    }

    /**
     * Connects to 127.0.0.1.
     *
     * @param timeout longest wait for the connection, and for the bytes of one reply
     */
    public static RespClient connect(int port, Duration timeout) {
        var socket = new Socket();
        try {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(Math.toIntExact(timeout.toMillis()));
            socket.connect(
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), port), Math.toIntExact(timeout.toMillis()));
            return new RespClient(socket);
        } catch (IOException e) {
            closeQuietly(socket, e);
            throw new UncheckedIOException(e);
        }
    }

    private static void closeQuietly(Socket socket, IOException because) {
        try {
            socket.close();
        } catch (IOException e) {
            because.addSuppressed(e);
        }
    }

    /** Longest wait for the bytes of one reply. */
    public void timeout(Duration timeout) {
        try {
            socket.setSoTimeout(Math.toIntExact(timeout.toMillis()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // ---- one command, one reply

    @Override
    public byte[] raw(Bytes... command) {
        send(command);
        return readRaw();
    }

    public Reply call(Bytes... command) {
        send(command);
        return read();
    }

    /** As {@link #call(Bytes...)}, each argument in UTF-8. */
    public Reply call(String... command) {
        send(command);
        return read();
    }

    /** In one write: everything is sent before the first reply is read. */
    @Override
    public List<byte[]> rawAll(List<Bytes[]> commands) {
        ByteBuf out = Unpooled.buffer();
        commands.forEach(command -> RequestEncoder.encode(out, command));
        sendBytes(out);
        return commands.stream().map(command -> readRaw()).toList();
    }

    @Override
    public void speak(RespVersion version) {
        byte[] reply = raw("HELLO", Integer.toString(version.number()));
        if (reply[0] == '-') {
            throw new IllegalStateException(new String(reply, StandardCharsets.ISO_8859_1));
        }
    }

    // ---- pipelining

    public void send(Bytes... command) {
        ByteBuf out = Unpooled.buffer();
        RequestEncoder.encode(out, command);
        sendBytes(out);
    }

    public void send(String... command) {
        send(Arrays.stream(command).map(Bytes::of).toArray(Bytes[]::new));
    }

    /** Sends whatever bytes, a request or not, from one text with a char a byte. */
    public void sendText(String latin1) {
        sendBytes(Unpooled.copiedBuffer(latin1, StandardCharsets.ISO_8859_1));
    }

    /** Sends the readable bytes: several requests in one write, for example. */
    public void sendBytes(ByteBuf out) {
        try {
            out.readBytes(socket.getOutputStream(), out.readableBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The next reply, or push message. */
    public Reply read() {
        try {
            return parser.parse(Unpooled.wrappedBuffer(readRaw()));
        } catch (RespProtocolException e) {
            throw new IllegalStateException("not RESP", e);
        }
    }

    @Override
    public byte[] readRaw() {
        try {
            while (true) {
                ByteBuf frame = frames.decode(received);
                if (frame != null) {
                    var bytes = new byte[frame.readableBytes()];
                    frame.readBytes(bytes);
                    frame.release();
                    return bytes;
                }
                receive();
            }
        } catch (RespProtocolException e) {
            throw new IllegalStateException("not RESP", e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** True when the server has closed the connection and nothing more is to be read; waits for either. */
    public boolean isClosedByServer() {
        if (received.isReadable()) {
            return false;
        }
        try {
            receive();
            return false;
        } catch (EOFException closed) {
            return true;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void receive() throws IOException {
        int count = socket.getInputStream().read(chunk);
        if (count < 0) {
            throw new EOFException("the server has closed the connection");
        }
        if (!received.isReadable()) {
            received.clear();
        } else if (received.readerIndex() > READ_BYTES) {
            // The decoder counts from the start of the reply, so what is read may move.
            received = Unpooled.buffer(received.readableBytes() + READ_BYTES).writeBytes(received);
        }
        received.writeBytes(chunk, 0, count);
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
