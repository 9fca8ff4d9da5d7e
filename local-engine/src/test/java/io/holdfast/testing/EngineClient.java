package io.holdfast.testing;

import io.holdfast.engine.LocalEngine;
import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.Session;
import io.holdfast.engine.config.EngineConfig;
import io.holdfast.engine.config.RedisVersion;
import io.holdfast.engine.exec.Journal;
import io.holdfast.engine.family.Families;
import io.holdfast.engine.script.ScriptLimits;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.resp.ReplyEncoder;
import io.holdfast.resp.RespVersion;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A client of a {@link LocalEngine} in this process, without a socket: every command is one turn of the engine, committed
 * before its reply is given out. For one test thread.
 */
public final class EngineClient implements RespPeer {
    private static final long SEED = 1;

    private final LocalEngine engine;
    private final TestTimers timers;
    private final List<Runnable> paused;
    private final Session session;
    private final Inbox inbox = new Inbox();
    private final Deque<byte[]> unread = new ArrayDeque<>();
    private boolean held;
    private boolean silentAnswer;

    private EngineClient(LocalEngine engine, TestTimers timers, List<Runnable> paused) {
        this.engine = engine;
        this.timers = timers;
        this.paused = paused;
        this.session = engine.connect(inbox, "127.0.0.1:1", "127.0.0.1:6379");
    }

    /** A client of a new engine with every command there is. */
    public static EngineClient start(RedisVersion version, Journal journal, LongSupplier clock) {
        var commands = CommandTable.of(Families.all());
        var timers = new TestTimers();
        var engine = new LocalEngine(EngineConfig.of(version, SEED), commands, journal, clock, timers);
        engine.scripting().limits(ScriptLimits.in(Path.of("target", "natives")));
        List<Runnable> paused = new ArrayList<>();
        engine.pause()
                .onEnd(
                        () -> {
                            List<Runnable> now = List.copyOf(paused);
                            paused.clear();
                            now.forEach(Runnable::run);
                        },
                        paused::size);
        return new EngineClient(engine, timers, paused);
    }

    /** As {@link #start(RedisVersion, Journal, LongSupplier)}, with a journal in memory. */
    public static EngineClient start(RedisVersion version, LongSupplier clock) {
        return start(version, new MemoryJournal(), clock);
    }

    /** Another client of the same engine. */
    public EngineClient another() {
        return new EngineClient(engine, timers, paused);
    }

    public LocalEngine engine() {
        return engine;
    }

    /** The engine's alarm clock, which only the test moves on. */
    public TestTimers timers() {
        return timers;
    }

    public Session session() {
        return session;
    }

    /** True when something has come that was not read. */
    public boolean hasUnread() {
        return !unread.isEmpty();
    }

    /** True when the engine has asked for its connection to be closed. */
    public boolean isClosedByServer() {
        return inbox.closed || session.isClosing();
    }

    /** Runs a command in a turn of its own. */
    public Reply call(Bytes... command) {
        // Their bytes stay the client's: what it does with the array afterwards is not the engine's business.
        Reply reply = engine.execute(session, null, command.clone());
        if (engine.hasUncommitted()) {
            engine.commit();
        }
        return reply;
    }

    public Reply call(String... command) {
        var args = new Bytes[command.length];
        for (int i = 0; i < args.length; i++) {
            args[i] = Bytes.of(command[i]);
        }
        return call(args);
    }

    @Override
    public byte[] raw(Bytes... command) {
        send(command);
        return readRaw();
    }

    /** Runs a command, or lets it wait while clients are paused; what it brings is to be read. */
    public void send(Bytes... command) {
        if (engine.pause().holds(session, spec(command), command)) {
            held = true;
            paused.add(() -> send(command));
            return;
        }
        held = false;
        Reply reply = call(command);
        boolean silent = session.takeSilence();
        silentAnswer = silent && session.isBlocked();
        if (!silent) {
            receive(reply);
        }
    }

    private @Nullable CommandSpec spec(Bytes[] command) {
        CommandSpec spec = engine.commands().find(command[0]);
        return spec != null && spec.hasSubcommands() && command.length > 1 ? spec.subcommand(command[1]) : spec;
    }

    /** True while a command of this client has not been answered, because it waits or clients are paused. */
    public boolean isWaiting() {
        return held || session.isBlocked();
    }

    @Override
    public byte[] readRaw() {
        byte[] next = unread.poll();
        if (next == null) {
            throw new IllegalStateException("the engine has answered nothing more");
        }
        return next;
    }

    private void receive(Reply reply) {
        if (reply instanceof Reply.Sequence sequence) {
            sequence.replies().forEach(this::receive);
            return;
        }
        ByteBuf out = Unpooled.buffer();
        ReplyEncoder.encode(reply, session.resp(), out);
        var bytes = new byte[out.readableBytes()];
        out.readBytes(bytes);
        unread.add(bytes);
    }

    @Override
    public void speak(RespVersion version) {
        session.speak(version);
    }

    @Override
    public void close() {
        engine.disconnect(session);
    }

    private final class Inbox implements Session.Output {
        private boolean closed;

        @Override
        public void push(Reply reply) {
            receive(reply);
        }

        @Override
        public void pushBehindReplies(Reply reply) {
            push(reply);
        }

        @Override
        public void answer(Reply reply) {
            if (!silentAnswer) {
                receive(reply);
            }
        }

        @Override
        public void close() {
            closed = true;
            engine.disconnect(session);
        }
    }
}
