package io.holdfast.sync.mirror;

import io.holdfast.engine.LocalEngine;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.RequestFrame;
import io.holdfast.resp.RespVersion;
import io.holdfast.testing.RespClient;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.stream.IntStream;

/**
 * A link to a real upstream as the proxy keeps one: requests are sent at once, and the mirror hears of their replies, in
 * order, when the test asks for them. For one test thread.
 */
final class RedisLink implements FetchPort, AutoCloseable {
    private final Mirror mirror;
    private final LocalEngine engine;
    private final RespClient wire;
    /** What is done with the replies that are still to come. */
    private final Queue<Runnable> due = new ArrayDeque<>();

    private final List<Replies> underWay = new ArrayList<>();
    private int fetches;

    RedisLink(Mirror mirror, LocalEngine engine, RespClient wire) {
        this.mirror = mirror;
        this.engine = engine;
        this.wire = wire;
    }

    @Override
    public boolean isClosed() {
        return false;
    }

    /** A client's write. */
    void send(String... words) {
        Bytes[] args = bytes(words);
        wire.send(args);
        RequestFrame frame = RequestFrame.of(args);
        var sent = new ArrayList<SentWrite>();
        due.add(() -> {
            mirror.acknowledged(sent.get(0), reply(), RespVersion.RESP2);
            frame.release();
        });
        sent.add(sent(frame, args));
        mirror.sentAll();
    }

    /** A client's read. */
    void read(String... words) {
        Bytes[] args = bytes(words);
        wire.send(args);
        due.add(() -> mirror.read(this, 0, engine.commands().resolve(args), RequestFrame.of(args), reply()));
    }

    /** A client's command that may wait. */
    void sendWaiting(String... words) {
        Bytes[] args = bytes(words);
        wire.send(args);
        due.add(() -> mirror.waited(this, 0, engine.commands().resolve(args), args, reply(), RespVersion.RESP2));
    }

    /** A client's transaction, as one block. */
    void sendTransaction(String[]... commands) {
        wire.send("MULTI");
        Arrays.stream(commands).forEach(wire::send);
        wire.send("EXEC");
        var sent = new ArrayList<SentWrite>();
        due.add(() -> {
            for (int i = 0; i <= commands.length; i++) {
                wire.read(); // OK, and QUEUED for each
            }
            List<Integer> positions =
                    IntStream.range(0, commands.length).boxed().toList();
            mirror.acknowledged(sent, positions, reply(), RespVersion.RESP2);
        });
        for (String[] command : commands) {
            Bytes[] args = bytes(command);
            sent.add(Objects.requireNonNull(
                    mirror.sent(this, 0, engine.commands().resolve(args), args)));
        }
        mirror.sentAll();
    }

    /** A client's write whose reply never comes, because the client goes and this link with it. */
    Runnable sendAndLose(String... words) {
        Bytes[] args = bytes(words);
        wire.send(args);
        wire.readRaw();
        RequestFrame frame = RequestFrame.of(args);
        SentWrite write = sent(frame, args);
        mirror.sentAll();
        return () -> {
            frame.release();
            mirror.lost(write);
            lose();
        };
    }

    /** The link breaks: what the mirror has asked for never comes. */
    void lose() {
        underWay.forEach(Replies::lost);
        underWay.clear();
        due.clear();
    }

    private SentWrite sent(RequestFrame frame, Bytes... args) {
        return Objects.requireNonNull(mirror.sent(this, 0, engine.commands().resolve(args), frame));
    }

    private static Bytes[] bytes(String... words) {
        return Arrays.stream(words).map(Bytes::of).toArray(Bytes[]::new);
    }

    private ByteBuf reply() {
        return Unpooled.wrappedBuffer(wire.readRaw());
    }

    @Override
    public void fetch(List<Bytes[]> commands, Replies replies) {
        fetches++;
        commands.forEach(wire::send);
        underWay.add(replies);
        due.add(() -> {
            underWay.remove(replies);
            replies.arrived(commands.stream().map(each -> wire.read()).toList());
        });
    }

    /** Takes the replies to everything sent so far, and to what is asked because of them. */
    void answerAll() {
        for (Runnable next = due.poll(); next != null; next = due.poll()) {
            next.run();
        }
    }

    /** Takes the next reply. */
    void answer() {
        due.remove().run();
    }

    /** No reply is outstanding. */
    boolean isIdle() {
        return due.isEmpty();
    }

    /** Keys that the mirror has asked for on this link. */
    int fetches() {
        return fetches;
    }

    @Override
    public void close() {
        wire.close();
    }
}
