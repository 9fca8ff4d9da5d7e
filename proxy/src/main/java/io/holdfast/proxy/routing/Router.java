package io.holdfast.proxy.routing;

import io.holdfast.engine.LocalEngine;
import io.holdfast.engine.command.CommandKind;
import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.command.Session;
import io.holdfast.proxy.client.ClientHandler;
import io.holdfast.proxy.client.RequestHandler;
import io.holdfast.proxy.upstream.OutageError;
import io.holdfast.proxy.upstream.SwitchRules;
import io.holdfast.proxy.upstream.UpstreamLink;
import io.holdfast.proxy.upstream.UpstreamLinks;
import io.holdfast.proxy.upstream.UpstreamLogin;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.resp.RequestFrame;
import io.holdfast.sync.mirror.Mirror;
import io.netty.buffer.ByteBuf;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Carries each request to where the phase says its kind goes, keeps each client's requests in order across links and
 * switches, and settles what was under way when the upstream was lost. Lives on the engine loop.
 */
public final class Router implements RequestHandler, RoutingStateMachine.Listener {
    /** Who subscribes to it is told for how many milliseconds the upstream's messages were not heard: docs/decisions/0018. */
    private static final Bytes GAP = Bytes.of("holdfast:gap");

    private final LocalEngine engine;
    private final RoutingStateMachine machine;
    private final Mirror mirror;
    private final KnownCommands commands;
    private final CommandSpec exec;
    private final CommandSpec unblock;
    /** Answered here while the upstream is in charge, and not to overtake what its client has under way there. */
    private final Set<CommandSpec> comeLater;

    private final Set<ClientHandler> clients = new LinkedHashSet<>();
    private final Set<ClientHandler> held = new LinkedHashSet<>();
    private boolean slowed;
    private boolean closesSubscribers;
    /** When the upstream was last in charge, or we began, Unix milliseconds. */
    private long awaySinceMs;

    private final ClientLinks links = new ClientLinks();
    private final Permissions permissions;
    private final Queueing queueing;
    private @Nullable Logins logins;
    private final ChangeLinks changes;
    private @Nullable ClientHandler prepared; // what it waited for is there
    private final Settlement settlement;
    private final Forwarder forwarder;

    /** Who is told that a reply shows the upstream to be unfit. */
    @FunctionalInterface
    public interface Verdicts {
        /** The upstream says itself that it cannot serve; everything goes local at once. */
        void upstreamUnfit(String reason);
    }

    public Router(LocalEngine engine, RoutingStateMachine machine, Mirror mirror) {
        this.engine = engine;
        this.machine = machine;
        this.mirror = mirror;
        this.commands = new KnownCommands(engine);
        this.exec = KnownCommands.row(engine, "EXEC");
        this.unblock = KnownCommands.row(engine, "CLIENT", "UNBLOCK");
        this.comeLater = Stream.concat(
                        Stream.of("KILL", "PAUSE", "UNPAUSE", "TRACKING")
                                .map(name -> KnownCommands.row(engine, "CLIENT", name)),
                        Stream.of(KnownCommands.row(engine, "RESET")))
                .collect(Collectors.toUnmodifiableSet());
        this.permissions = new Permissions(machine);
        this.queueing = new Queueing(this, engine, machine);
        this.settlement = new Settlement(engine, machine, mirror, KnownCommands.row(engine, "WATCH"));
        this.forwarder = new Forwarder(this, engine, mirror, links, permissions);
        this.changes = new ChangeLinks(engine, machine, mirror, links, this::releaseHeld);
        machine.onChange(this);
        engine.pause().onEnd(this::releaseHeld, held::size);
        engine.home(machine.phase().hasHomeHere());
    }

    /** Gives the way upstream; not called when there is none. */
    public void upstream(UpstreamLinks upstreamLinks, Logins clientLogins, CursorKey cursorKey, Verdicts onUnfit) {
        links.upstream(upstreamLinks);
        logins = clientLogins;
        clientLogins.onChanged(links::renewSubscriber);
        clientLogins.onRemoved(login -> loginRefused(login, "-" + Logins.NO_LOGIN));
        cursorKey.hidden().forEach(key -> mirror.leaveOut(0, key));
        forwarder.upstream(cursorKey, onUnfit);
    }

    /** Refusals of writes that count as an outage from now on. */
    public void outageErrors(Set<OutageError> named) {
        forwarder.verdict(new ErrorVerdict(named));
    }

    /** What becomes of clients at switches from now on. */
    public void switchRules(SwitchRules rules) {
        settlement.rules(rules);
        closesSubscribers = rules.closesSubscribers();
    }

    public int clientCount() {
        return clients.size();
    }

    /** Commands that were carried out here, since any time. */
    long served() {
        return engine.stats().commandsProcessed;
    }

    /** Commands of which nobody knows what became of them, since the start. */
    public long uncertain() {
        return settlement.uncertain();
    }

    Settlement settlement() {
        return settlement;
    }

    // ---- clients

    @Override
    public Session connect(ClientHandler client, String address, String localAddress) {
        clients.add(client);
        return engine.connect(client, address, localAddress);
    }

    @Override
    public long nowMs() {
        return engine.nowMs();
    }

    /** Closes clients, and takes back links, that have been idle for too long; to be called about once a second. */
    public void closeOverdue() {
        long nowMs = engine.nowMs();
        for (ClientHandler client : List.copyOf(clients)) {
            client.closeIfOverdue(nowMs);
            links.takeBackIdle(client, nowMs);
        }
    }

    @Override
    public void disconnected(ClientHandler client) {
        clients.remove(client);
        held.remove(client);
        engine.disconnect(client.session());
        links.drop(client);
        if (client.upstream().login() != null && logins != null) {
            logins.leave(client);
        }
        changes.followTracking();
    }

    @Override
    public void becameHeavy(ClientHandler client) {
        if (machine.phase() == Phase.ONLINE) {
            links.prepareOwn(client); // now, to have it for the next request
        }
    }

    // ---- requests

    @Override
    public int lookAhead(Session session, ByteBuf received) {
        return machine.phase().hasHomeHere() ? engine.lookAhead(session, received) : Integer.MAX_VALUE;
    }

    @Override
    public void handle(ClientHandler client, RequestFrame frame) {
        CommandSpec spec = commands.find(frame);
        if (spec == null && isHttp(frame.argument(0))) {
            frame.release();
            client.close(); // somebody's browser was made to speak to us (CVE-2016-10517); Redis would close our link
            return;
        }
        CommandKind kind = KnownCommands.kind(spec, frame);
        Session session = client.session();
        if (!session.isUnrestricted() && !isJudgedUpstream(client, kind)) {
            if (!Permissions.allow(session, KnownCommands.exact(spec), frame.arguments())) {
                local(client, spec, frame); // which refuses it, in the right words
                return;
            }
            if (kind == CommandKind.SCRIPT && !permissions.allowScript(session)) {
                frame.release();
                session.refuseQueue();
                client.reply(RedisError.noScriptUpstream().reply());
                return;
            }
        }
        if (isPaused(session, spec, frame) || mustHearFirst(session) || (slowed && isHeldWhenSlowed(kind))) {
            hold(client, frame);
            return;
        }
        if (session.inMulti() && (spec == null || !spec.isRunInMulti())) {
            queueing.take(client, spec, frame, logins);
            return;
        }
        switch (machine.phase().route(kind)) {
            case LOCAL -> {
                if (client.pending() > 0 && spec != null && comeLater.contains(spec)) {
                    client.hold(frame, true); // what was sent before it comes first, wherever that runs
                    return;
                }
                boolean isDone = spec == unblock
                        ? machine.phase() == Phase.ONLINE && Unblocking.send(client, frame, clients, links)
                        : logins != null && logins.concerns(spec) && isLogin(client, logins, spec, frame);
                if (!isDone) {
                    local(client, spec, frame);
                }
            }
            case FORWARD -> {
                if (!refusedForWantOfRoom(client, spec, frame)) {
                    forwarder.forward(client, spec, kind, frame);
                }
            }
            case HOLD -> hold(client, frame);
        }
    }

    /** Its commands run upstream as its own user: rules that are copied here do not come before what is decided there. */
    boolean isJudgedUpstream(ClientHandler client, CommandKind kind) {
        return client.upstream().login() != null
                && !client.session().mustAuthenticate()
                && machine.phase().route(kind) == Route.FORWARD;
    }

    /** Takes what says who the client is, where that is the upstream's to decide. */
    private boolean isLogin(ClientHandler client, Logins by, @Nullable CommandSpec spec, RequestFrame frame) {
        LoginRequest request = by.read(client.session(), spec, frame.arguments());
        if (request == null) {
            return false;
        }
        if (machine.phase() == Phase.STARTING) {
            hold(client, frame);
            return true;
        }
        frame.release();
        by.begin(client, request);
        return true;
    }

    /** There is a bound to how many links other users than ours have; true when this client's would be beyond it. */
    private boolean refusedForWantOfRoom(ClientHandler client, @Nullable CommandSpec spec, RequestFrame frame) {
        if (client.upstream().login() == null || links.mayShare(client)) {
            return false;
        }
        boolean sends = spec == null
                || spec.kind() != CommandKind.TRANSACTION
                || (spec == exec && client.session().inMulti());
        if (!sends) {
            return false; // what begins or ends a transaction here
        }
        if (spec == exec) {
            client.session().refuseQueue();
            local(client, spec, frame);
        } else {
            frame.release();
            client.reply(RedisError.tooManyLinks().reply());
        }
        return true;
    }

    /** Those that wait while the last entries are replayed, since they may write. */
    private boolean isHeldWhenSlowed(CommandKind kind) {
        return machine.phase() == Phase.REPLAYING
                && kind != CommandKind.PUBSUB
                && Phase.DRAINING.route(kind) == Route.HOLD;
    }

    /** Holds writers for a moment, or lets them go on. */
    public void slow(boolean now) {
        slowed = now;
        if (!now) {
            releaseHeld();
        }
    }

    private boolean isPaused(Session session, @Nullable CommandSpec spec, RequestFrame frame) {
        return engine.pause().isOn() && engine.pause().holds(session, spec, frame.arguments());
    }

    /** A tracking client reads nothing upstream before every change there is heard of. */
    private boolean mustHearFirst(Session session) {
        return machine.phase() == Phase.ONLINE && session.tracker().isOn() && !changes.isHearing();
    }

    private void hold(ClientHandler client, RequestFrame frame) {
        client.hold(frame, false);
        held.add(client);
    }

    /** The name of a command whose sender takes us for a web server. */
    private static boolean isHttp(Bytes command) {
        return command.equalsIgnoreCase("POST") || command.equalsIgnoreCase("Host:");
    }

    /** The engine answers. */
    void local(ClientHandler client, @Nullable CommandSpec spec, RequestFrame frame) {
        Bytes[] args = frame.arguments();
        if (engine.mayHaveToWait() && prepared != client && mustWaitLocally(client, spec, args)) {
            client.hold(frame, false);
            return;
        }
        prepared = null;
        frame.release();
        int unwatched = client.session().unwatched();
        Reply reply = engine.execute(client.session(), KnownCommands.exact(spec), args);
        if (client.session().isBlocked()) {
            client.await();
        } else {
            client.reply(reply);
        }
        if (client.session().unwatched() != unwatched) {
            links.endWatch(client); // by UNWATCH, EXEC, also one that is malformed, DISCARD or RESET
        }
        connectionChanged(client);
    }

    /** Commands that may have changed what the client is, hears or tracks have been carried out here. */
    void connectionChanged(ClientHandler client) {
        if (client.upstream().login() != null && logins != null) {
            logins.follow(client); // RESET
        }
        links.renewSubscriber(client);
        changes.followTracking();
    }

    private boolean mustWaitLocally(ClientHandler client, @Nullable CommandSpec spec, Bytes[] args) {
        return engine.mustWait(client.session(), KnownCommands.exact(spec), args, () -> goOn(client));
    }

    /** Looks after the links on which changes of keys are told; to be called about once a second. */
    public void followChanges() {
        changes.follow();
    }

    /** Looks after the users that clients are upstream; to be called about once a second. */
    public void followLogins() {
        if (logins != null) {
            logins.tick();
        }
    }

    /** Those whose link it is, alone or because they are one user there; none where it is everybody's. */
    List<ClientHandler> haveLink(UpstreamLink link) {
        return clients.stream().filter(client -> ClientLinks.has(client, link)).toList();
    }

    /** The upstream does not let these clients' user in any more. */
    void loginRefused(UpstreamLogin login, String error) {
        if (logins != null) {
            logins.linkRefused(login, error, List.copyOf(clients));
        }
    }

    /** The mirror has been given other pins. */
    public void renewPins() {
        changes.renewPins();
    }

    /** What the client's held request waited for is there, or cannot be had. */
    private void goOn(ClientHandler client) {
        prepared = client;
        client.release();
        prepared = null;
    }

    // ---- switches

    @Override
    public void phaseChanged(Phase from, Phase to) {
        engine.home(to.hasHomeHere());
        if (from == Phase.STARTING || from == Phase.ONLINE) {
            awaySinceMs = engine.nowMs();
        }
        if (from == Phase.STARTING) {
            mirror.offlineFromTheStart();
        } else if (from == Phase.ONLINE) {
            leaveUpstream();
        } else if (to == Phase.ONLINE) {
            joinUpstream();
        }
        if (logins != null) {
            logins.online(to == Phase.ONLINE);
        }
        if (to != Phase.DRAINING && to != Phase.ONLINE) {
            releaseHeld();
        }
    }

    /** Copies may have been made of replies to something else. */
    void doubtCopies() {
        mirror.doubtAll();
    }

    private void leaveUpstream() {
        mirror.offline();
        changes.lost();
        for (ClientHandler client : clients) {
            links.lost(client);
            if (mustNotice(client)) {
                client.close();
            }
        }
    }

    private void joinUpstream() {
        mirror.online();
        forwarder.loadScripts();
        changes.follow();
        for (ClientHandler client : List.copyOf(clients)) {
            Session session = client.session();
            if (!session.watched().isEmpty()) {
                session.unwatchAll(engine.keyspaces().watches());
                session.breakWatch();
            }
            if (mustNotice(client)) {
                client.close();
            } else {
                links.subscribeAgain(client);
                moveUpstream(client);
            }
        }
        engine.broker().tell(GAP, Bytes.of(engine.nowMs() - awaySinceMs));
    }

    /** A subscriber that is to notice that it did not hear all. */
    private boolean mustNotice(ClientHandler client) {
        return closesSubscribers && client.session().subscriber().isSubscribed();
    }

    /** A client that waits in the local engine waits upstream from now on, for as long as is left (contract, C5). */
    private void moveUpstream(ClientHandler client) {
        Bytes[] args = engine.stopWaiting(client.session());
        if (args != null) {
            client.stopWaiting();
            handle(client, RequestFrame.of(args));
            client.resume();
        }
    }

    /** What was changed here and has ended is journaled as that, whether anybody has asked for it since or not. */
    void expireOwed() {
        engine.keyspaces().expireOwed(engine.nowMs());
    }

    /** Lets clients go on whose requests waited for a decision. */
    public void releaseHeld() {
        List<ClientHandler> waiting = List.copyOf(held);
        held.clear();
        waiting.forEach(ClientHandler::release);
    }

    /** Whether requests that were lost upstream wait for their clients to read. */
    boolean isSettling() {
        return settlement.isUnderWay();
    }

    /** Settles what was lost upstream, however slowly its clients read: no more of it runs here. */
    void settleAll() {
        List.copyOf(clients).forEach(ClientHandler::settleAll);
    }

    /** A link has room again: clients that waited for it go on. */
    public void linkWritable(UpstreamLink link) {
        if (link.isWritable()) {
            for (ClientHandler client : List.copyOf(clients)) {
                if (client.upstream().lastLink() == link) {
                    client.resume();
                }
            }
        }
    }

    /** All links are gone, and so is whatever kept clients from being read from. */
    public void resumeAll() {
        List.copyOf(clients).forEach(ClientHandler::resume);
    }
}
