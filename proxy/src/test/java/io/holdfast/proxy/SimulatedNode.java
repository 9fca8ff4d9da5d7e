package io.holdfast.proxy;

import io.holdfast.engine.exec.Journal;
import io.holdfast.engine.store.Checkpointer;
import io.holdfast.proxy.admin.HoldfastCommands;
import io.holdfast.proxy.admin.HoldfastStatus;
import io.holdfast.proxy.client.Admission;
import io.holdfast.proxy.client.ClientHandler;
import io.holdfast.proxy.client.ClientLimits;
import io.holdfast.proxy.client.TurnEnd;
import io.holdfast.proxy.routing.Phase;
import io.holdfast.proxy.routing.Router;
import io.holdfast.proxy.routing.RoutingStateMachine;
import io.holdfast.proxy.simulation.TurnLoop;
import io.holdfast.proxy.upstream.UpstreamAddress;
import io.holdfast.proxy.upstream.UpstreamConnector;
import io.holdfast.resp.Bytes;
import io.holdfast.sync.journal.Conflicts;
import io.holdfast.sync.mirror.KeyKnowledge;
import io.holdfast.sync.mirror.Mirror;
import io.holdfast.sync.mirror.MirrorLimits;
import io.holdfast.sync.replay.ReplayConfig;
import io.holdfast.sync.replay.Upstream;
import io.holdfast.sync.replay.Waits;
import io.netty.channel.Channel;
import io.netty.channel.local.LocalAddress;
import io.netty.channel.local.LocalChannel;
import io.netty.util.concurrent.Future;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One process of Holdfast without its sockets: the parts that {@link ProxyServer} wires, on a loop whose turns and on threads
 * whose tasks a test runs. What serves people alone (HTTP, files, SQL, disk space) is left out.
 */
public final class SimulatedNode {
    private static final int TICK_MS = 100;
    private static final int SHOWN_MAX = 10_000;

    private final TurnLoop loop;
    private final RoutingStateMachine machine = new RoutingStateMachine(Phase.STARTING);
    private final EngineParts parts;
    private final Mirror mirror;
    private final Router router;
    private final TurnEnd turnEnd;
    private final UpstreamParts upstream;
    private final Operator operator;
    private final ClientLimits limits;
    private final Admission admission;
    private long commandsAtLastTick;

    /** What is simulated beneath it; see {@link Platform}. */
    public record Ground(
            LongSupplier unixMs,
            LongSupplier nanoTime,
            SecureRandom random,
            Function<String, ExecutorService> threads,
            Function<ReplayConfig, Upstream> upstreams,
            Waits waits,
            Consumer<Future<?>> loopWaits) {}

    /**
     * Opens the data directory and recovers; nothing more happens before {@link #begin}.
     *
     * @param config whose upstream says nothing but that there is one
     * @param at where the links connect to
     */
    public SimulatedNode(ProxyConfig config, TurnLoop loop, LocalAddress at, Ground ground) throws StartupException {
        this.loop = loop;
        var platform = new Platform(
                ground.unixMs(),
                ground.nanoTime(),
                ground.random(),
                ground.threads(),
                ground.upstreams(),
                ground.waits(),
                ground.loopWaits());
        operator = new Operator(loop, true, platform);
        var orders = new HoldfastCommands(new HoldfastStatus(), operator, (sql, answer) -> {
            throw new IllegalStateException("nobody asks for tables here: " + sql);
        });
        parts = EngineParts.open(config, orders, loop, new LoopTimers(loop), platform);
        mirror = new Mirror(parts.engine(), MirrorLimits.DEFAULT);
        mirror.settings(config.mirror());
        mirror.refuseUnknownReads(config.refuseUnknownReads());
        parts.engine().journalForUpstream(config.offline());
        router = new Router(parts.engine(), machine, mirror);
        router.switchRules(config.switches());
        turnEnd = new TurnEnd(loop, loop::atTurnEnd, parts.engine());
        turnEnd.beforeFlush(mirror::sentAll);
        UpstreamAddress address = address(config.upstream());
        upstream = UpstreamParts.assemble(
                config,
                address,
                parts,
                machine,
                router,
                turnEnd,
                loop,
                new UpstreamConnector(loop, LocalChannel.class, address, at, null, config.timeoutMs()),
                platform.threads().apply("control"),
                parts.directory().node().id() + parts.directory().node().epoch(),
                platform);
        mirror.clockAhead(upstream.replayer()::clockAheadMs);
        var disk = new DiskWatch(config, parts, loop, null, platform.unixMs(), platform::monotonicMs);
        operator.begin(parts, machine, turnEnd, router, mirror, disk, upstream, config);
        machine.onChange((from, to) ->
                parts.checkpointer().pace(to == Phase.ONLINE ? Checkpointer.Pacing.COPY : EngineParts.PACING));
        limits = new ClientLimits(parts.engine().settings());
        admission = new Admission(parts.engine(), limits);
    }

    private static UpstreamAddress address(@Nullable UpstreamAddress address) {
        if (address == null) {
            throw new IllegalArgumentException("a simulated node has an upstream");
        }
        return address;
    }

    /** Looks for the upstream unless an operator wants otherwise, and serves. */
    public void begin(int timeoutMs) {
        loop.scheduleAtFixedRate(this::tick, TICK_MS, TICK_MS, TimeUnit.MILLISECONDS);
        loop.scheduleAtFixedRate(router::followChanges, 1, 1, TimeUnit.SECONDS);
        loop.scheduleAtFixedRate(router::followLogins, 1, 1, TimeUnit.SECONDS);
        upstream.handOver().start(upstream.probe(), timeoutMs, operator.heldOffline(), operator.isReplayPaused());
    }

    private void tick() {
        parts.engine().tick();
        mirror.tick();
        long commands = parts.engine().stats().commandsProcessed;
        if (turnEnd.commit()) {
            parts.checkpointer().maybeBegin(Math.max(0, commands - commandsAtLastTick));
        }
        commandsAtLastTick = commands;
    }

    /** A client has connected. */
    public void arrived(Channel channel) {
        if (admission.admits(channel)) {
            channel.pipeline().addLast(new ClientHandler(channel, router, turnEnd, limits));
        }
    }

    public RoutingStateMachine machine() {
        return machine;
    }

    /** Of the data directory: rises with each start. */
    public long epoch() {
        return parts.directory().node().epoch();
    }

    public String id() {
        return parts.directory().node().id();
    }

    /** The newest journal entry, staged ones included. */
    public long lastSequence() {
        return parts.journal().lastSequence();
    }

    /** Committed journal entries after {@code sequence} that are to be replayed. */
    public List<Journal.Entry> replayedAfter(long sequence) {
        List<Journal.Entry> entries = new ArrayList<>();
        parts.journal().read(sequence, entries::add);
        entries.removeIf(entry -> !entry.isForUpstream());
        return entries;
    }

    /** Commands that were not carried out upstream and wait for a person: dead letters, and what lost a conflict. */
    public List<List<Bytes>> setAside() {
        List<List<Bytes>> commands = new ArrayList<>();
        parts.store()
                .deadLetters()
                .list(SHOWN_MAX)
                .forEach(stored -> commands.add(stored.letter().command()));
        for (Conflicts.Stored stored : parts.store().conflicts().list(0, SHOWN_MAX)) {
            switch (stored.conflict().winner()) {
                case UPSTREAM, UPSTREAM_AND_COPY, PARKED ->
                    commands.add(stored.conflict().local());
                case LOCAL, LOCAL_AND_COPY, BOTH_TOOK -> {}
            }
        }
        return commands;
    }

    /** What is known here of a key. */
    public KeyKnowledge.State knowledge(String key) {
        return mirror.view().knowledge(0, Bytes.of(key)).state();
    }

    /** Entries for the upstream that it does not have. */
    public long owed() {
        return parts.journal().owed(upstream.replayer().confirmedSequence());
    }

    /** Gives back what the process had of this one: to be called when its loop and threads run no more. */
    public void discard() {
        upstream.handOver().stop();
        parts.database().close();
        parts.values().close();
        parts.journal().close();
        parts.store().close();
        parts.directory().close();
    }
}
