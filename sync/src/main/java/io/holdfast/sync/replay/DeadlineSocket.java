package io.holdfast.sync.replay;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/**
 * A socket that never waits longer than its timeout, also when it sends: to a peer that has stopped reading, a plain socket
 * waits for ever. Closing resets a TCP connection. Used by one thread, closed by any.
 */
@SuppressWarnings("UnsynchronizedOverridesSynchronized") // nothing here waits on the monitor
final class DeadlineSocket extends Socket {
    /** Larger writes are cut, so that each piece has a deadline and no large direct buffer is made. */
    private static final int WRITE_BYTES_MAX = 64 * 1024;

    private final SocketChannel channel;
    private final Selector selector;
    private volatile int timeoutMs;

    private DeadlineSocket(SocketChannel channel, int timeoutMs) throws IOException {
        this.channel = channel;
        this.timeoutMs = timeoutMs;
        selector = Selector.open();
        channel.configureBlocking(false);
        channel.register(selector, 0);
    }

    static DeadlineSocket tcp(int timeoutMs) throws IOException {
        SocketChannel channel = SocketChannel.open();
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
        channel.setOption(StandardSocketOptions.SO_LINGER, 0); // close() sends RST and drops what was not sent
        return new DeadlineSocket(channel, timeoutMs);
    }

    /** The kernel hands over at once what is sent: there is no reset that could take it back. */
    static DeadlineSocket unix(int timeoutMs) throws IOException {
        return new DeadlineSocket(SocketChannel.open(StandardProtocolFamily.UNIX), timeoutMs);
    }

    @Override
    public void connect(SocketAddress endpoint) throws IOException {
        if (!channel.connect(endpoint)) {
            long deadline = deadline();
            while (!channel.finishConnect()) {
                await(SelectionKey.OP_CONNECT, deadline, "no connection");
            }
        }
    }

    @Override
    public InputStream getInputStream() {
        return new InputStream() {
            private final byte[] one = new byte[1];

            @Override
            public int read() throws IOException {
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] bytes, int offset, int length) throws IOException {
                return receive(ByteBuffer.wrap(bytes, offset, length));
            }
        };
    }

    @Override
    public OutputStream getOutputStream() {
        return new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                write(new byte[] {(byte) b}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                Objects.checkFromIndexSize(offset, length, bytes.length);
                for (int at = offset; at < offset + length; at += WRITE_BYTES_MAX) {
                    sendWhole(ByteBuffer.wrap(bytes, at, Math.min(WRITE_BYTES_MAX, offset + length - at)));
                }
            }
        };
    }

    private int receive(ByteBuffer into) throws IOException {
        if (!into.hasRemaining()) {
            return 0;
        }
        long deadline = deadline();
        int count = channel.read(into);
        while (count == 0) {
            await(SelectionKey.OP_READ, deadline, "no reply");
            count = channel.read(into);
        }
        return count;
    }

    private void sendWhole(ByteBuffer from) throws IOException {
        long deadline = deadline();
        while (from.hasRemaining()) {
            if (channel.write(from) == 0) {
                await(SelectionKey.OP_WRITE, deadline, "no room to send");
            } else {
                deadline = deadline();
            }
        }
    }

    private long deadline() {
        return System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMs);
    }

    private void await(int operation, long deadline, String otherwise) throws IOException {
        long leftMs = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
        if (leftMs <= 0) {
            throw new SocketTimeoutException(otherwise + " within " + timeoutMs + " ms");
        }
        SelectionKey key = channel.keyFor(selector);
        if (key == null) {
            throw new ClosedChannelException();
        }
        try {
            key.interestOps(operation);
            selector.select(leftMs);
            selector.selectedKeys().clear();
        } catch (CancelledKeyException | ClosedSelectorException e) {
            throw new ClosedChannelException();
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
        selector.close(); // wakes whoever waits, and only now the channel's descriptor is closed
    }

    @Override
    public int getSoTimeout() {
        return timeoutMs;
    }

    @Override
    public void setSoTimeout(int ms) {
        timeoutMs = ms;
    }

    @Override
    public boolean isBound() {
        return channel.isConnected();
    }

    @Override
    public boolean isConnected() {
        return channel.isConnected();
    }

    @Override
    public boolean isClosed() {
        return !channel.isOpen();
    }
}
