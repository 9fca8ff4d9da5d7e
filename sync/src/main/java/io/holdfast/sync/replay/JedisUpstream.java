package io.holdfast.sync.replay;

import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.io.IOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Connection;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;

/** The upstream over a connection of Jedis, used for its wire alone: nothing is sent but what we say. */
final class JedisUpstream implements Upstream {
    private final Endpoint endpoint;
    private final int timeoutMs;
    private final Connection connection = new Connection(this::giveSocket);
    private @Nullable DeadlineSocket socket; // guarded by this
    private @Nullable Socket wire; // guarded by this: the socket, or TLS over it
    private boolean given; // guarded by this
    private boolean closed; // guarded by this

    JedisUpstream(Endpoint endpoint, int timeoutMs) {
        this.endpoint = endpoint;
        this.timeoutMs = timeoutMs;
    }

    @Override
    public void connect() throws IOException {
        DeadlineSocket opened = endpoint.open(timeoutMs);
        keep(opened);
        Socket connected = endpoint.connect(opened);
        synchronized (this) {
            wire = connected;
        }
        wire(() -> {
            connection.connect();
            return true;
        });
    }

    private synchronized void keep(DeadlineSocket opened) throws IOException {
        if (closed) {
            opened.close();
            throw new IOException("closed");
        }
        socket = opened;
    }

    /**
     * Jedis connects again by itself when it finds its socket closed: that connection would not be known for fencing, so
     * it gets one socket and no other.
     */
    private synchronized Socket giveSocket() {
        if (given || closed || wire == null) {
            throw new JedisConnectionException("the connection is closed");
        }
        given = true;
        return wire;
    }

    @Override
    public void send(List<List<Bytes>> commands) throws IOException {
        wire(() -> {
            for (List<Bytes> command : commands) {
                byte[][] arguments = new byte[command.size() - 1][];
                for (int i = 0; i < arguments.length; i++) {
                    arguments[i] = command.get(i + 1).array();
                }
                connection.sendCommand(command.get(0)::array, arguments);
            }
            return connection.getMany(0); // flushes
        });
    }

    @Override
    public List<Reply> receive(int count) throws IOException {
        return wire(() -> replies(connection.getMany(count)));
    }

    private static List<Reply> replies(List<?> raw) {
        var replies = new ArrayList<Reply>(raw.size());
        for (Object each : raw) {
            replies.add(reply(each));
        }
        return replies;
    }

    private static Reply reply(@Nullable Object raw) {
        if (raw == null) {
            return Reply.Null.BULK;
        } else if (raw instanceof byte[] text) {
            return Reply.bulk(Bytes.wrap(text));
        } else if (raw instanceof Long number) {
            return Reply.of(number);
        } else if (raw instanceof JedisDataException refusal) {
            return new Reply.Failure(Bytes.of(String.valueOf(refusal.getMessage())));
        } else if (raw instanceof List<?> items) {
            return new Reply.Array(replies(items));
        }
        throw new IllegalStateException("RESP2 has no " + raw.getClass());
    }

    private interface Work<T> {
        T run();
    }

    private static <T> T wire(Work<T> work) throws IOException {
        try {
            return work.run();
        } catch (JedisException e) {
            Throwable cause = e.getCause() instanceof IOException ? e.getCause() : e;
            throw new IOException(cause.getMessage() == null ? "the connection was lost" : cause.getMessage(), e);
        } catch (NumberFormatException | IndexOutOfBoundsException | NegativeArraySizeException e) {
            throw new IOException("the upstream's reply is not RESP", e);
        }
    }

    @Override
    public void close() {
        DeadlineSocket open;
        synchronized (this) {
            closed = true;
            open = socket;
        }
        if (open != null) {
            try {
                open.close();
            } catch (IOException e) {
                throw new IllegalStateException("a socket that cannot be closed", e);
            }
        }
    }
}
