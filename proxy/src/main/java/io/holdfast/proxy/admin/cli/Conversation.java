package io.holdfast.proxy.admin.cli;

import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.resp.ReplyFrameDecoder;
import io.holdfast.resp.ReplyParser;
import io.holdfast.resp.RequestEncoder;
import io.holdfast.resp.RespLimits;
import io.holdfast.resp.RespProtocolException;
import io.holdfast.sync.replay.Endpoint;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Asks a running Holdfast over RESP3, one question at a time. For one thread. */
final class Conversation implements AutoCloseable {
    private static final int TIMEOUT_MS = 120_000; // a rule that decides on a million letters takes its time
    private static final int READ_BYTES = 64 * 1024;

    private final Socket socket;
    private final ReplyFrameDecoder frames = new ReplyFrameDecoder(RespLimits.DEFAULT);
    private final ReplyParser parser = new ReplyParser(RespLimits.DEFAULT);
    private final ByteBuf received = Unpooled.buffer(READ_BYTES);
    private final byte[] chunk = new byte[READ_BYTES];

    private Conversation(Socket socket) {
        this.socket = socket;
    }

    /**
     * Connects and says who asks.
     *
     * @param user null: the default user
     * @param password null: none
     * @throws IOException when nothing answers, or it does not let us in; the message is for a person
     */
    static Conversation begin(String host, int port, @Nullable String user, @Nullable String password)
            throws IOException {
        Socket socket;
        try {
            socket = Endpoint.tcp(host, port).connect(TIMEOUT_MS);
        } catch (IOException e) {
            throw new IOException("no Holdfast answers on " + host + ":" + port + ": " + e.getMessage(), e);
        }
        var conversation = new Conversation(socket);
        try {
            List<String> hello = new ArrayList<>(List.of("HELLO", "3"));
            if (password != null) {
                hello.addAll(List.of("AUTH", user == null ? "default" : user, password));
            }
            conversation.ask(hello.toArray(String[]::new));
            return conversation;
        } catch (IOException e) {
            conversation.close();
            throw e;
        }
    }

    /** @throws IOException when the answer is an error, in its own words, or does not come */
    Reply ask(String... command) throws IOException {
        ByteBuf question = Unpooled.buffer();
        RequestEncoder.encode(question, Arrays.stream(command).map(Bytes::of).toList());
        socket.getOutputStream().write(ByteBufUtil.getBytes(question));
        Reply reply = read();
        if (reply instanceof Reply.Failure failure) {
            throw new IOException(failure.text().utf8());
        }
        return reply;
    }

    private Reply read() throws IOException {
        try {
            ByteBuf frame = frames.decode(received);
            while (frame == null) {
                receive();
                frame = frames.decode(received);
            }
            try {
                return parser.parse(frame);
            } finally {
                frame.release();
            }
        } catch (RespProtocolException e) {
            throw new IOException("what answers does not speak RESP: " + e.getMessage(), e);
        }
    }

    private void receive() throws IOException {
        int length = socket.getInputStream().read(chunk);
        if (length < 0) {
            throw new IOException("the connection was closed before the answer came");
        }
        received.discardReadBytes();
        received.writeBytes(chunk, 0, length);
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new IllegalStateException("a socket that cannot be closed", e);
        }
    }
}
