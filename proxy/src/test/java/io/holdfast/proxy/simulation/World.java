package io.holdfast.proxy.simulation;

import io.holdfast.engine.exec.Journal;
import io.holdfast.proxy.ProxyConfig;
import io.holdfast.proxy.SimulatedNode;
import io.holdfast.proxy.StartupException;
import io.holdfast.proxy.routing.Phase;
import io.holdfast.proxy.upstream.UpstreamAddress;
import io.holdfast.resp.Reply;
import io.holdfast.sync.journal.AppendFsync;
import io.holdfast.sync.replay.Waits;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.local.LocalAddress;
import io.netty.channel.local.LocalServerChannel;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A Redis, a Holdfast before it, the network between them, and who breaks what. */
final class World {
    static final int TIMEOUT_MS = 100;
    private static final long LOOP_MS_MAX = 10_000;
    /** The clocks of an upstream: most are right. */
    private static final List<Long> AHEAD_MS = List.of(0L, 0L, 1_500L, 3_600_000L, -3_600_000L);

    private final Schedule schedule;
    private final Path directory;
    private final TurnLoop outside;
    private final LocalAddress upstreamAt = new LocalAddress(World.class);
    private final Watch watch;
    /** Killed, and not yet unwound. */
    private final List<Running> remains = new ArrayList<>();

    /** How far the clock of the upstream is ahead of Holdfast's. */
    private final long aheadMs;

    private ModelRedis redis;
    private @Nullable Running process;
    private int starts;
    private boolean parted;

    /** A process of Holdfast, and what ends with it. */
    private final class Running {
        final TurnLoop loop = new TurnLoop(schedule);
        final List<SimulatedThread> threads = new ArrayList<>();
        final List<Wire> clients = new ArrayList<>();
        final List<Channel> links = new ArrayList<>();
        final Path data;
        final SimulatedNode node;
        boolean dead;
        /** A thread waits for the loop: what would begin on top of it could outlast that, and keep it waiting. */
        boolean waitsForLoop;

        Running(Path data) throws StartupException {
            this.data = data;
            var ground = new SimulatedNode.Ground(
                    schedule::unixMs,
                    schedule::nanos,
                    new SeededRandom(schedule.random().split()),
                    name -> thread(),
                    config -> new SimulatedUpstream(World.this, config.timeoutMs()),
                    new VirtualWaits(),
                    this::awaitLoop);
            node = new SimulatedNode(config(data), loop, upstreamAt, ground);
        }

        private ExecutorService thread() {
            var thread = new SimulatedThread(() -> !waitsForLoop);
            threads.add(thread);
            schedule.add(thread);
            return thread;
        }

        private void awaitLoop(Future<?> done) {
            boolean outer = waitsForLoop;
            waitsForLoop = true;
            letOthersAct(done::isDone, nanos(LOOP_MS_MAX));
            waitsForLoop = outer;
        }
    }

    /** Unwinds what a process was doing when it was killed. */
    private static final class Killed extends Error {
        private static final long serialVersionUID = 1;

        Killed() {
            super("killed", null, false, false);
        }
    }

    World(Schedule schedule, Path directory, Watch watch) {
        this.schedule = schedule;
        this.directory = directory;
        this.watch = watch;
        outside = new TurnLoop(schedule);
        schedule.add(outside);
        aheadMs = AHEAD_MS.get(schedule.random().nextInt(AHEAD_MS.size()));
        redis = new ModelRedis(schedule, outside, aheadMs, List.of());
        new ServerBootstrap()
                .group(outside)
                .channel(LocalServerChannel.class)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        accept(channel);
                    }
                })
                .bind(upstreamAt);
        outside.act();
        outside.act();
    }

    Schedule schedule() {
        return schedule;
    }

    private static ProxyConfig config(Path data) {
        return ProxyConfig.of(data, new UpstreamAddress("redis", 6379, null, null))
                .withTimeoutMs(TIMEOUT_MS)
                .withAppendFsync(AppendFsync.NO) // a thread of its own would sync each second, in a time of its own
                .withRefuseUnknownReads(true);
    }

    // ---- the upstream

    ModelRedis redis() {
        return redis;
    }

    void killRedis() {
        schedule.note("redis is killed");
        redis.kill();
    }

    /** @param kept how many of its entries it finds again */
    void startRedis(int kept) {
        List<Journal.Entry> data = redis.data();
        List<Journal.Entry> lost = data.subList(kept, data.size());
        schedule.note("redis starts with " + kept + " of " + data.size() + " entries");
        redis = new ModelRedis(schedule, outside, aheadMs, data.subList(0, kept));
        part(parted);
        if (!lost.isEmpty()) {
            watch.upstreamLost(lost, hasCursor());
        }
    }

    private boolean hasCursor() {
        return process != null
                && redis.ask("EXISTS", "holdfast:{" + process.node.id() + "}").equals(Reply.ONE);
    }

    void freezeRedis(boolean now) {
        schedule.note(now ? "redis is frozen" : "redis thaws");
        redis.freeze(now);
    }

    // ---- the network

    /** While it is parted nothing arrives, either way. */
    void part(boolean now) {
        parted = now;
        redis.wires().forEach(wire -> wire.hold(now || redis.isFrozen()));
    }

    void cutLinks() {
        redis.wires().stream().filter(wire -> schedule.random().nextBoolean()).forEach(Wire::cut);
    }

    Wire connectUpstream(Wire.End near) {
        Wire wire = redis.connect(near);
        wire.hold(parted || redis.isFrozen());
        return wire;
    }

    /** A link of Holdfast's event loop. */
    private void accept(Channel channel) {
        if (redis.isDead() || process == null) {
            channel.close();
            return;
        }
        process.links.add(channel);
        ModelRedis server = redis;
        Wire wire = connectUpstream(new Wire.End() {
            @Override
            public void arrived(byte[] bytes) {
                channel.writeAndFlush(Unpooled.wrappedBuffer(bytes));
            }

            @Override
            public void closed() {
                channel.close();
            }
        });
        channel.pipeline().addLast(new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext context, Object message) {
                ByteBuf bytes = (ByteBuf) message;
                wire.sendToFar(ByteBufUtil.getBytes(bytes));
                bytes.release();
            }

            @Override
            public void channelInactive(ChannelHandlerContext context) {
                if (!server.isDead()) {
                    wire.resetByNear();
                }
            }
        });
    }

    // ---- Holdfast

    boolean isUp() {
        return process != null;
    }

    SimulatedNode node() {
        if (process == null) {
            throw new IllegalStateException("Holdfast is down");
        }
        return process.node;
    }

    void startHoldfast() {
        try {
            Path data = directory.resolve("start-" + starts++);
            if (process == null && starts == 1) {
                Files.createDirectory(data);
            }
            var started = new Running(data);
            process = started;
            schedule.add(started.loop);
            schedule.note("holdfast starts, epoch " + started.node.epoch());
            watch.started(started.node);
            started.node.begin(TIMEOUT_MS);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (StartupException e) {
            throw new AssertionError("it does not start again", e);
        }
    }

    /** As by SIGKILL: what it has written to its files stays, and the next start finds it. */
    void killHoldfast() {
        Running killed = process;
        if (killed == null) {
            return;
        }
        schedule.note("holdfast is killed");
        process = null;
        killed.dead = true;
        copy(killed.data, directory.resolve("start-" + starts));
        schedule.remove(killed.loop);
        killed.threads.forEach(schedule::remove);
        killed.clients.forEach(Wire::resetByFar);
        killed.links.forEach(Channel::close);
        remains.add(killed);
    }

    boolean hasDead() {
        return !remains.isEmpty();
    }

    /** Between acts of the schedule alone, when nothing of a killed process is under way. */
    void buryTheDead() {
        for (Running dead : remains) {
            dead.loop.disconnect();
            dead.node.discard();
            dead.loop.abandon();
        }
        remains.clear();
    }

    void end() {
        if (process != null) {
            remains.add(process);
            process = null;
        }
        buryTheDead();
        outside.disconnect();
        outside.abandon();
    }

    private static void copy(Path from, Path to) {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.sorted().toList()) {
                if (file.toString().endsWith("-shm")) {
                    continue; // shared memory: it ends with the process
                }
                Files.copy(file, to.resolve(from.relativize(file).toString()));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Connects a client; null while nobody listens. */
    @Nullable Wire connect(Wire.End near) {
        Running to = process;
        if (to == null) {
            return null;
        }
        var wire = new Wire(schedule);
        var socket = new Socket(to.loop, wire::sendToNear);
        to.node.arrived(socket);
        socket.closeFuture().addListener(closed -> wire.resetByFar());
        wire.ends(near, socket);
        to.clients.removeIf(Wire::isOver);
        to.clients.add(wire);
        return wire;
    }

    /** Asks Holdfast as a client of its own, and lets everybody act until it is answered. */
    Reply askHoldfast(String... command) {
        var replies = new ReplyStream();
        Wire wire = connect(new Wire.End() {
            @Override
            public void arrived(byte[] bytes) {
                replies.add(bytes);
            }

            @Override
            public void closed() {
                throw new AssertionError("Holdfast has closed the connection");
            }
        });
        if (wire == null) {
            throw new AssertionError("Holdfast is down");
        }
        wire.sendToFar(ModelRedis.encoded(command));
        schedule.runUntil(() -> !replies.replies().isEmpty(), schedule.nanos() + nanos(10 * TIMEOUT_MS));
        wire.resetByNear();
        return replies.replies().remove();
    }

    /** Whether what a command finds here now may be another than what is upstream. */
    boolean isInDoubt(String key) {
        if (process == null || phase() == Phase.ONLINE) {
            return false;
        }
        return switch (process.node.knowledge(key)) {
            case KNOWN, ABSENT -> false;
            case IN_DOUBT, UNKNOWN -> true;
        };
    }

    Phase phase() {
        return process == null ? Phase.STARTING : process.node.machine().phase();
    }

    /** A thread of Holdfast waits; ends with the process that it is of. */
    boolean letOthersAct(BooleanSupplier condition, long nanosMax) {
        Running of = process;
        boolean met = schedule.runUntil(
                () -> (of != null && of.dead) || condition.getAsBoolean(), schedule.nanos() + nanosMax);
        if (of == null || of.dead) {
            throw new Killed();
        }
        return met;
    }

    /** Runs {@code acts}, through which a killed process may be unwound. */
    static void survive(Runnable acts) {
        try {
            acts.run();
        } catch (Killed e) {
            // Its threads have ended where they were.
        }
    }

    private final class VirtualWaits implements Waits {
        @Override
        public boolean acquire(Semaphore permits, long nanosMax) {
            return letOthersAct(() -> permits.availablePermits() > 0, nanosMax) && permits.tryAcquire();
        }

        @Override
        public boolean await(CountDownLatch latch, long nanosMax) {
            return letOthersAct(() -> latch.getCount() == 0, nanosMax);
        }
    }

    /** The same bytes for the same seed. */
    private static final class SeededRandom extends SecureRandom {
        private static final long serialVersionUID = 1;
        private final transient SplittableRandom seeded;

        SeededRandom(SplittableRandom seeded) {
            this.seeded = seeded;
        }

        @Override
        public void nextBytes(byte[] bytes) {
            seeded.nextBytes(bytes);
        }
    }

    static long nanos(long ms) {
        return TimeUnit.MILLISECONDS.toNanos(ms);
    }
}
