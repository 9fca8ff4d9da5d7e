package io.holdfast.proxy.simulation;

import io.holdfast.engine.LocalEngine;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.Timers;
import io.holdfast.engine.config.EngineConfig;
import io.holdfast.engine.config.RedisVersion;
import io.holdfast.engine.exec.Journal;
import io.holdfast.engine.exec.ProcessFacts;
import io.holdfast.engine.exec.StandardInfo;
import io.holdfast.engine.family.Families;
import io.holdfast.proxy.client.ClientHandler;
import io.holdfast.proxy.client.ClientLimits;
import io.holdfast.proxy.client.TurnEnd;
import io.holdfast.proxy.routing.Phase;
import io.holdfast.proxy.routing.Router;
import io.holdfast.proxy.routing.RoutingStateMachine;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.resp.RequestEncoder;
import io.holdfast.sync.mirror.Mirror;
import io.holdfast.sync.mirror.MirrorLimits;
import io.holdfast.testing.MemoryJournal;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * A Redis that keeps every write (appendonly yes, appendfsync always), can be killed, frozen, and started with all of its data
 * or with that of an earlier moment. Its commands are those of the local engine, which are compared with a real redis-server
 * elsewhere; here it stands for when the upstream does what. One process of it: another start is another object.
 */
final class ModelRedis {
    private static final int TICK_MS = 100;
    private static final int DATABASES = 16;

    private final Schedule schedule;
    private final TurnLoop loop;
    private final MemoryJournal journal = new MemoryJournal();
    private final LocalEngine engine;
    private final Router router;
    private final TurnEnd turnEnd;
    private final ClientLimits limits;
    private final List<Wire> wires = new ArrayList<>();
    private final ScheduledFuture<?> ticks;
    private boolean frozen;
    private boolean dead;

    /**
     * Starts it.
     *
     * @param aheadMs how far its clock is ahead of everybody else's
     * @param data what it finds on its disk
     */
    ModelRedis(Schedule schedule, TurnLoop loop, long aheadMs, List<Journal.Entry> data) {
        this.schedule = schedule;
        this.loop = loop;
        LongSupplier clock = () -> schedule.unixMs() + aheadMs;
        engine = new LocalEngine(
                new EngineConfig(
                        DATABASES,
                        RedisVersion.STANDALONE,
                        1 << 20,
                        schedule.random().nextLong()),
                CommandTable.of(Families.all()),
                journal,
                clock,
                new LoopTimers(loop));
        data.forEach(entry -> journal.stage(entry.scope(), entry.timeMs(), entry.effects()));
        journal.commit();
        engine.recover(0);
        String runId = ProcessFacts.freshRunId(schedule.random());
        var facts = new ProcessFacts(runId, () -> 6379, clock.getAsLong(), clock);
        new StandardInfo(engine, facts).addTo(engine.info());
        // The JVM's own figures would make replies longer or shorter, and so cut elsewhere: no seed would do the same
        // twice.
        engine.info().add("Memory", lines -> lines.line("maxmemory_policy", "noeviction"));
        engine.info()
                .add(
                        "CPU",
                        lines -> lines.line("used_cpu_sys_main_thread", "0.000000")
                                .line("used_cpu_user_main_thread", "0.000000"));
        router =
                new Router(engine, new RoutingStateMachine(Phase.STANDALONE), new Mirror(engine, MirrorLimits.DEFAULT));
        turnEnd = new TurnEnd(loop, loop::atTurnEnd, engine);
        limits = new ClientLimits(engine.settings());
        ticks = loop.scheduleAtFixedRate(this::tick, TICK_MS, TICK_MS, TimeUnit.MILLISECONDS);
    }

    private void tick() {
        if (!frozen) {
            engine.tick();
            turnEnd.run();
        }
    }

    /** Connects {@code near}; what it sends goes over the wire that is given back. */
    Wire connect(Wire.End near) {
        var wire = new Wire(schedule);
        var socket = new Socket(loop, wire::sendToNear);
        socket.pipeline().addLast(new ClientHandler(socket, router, turnEnd, limits));
        socket.closeFuture().addListener(closed -> wire.resetByFar());
        wire.ends(near, socket);
        wire.hold(frozen);
        wires.removeIf(Wire::isOver);
        wires.add(wire);
        return wire;
    }

    List<Wire> wires() {
        return wires;
    }

    boolean isDead() {
        return dead;
    }

    boolean isFrozen() {
        return frozen;
    }

    /** As by SIGSTOP, or SIGCONT. */
    void freeze(boolean now) {
        frozen = now;
        wires.forEach(wire -> wire.hold(now));
    }

    /** As by SIGKILL. */
    void kill() {
        dead = true;
        ticks.cancel(false);
        wires.forEach(wire -> {
            wire.hold(false);
            wire.resetByFar();
        });
    }

    /** What is on its disk, oldest first. */
    List<Journal.Entry> data() {
        return journal.entries();
    }

    /** Runs a command at once, as a client of its own would. */
    Reply ask(String... command) {
        var replies = new ReplyStream();
        var socket = new Socket(loop, replies::add);
        socket.pipeline().addLast(new ClientHandler(socket, router, turnEnd, limits));
        socket.arrived(encoded(command));
        turnEnd.run();
        socket.runPendingTasks();
        socket.close();
        return replies.replies().remove();
    }

    static byte[] encoded(String... command) {
        ByteBuf bytes = Unpooled.buffer();
        var arguments = new Bytes[command.length];
        for (int i = 0; i < arguments.length; i++) {
            arguments[i] = Bytes.of(command[i]);
        }
        RequestEncoder.encode(bytes, arguments);
        return ByteBufUtil.getBytes(bytes);
    }

    private record LoopTimers(TurnLoop loop) implements Timers {
        @Override
        public long nanoTime() {
            return loop.ticker().nanoTime();
        }

        @Override
        public Alarm after(long delayMs, Runnable task) {
            ScheduledFuture<?> planned = loop.schedule(task, delayMs, TimeUnit.MILLISECONDS);
            return () -> planned.cancel(false);
        }
    }
}
