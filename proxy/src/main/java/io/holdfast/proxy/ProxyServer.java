package io.holdfast.proxy;

import io.holdfast.engine.command.Session;
import io.holdfast.engine.config.Settings;
import io.holdfast.engine.exec.ProcessFacts;
import io.holdfast.engine.exec.StandardInfo;
import io.holdfast.engine.store.Checkpointer;
import io.holdfast.proxy.admin.HoldfastCommands;
import io.holdfast.proxy.admin.HoldfastStatus;
import io.holdfast.proxy.admin.Order;
import io.holdfast.proxy.admin.SettingsFile;
import io.holdfast.proxy.client.Admission;
import io.holdfast.proxy.client.ClientHandler;
import io.holdfast.proxy.client.ClientLimits;
import io.holdfast.proxy.client.HandedIntake;
import io.holdfast.proxy.client.TurnEnd;
import io.holdfast.proxy.config.Configuration;
import io.holdfast.proxy.files.KeyLogs;
import io.holdfast.proxy.http.HttpServer;
import io.holdfast.proxy.routing.Phase;
import io.holdfast.proxy.routing.Router;
import io.holdfast.proxy.routing.RoutingStateMachine;
import io.holdfast.proxy.tls.ServerTls;
import io.holdfast.proxy.tls.UpstreamTls;
import io.holdfast.proxy.upstream.NameLookups;
import io.holdfast.proxy.upstream.UpstreamAddress;
import io.holdfast.proxy.upstream.UpstreamConnector;
import io.holdfast.sync.mirror.IdleCopies;
import io.holdfast.sync.mirror.Mirror;
import io.holdfast.sync.mirror.MirrorLimits;
import io.netty.channel.Channel;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SingleThreadIoEventLoop;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running Holdfast: opens the data directory, recovers, listens, and holds all parts together. The one place that
 * wires the modules, with {@link EngineParts} and {@link UpstreamParts}. Safe on every thread.
 */
public final class ProxyServer implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ProxyServer.class);
    private static final int TICK_MS = 100;
    private static final int TLS_FILES_SECONDS = 1;
    /** Of a Unix socket where unixsocketperm says nothing: its owner's alone. */
    private static final int SOCKET_MODE = 0600;
    /** How long a graceful stop waits for the loop to finish what is in flight. */
    static final int STOP_SECONDS_MAX = 5;

    private final ProxyConfig config;
    private final Platform platform = Platform.real();
    private final Transport transport = Transport.best();
    private final MultiThreadIoEventLoopGroup group;
    private final SingleThreadIoEventLoop loop;
    private final ExecutorService control;
    private final RoutingStateMachine machine;
    /** This process, for as long as it runs. */
    private final String runId = ProcessFacts.freshRunId(platform.random());

    private final HoldfastStatus status = new HoldfastStatus();
    private final Operator operator;
    private final TableQueries queries;
    private final EngineParts parts;
    private final Mirror mirror;
    private final Router router;
    private final TurnEnd turnEnd;
    private final ClientLimits limits;
    private final Admission admission;
    private final EngineHost host;
    private final @Nullable UpstreamParts upstream;
    private final @Nullable UpstreamTls upstreamTls;
    private final Description description;
    private final Listeners listeners;
    private final DiskWatch disk;
    private @Nullable ServerTls serverTls;
    private @Nullable PumpedIo pumped;
    private @Nullable IoLoops ioLoops;
    private @Nullable CheckpointSocket checkpointSocket;
    private @Nullable FileExports files;
    private @Nullable HttpServer http;
    private long commandsAtLastTick;
    private boolean closed;

    private ProxyServer(ProxyConfig config, @Nullable UpstreamTls upstreamTls) throws StartupException {
        this.config = config;
        this.upstreamTls = upstreamTls;
        machine = new RoutingStateMachine(config.upstream() == null ? Phase.STANDALONE : Phase.STARTING);
        group = new MultiThreadIoEventLoopGroup(
                1, new EngineLoopThreads(), PumpedIo.factory(transport.ioHandlers(), made -> pumped = made));
        loop = (SingleThreadIoEventLoop) group.next();
        control = platform.threads().apply("control");
        operator = new Operator(loop, config.upstream() != null, platform);
        queries = new TableQueries(loop, platform::monotonicMs);
        try {
            parts = EngineParts.open(
                    config, new HoldfastCommands(status, operator, queries), loop, new LoopTimers(loop), platform);
        } catch (StartupException | RuntimeException e) {
            operator.close();
            queries.close();
            stopThreads();
            throw e;
        }
        mirror = new Mirror(parts.engine(), MirrorLimits.DEFAULT);
        mirror.settings(config.mirror());
        mirror.refuseUnknownReads(config.refuseUnknownReads());
        if (config.upstream() != null) {
            parts.engine().journalForUpstream(config.offline());
        }
        router = new Router(parts.engine(), machine, mirror);
        router.switchRules(config.switches());
        turnEnd = new TurnEnd(loop, loop::executeAfterEventLoopIteration, parts.engine());
        turnEnd.beforeFlush(mirror::sentAll);
        upstream = config.upstream() == null
                ? null
                : UpstreamParts.assemble(
                        config,
                        config.upstream(),
                        parts,
                        machine,
                        router,
                        turnEnd,
                        loop,
                        connector(config.upstream()),
                        control,
                        runId,
                        platform);
        if (upstream != null) {
            mirror.clockAhead(upstream.replayer()::clockAheadMs);
        }
        disk = new DiskWatch(
                config,
                parts,
                loop,
                upstream == null
                        ? null
                        : new IdleCopies(parts.engine(), mirror, () -> machine.phase() == Phase.ONLINE, loop),
                platform.unixMs(),
                platform::monotonicMs);
        operator.begin(parts, machine, turnEnd, router, mirror, disk, upstream, config);
        queries.begin(parts.directory().path(), parts.checkpointer());
        if (upstream != null && parts.database().hasQueue()) {
            parts.checkpointer().accompanied(upstream.queue(parts));
        }
        host = new EngineHost(parts, config.upstream() != null);
        parts.engine().host(host);
        machine.onChange((from, to) ->
                parts.checkpointer().pace(to == Phase.ONLINE ? Checkpointer.Pacing.COPY : EngineParts.PACING));
        parts.engine().scripting().limits(parts.engine().scripting().limits().withWhileBusy(this::lookAfterOthers));
        description = new Description(config, parts, machine, router, mirror, disk, upstream);
        describe();
        limits = new ClientLimits(parts.engine().settings());
        admission = new Admission(parts.engine(), limits);
        listeners = new Listeners(group, transport, this::arrived);
    }

    private UpstreamConnector connector(UpstreamAddress address) {
        Path socket = address.unixSocket();
        return new UpstreamConnector(
                loop,
                socket == null ? transport.socketChannel() : transport.unixSocketChannel(),
                address,
                socket == null ? null : transport.unixAddress().apply(socket),
                upstreamTls,
                config.timeoutMs());
    }

    private void arrived(Channel channel) {
        if (admission.admits(channel)) {
            channel.pipeline().addLast(new ClientHandler(channel, router, turnEnd, limits));
        }
    }

    private void arrived(Channel channel, HandedIntake intake) {
        if (admission.admits(channel)) {
            intake.serve(new ClientHandler(channel, intake, router, turnEnd, limits));
        }
    }

    /** In the middle of a script that takes its time: whatever is ready is handled and answered. */
    private void lookAfterOthers() {
        if (pumped != null) {
            pumped.pump();
            if (ioLoops != null) {
                ioLoops.lookAfterClients();
            }
            turnEnd.run();
        }
    }

    /**
     * Starts a server; it accepts clients when this returns.
     *
     * @throws StartupException when it cannot start as it was told to
     * @throws io.holdfast.engine.store.StorageException when the data directory refuses
     */
    public static ProxyServer start(ProxyConfig config) throws StartupException {
        return start(config, true);
    }

    /** Starts a server that others take for a Redis: the class archive's own upstream. */
    static ProxyServer startAsRedis(ProxyConfig config) throws StartupException {
        return start(config, false);
    }

    private static ProxyServer start(ProxyConfig config, boolean saysWhatItIs) throws StartupException {
        StartupRefusals.unknownFailpoints();
        StartupRefusals.wideBind(config, !config.access().equals(Access.OPEN));
        NameLookups.keepAnswersShortly();
        StartupRefusals.self(config);
        StartupRefusals.occupiedPorts(config);
        UpstreamTls tls = upstreamTls(config);
        StartupRefusals.holdfast(config, tls);
        var server = new ProxyServer(config, tls);
        try {
            if (saysWhatItIs) {
                server.parts.engine().info().add("Holdfast", server.status::lines);
            }
            server.loop.submit(server::configure).syncUninterruptibly(); // which throws what configure does
            server.listen();
            return server;
        } catch (StartupException | RuntimeException e) {
            server.close();
            throw e;
        }
    }

    private static @Nullable UpstreamTls upstreamTls(ProxyConfig config) throws StartupException {
        if (config.upstream() == null || !config.upstream().encrypted()) {
            return null;
        }
        try {
            return new UpstreamTls(
                    config.upstreamTls().files(), config.upstreamTls().verification());
        } catch (IOException e) {
            throw new StartupException(String.valueOf(e.getMessage()), e);
        }
    }

    /**
     * The configuration file, what CONFIG REWRITE has kept, then what was said at this start about who may connect. On the
     * loop, which may be looking after values already.
     */
    private @Nullable Void configure() throws StartupException {
        config.choose(parts.engine().settings());
        var kept = new SettingsFile(parts.directory().path());
        kept.load(parts.engine());
        parts.engine().settings().rewriter(() -> kept.write(parts.engine(), name -> true));
        config.access().applyTo(parts.engine().acl());
        parts.engine().acl().slowFailures();
        StartupRefusals.wideBind(config, parts.engine().acl().asksForPasswords());
        if (parts.engine().settings().number("tls-port") != 0) {
            try {
                serverTls = new ServerTls(parts.engine().settings());
            } catch (IOException e) {
                throw new StartupException("tls-port: " + e.getMessage(), e);
            }
        }
        if (listensPlainly()) {
            StartupRefusals.wideReading(config, parts.engine().settings());
        }
        return null;
    }

    private boolean listensPlainly() {
        Settings settings = parts.engine().settings();
        return config.port() != 0
                || (settings.number("tls-port") == 0
                        && settings.value("unixsocket").isEmpty());
    }

    /** What it was started by: read again where somebody asks for it. */
    public void configuredBy(Configuration configuration) {
        operator.startedBy(configuration);
    }

    /** What an operator can have done. */
    Operator operations() {
        return operator;
    }

    /** Reads its configuration again, soon; the log says what becomes of it. */
    public void reload() {
        operator.reloadSoon(new Order("a signal HUP", platform.unixMs().getAsLong()));
    }

    /** A client may end this process by SHUTDOWN; {@code how} begins that, and does not wait for it. */
    public void endsBy(Runnable how) {
        loop.execute(() -> host.endsBy(how));
    }

    /** {@code how} begins the end of this process where another has replayed under its identity, also where that is known by now. */
    public void whenFenced(Runnable how) {
        loop.execute(() -> {
            if (upstream == null) {
                return;
            }
            upstream.handOver().onFence(reason -> {
                if (reason != null) {
                    how.run();
                }
            });
            if (upstream.handOver().fenced() != null) {
                how.run();
            }
        });
    }

    private void listen() throws StartupException {
        Settings settings = parts.engine().settings(); // which nobody changes before there are clients
        String unixSocket = settings.value("unixsocket");
        // Health first: a client that connects at once then waits for a verdict, not for the probe to be there.
        loop.execute(this::begin);
        disk.begin();
        checkpointSocket = CheckpointSocket.open(parts.directory().path(), queries::upToDate);
        files = FileExports.start(
                parts.directory().path(),
                parts.profiles(),
                queries::upToDate,
                upstream == null ? null : () -> syncState(upstream),
                keyLogs(),
                platform::monotonicMs);
        int loops = (int) settings.number("io-threads") - 1;
        if (loops > 0) {
            ioLoops = new IoLoops(loops, transport.ioHandlers(), loop, this::arrived);
            listeners.clientsGoTo(ioLoops.group(), ioLoops::arrived);
        }
        if (listensPlainly()) {
            listeners.tcp(config.bind(), config.port());
        }
        if (serverTls != null) {
            listeners.tls(config.bind(), (int) settings.number("tls-port"), serverTls);
        }
        if (config.httpPort() != null) {
            http = openHttp(config.httpPort());
        }
        if (!unixSocket.isEmpty()) {
            int mode = Integer.parseInt(settings.value("unixsocketperm"), 8);
            listeners.unix(Path.of(unixSocket), mode == 0 ? SOCKET_MODE : mode);
        }
    }

    private HttpServer openHttp(int port) throws StartupException {
        var storage =
                new StorageFigures(queries, () -> disk.figures().usedBytes(), parts.profiles(), platform::monotonicMs);
        var state = new HttpFacts(operator::config, parts, machine, upstream, description, storage);
        return new HttpWiring(loop, parts, router, turnEnd, limits).open(config, port, transport, state);
    }

    private @Nullable KeyLogs keyLogs() {
        return parts.profiles().stream().allMatch(profile -> profile.logs().isEmpty())
                ? null
                : new KeyLogs(parts.directory().path(), parts.profiles(), upstream != null, platform.unixMs());
    }

    private void begin() {
        loop.scheduleAtFixedRate(this::tick, TICK_MS, TICK_MS, TimeUnit.MILLISECONDS);
        loop.scheduleAtFixedRate(router::closeOverdue, 1, 1, TimeUnit.SECONDS);
        loop.scheduleAtFixedRate(router::followChanges, 1, 1, TimeUnit.SECONDS);
        loop.scheduleAtFixedRate(router::followLogins, 1, 1, TimeUnit.SECONDS);
        if (serverTls != null || upstreamTls != null) {
            loop.scheduleAtFixedRate(
                    () -> control.execute(this::refreshTls), TLS_FILES_SECONDS, TLS_FILES_SECONDS, TimeUnit.SECONDS);
        }
        if (upstream != null) {
            upstream.handOver()
                    .start(upstream.probe(), config.timeoutMs(), operator.heldOffline(), operator.isReplayPaused());
        }
    }

    private void refreshTls() {
        if (serverTls != null) {
            serverTls.refresh();
        }
        if (upstreamTls != null) {
            upstreamTls.refresh();
        }
    }

    private void tick() {
        parts.engine().tick();
        mirror.tick();
        long commands = parts.engine().stats().commandsProcessed;
        // A checkpoint begins only between turns: what this one has staged is committed first.
        if (turnEnd.commit()) {
            parts.checkpointer().maybeBegin(Math.max(0, commands - commandsAtLastTick));
        }
        commandsAtLastTick = commands;
    }

    // ---- asking

    /** The port of plain TCP that it listens on; 0: none. */
    public int port() {
        return listeners.port();
    }

    /** The port of HTTP that it listens on; 0: none. */
    public int httpPort() {
        return http == null ? 0 : http.port();
    }

    /** One line for the person who started it. */
    public String greeting() {
        String where = listeners.places() + (http == null ? "" : " and " + http.places() + " (HTTP)");
        return config.upstream() == null
                ? "Holdfast listens on " + where + ", standalone; data in " + config.dataDir()
                : "Holdfast listens on " + where + ", upstream " + config.upstream() + "; data in " + config.dataDir();
    }

    /** Not on the loop, whose moment it waits for. */
    private SyncState syncState(UpstreamParts of) {
        return loop.submit(() -> of.syncState(
                        machine.phase(),
                        parts.journal(),
                        parts.store().deadLetters().count(),
                        platform.unixMs().getAsLong()))
                .syncUninterruptibly()
                .getNow();
    }

    private void describe() {
        var facts = new ProcessFacts(runId, this::port, platform.unixMs().getAsLong(), platform.unixMs());
        new StandardInfo(parts.engine(), facts).addTo(parts.engine().info());
        description.addTo(status);
        Description.settings(config, parts);
    }

    // ---- stopping

    /** Stops accepting, finishes what is in flight, commits, and gives the data directory free. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        parts.engine().scripting().stop(); // a script that loops would keep the loop from what follows
        listeners.close();
        if (http != null) {
            http.close();
        }
        operator.close();
        if (checkpointSocket != null) {
            checkpointSocket.close();
        }
        if (files != null) {
            files.close();
        }
        queries.close();
        disk.close();
        Future<?> last = loop.submit(() -> {
            if (upstream != null) {
                upstream.handOver().stop();
            }
            turnEnd.run();
            for (Session session : List.copyOf(parts.engine().sessions())) {
                session.output().close();
            }
            turnEnd.run();
        });
        last.awaitUninterruptibly(STOP_SECONDS_MAX, TimeUnit.SECONDS);
        stopThreads();
        awaitWriters();
        parts.close();
    }

    /** They write to sync.db until they have ended. */
    private void awaitWriters() {
        if (upstream != null) {
            upstream.replayer().close();
        }
        try {
            if (!control.awaitTermination(STOP_SECONDS_MAX, TimeUnit.SECONDS)) {
                log.warn("What the thread control had begun has not ended within {} s", STOP_SECONDS_MAX);
            }
            if (upstream != null && !upstream.replayer().awaitEnd(Duration.ofSeconds(STOP_SECONDS_MAX))) {
                log.warn("The replay has not ended within {} s", STOP_SECONDS_MAX);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void stopThreads() {
        if (ioLoops != null) {
            ioLoops.close(); // first: what becomes of its connections is the engine loop's
        }
        group.shutdownGracefully(0, STOP_SECONDS_MAX, TimeUnit.SECONDS).awaitUninterruptibly();
        control.shutdown();
    }
}
