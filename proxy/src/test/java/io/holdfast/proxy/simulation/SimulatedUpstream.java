package io.holdfast.proxy.simulation;

import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.resp.RequestEncoder;
import io.holdfast.sync.replay.Upstream;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The replay's connection over a wire: while it waits, everybody else acts. */
final class SimulatedUpstream implements Upstream, Wire.End {
    private final World world;
    private final long timeoutNanos;
    private final ReplyStream replies = new ReplyStream();
    private @Nullable Wire wire;
    private boolean closed;
    private boolean lost;

    SimulatedUpstream(World world, int timeoutMs) {
        this.world = world;
        this.timeoutNanos = TimeUnit.MILLISECONDS.toNanos(timeoutMs);
    }

    @Override
    public void connect() throws IOException {
        if (world.redis().isDead()) {
            throw new IOException("Connection refused");
        }
        wire = world.connectUpstream(this);
    }

    @Override
    public void send(List<List<Bytes>> commands) throws IOException {
        ByteBuf bytes = Unpooled.buffer();
        for (List<Bytes> command : commands) {
            RequestEncoder.encode(bytes, command);
        }
        open().sendToFar(ByteBufUtil.getBytes(bytes));
    }

    @Override
    public List<Reply> receive(int count) throws IOException {
        world.letOthersAct(() -> closed || lost || replies.replies().size() >= count, timeoutNanos);
        if (closed || replies.replies().size() < count) {
            throw new IOException(lost || closed ? "the connection is closed" : "no reply");
        }
        List<Reply> received = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Reply reply = replies.replies().remove();
            received.add(reply instanceof Reply.Simple simple ? Reply.bulk(simple.text()) : reply);
        }
        return received;
    }

    private Wire open() throws IOException {
        if (closed || lost || wire == null) {
            throw new IOException("the connection is closed");
        }
        return wire;
    }

    @Override
    public void close() {
        closed = true;
        if (wire != null) {
            wire.resetByNear();
        }
    }

    @Override
    public void arrived(byte[] bytes) {
        replies.add(bytes);
    }

    @Override
    public void closed() {
        lost = true;
    }
}
