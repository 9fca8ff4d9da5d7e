package io.holdfast.proxy.routing;

import io.holdfast.engine.LocalEngine;
import io.holdfast.engine.command.CommandKind;
import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.command.Session;
import io.holdfast.engine.pubsub.Tracker;
import io.holdfast.engine.rule.ScanCursor;
import io.holdfast.proxy.client.ClientHandler;
import io.holdfast.proxy.client.Slot;
import io.holdfast.proxy.client.SubscriberLink;
import io.holdfast.proxy.upstream.LinkKey;
import io.holdfast.proxy.upstream.UpstreamLink;
import io.holdfast.proxy.upstream.UpstreamLogin;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.resp.RequestFrame;
import io.holdfast.resp.RespVersion;
import io.holdfast.sync.mirror.Mirror;
import io.holdfast.sync.mirror.SentWrite;
import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Sends requests upstream on the link that their client's state asks for, and hands replies to their clients when the warm
 * copy has heard of them. Lives on the engine loop.
 */
final class Forwarder {
    private static final Bytes MULTI = Bytes.of("MULTI");
    private static final Bytes BEGINNING = Bytes.of(0);
    private static final Bytes EXEC = Bytes.of("EXEC");
    private static final Bytes HELLO = Bytes.of("HELLO");
    private static final Bytes SCRIPT = Bytes.of("SCRIPT");
    private static final Bytes LOAD = Bytes.of("LOAD");
    /** CLIENT UNBLOCK id [TIMEOUT | ERROR] */
    private static final int UNBLOCKED_AT = 2;

    /** Scripts that an upstream is given when it is in charge again, and their bytes together. */
    private static final int SCRIPTS_MAX = 1_000;

    private static final long SCRIPT_BYTES_MAX = 1L << 20;
    /** Of a command that is not known here so many words are looked at for names of keys, and none that is longer. */
    private static final int NAMES_MAX = 64;

    private static final int NAME_BYTES_MAX = 1024;

    private final Router router;
    private final LocalEngine engine;
    private final Mirror mirror;
    private final ClientLinks links;
    private final Permissions permissions;
    private final CommandSpec exec;
    private final CommandSpec watch;
    private final CommandSpec info;
    private final CommandSpec configGet;
    private final CommandSpec wait;
    private final CommandSpec waitAof;
    private final Block.Selecting selecting;
    private final TransactionReads reads;
    private Router.@Nullable Verdicts verdicts;
    private ErrorVerdict verdict = ErrorVerdict.ALWAYS;
    private @Nullable CursorKey cursor;
    /** When the first request of those that go out together was taken. */
    private long sendingSinceMs;

    Forwarder(Router router, LocalEngine engine, Mirror mirror, ClientLinks links, Permissions permissions) {
        this.router = router;
        this.engine = engine;
        this.mirror = mirror;
        this.links = links;
        this.permissions = permissions;
        this.exec = KnownCommands.row(engine, "EXEC");
        this.watch = KnownCommands.row(engine, "WATCH");
        this.info = KnownCommands.row(engine, "INFO");
        this.reads = new TransactionReads(engine);
        this.configGet = KnownCommands.row(engine, "CONFIG", "GET");
        this.wait = KnownCommands.row(engine, "WAIT");
        this.waitAof = KnownCommands.row(engine, "WAITAOF");
        this.selecting = new Block.Selecting(
                KnownCommands.row(engine, "SELECT"), engine.config().databases());
    }

    /** To be called before anything is forwarded. */
    void upstream(CursorKey cursorKey, Router.Verdicts onUnfit) {
        cursor = cursorKey;
        verdicts = onUnfit;
    }

    /** Which refusals say from now on that the upstream is unfit. */
    void verdict(ErrorVerdict from) {
        verdict = from;
    }

    private CursorKey cursor() {
        if (cursor == null) {
            throw new IllegalStateException("forwarding without an upstream");
        }
        return cursor;
    }

    Settlement settlement() {
        return router.settlement();
    }

    // ---- requests

    /** Sends a request on, or lets the engine answer what only begins or ends something here. */
    void forward(ClientHandler client, @Nullable CommandSpec spec, CommandKind kind, RequestFrame frame) {
        if (spec != null && kind == CommandKind.TRANSACTION) {
            forwardTransaction(client, spec, frame);
        } else if (spec != null && KnownCommands.isSubscription(spec)) {
            forwardSubscription(client, spec, frame);
        } else if (mayDoLittleElse(client.session())) {
            router.local(client, spec, frame); // PING, or a refusal
        } else {
            if (kind == CommandKind.BLOCKING && refusedForWantOfLinks(client, frame)) {
                return;
            }
            if (spec != null && spec.cursorAt() > 0) {
                frame = begunAnew(spec, frame);
            }
            boolean inCompany = spec != null
                    && cursor().asksForCompany(spec, frame, client.session().db());
            boolean escorted = inCompany && mayTouchCursor(client);
            UpstreamLink link = escorted ? links.sharedOf(client) : links.of(client, kind == CommandKind.BLOCKING);
            if (link == null) {
                client.hold(frame, true);
                return;
            }
            if (!link.isSending()) {
                sendingSinceMs = engine.nowMs();
            }
            client.session().called(spec, sendingSinceMs);
            learn(spec, frame);
            if (engine.isMonitored()) {
                engine.forwarded(client.session(), KnownCommands.exact(spec), frame.arguments());
            }
            remember(client.session(), KnownCommands.exact(spec), frame);
            var request = new Forwarded(this, client, KnownCommands.exact(spec), frame, link);
            request.followed = inCompany && !escorted;
            client.reserve(request);
            client.upstream().lastLink(link);
            if (escorted && spec != null) {
                Escort.send(cursor(), selecting, link, request, spec);
            } else {
                if (kind == CommandKind.BLOCKING && (spec == wait || spec == waitAof)) {
                    bringUpToDate(link);
                }
                link.send(frame, request);
            }
            if (request.spec != null && kind != CommandKind.BLOCKING && mirror.follows(request.spec)) {
                request.write = mirror.sent(link.port(), request.db, request.spec, frame);
            }
        }
    }

    /**
     * Asks the upstream to end what {@code waiting} waits in there, and answers {@code client} what it says of that.
     *
     * @param frame CLIENT UNBLOCK, well formed; released where it is sent
     * @return false where it waits in nothing upstream
     */
    boolean unblock(ClientHandler client, ClientHandler waiting, RequestFrame frame) {
        UpstreamLink link = waiting.upstream().pinned();
        boolean waits = link != null && link.head() instanceof Forwarded its && its.client == waiting && its.mayWait();
        if (link == null || !waits) {
            return false;
        }
        Bytes[] args = frame.arguments();
        args[UNBLOCKED_AT] = Bytes.of(link.clientId());
        frame.release();
        var request = new Unblocking(client);
        client.reserve(request);
        links.require().shared(new LinkKey(0, RespVersion.RESP2)).send(args, request);
        return true;
    }

    /** A RESP2 subscriber, who could not tell replies from messages. */
    private static boolean mayDoLittleElse(Session session) {
        return session.resp() == RespVersion.RESP2 && session.subscriber().isSubscribed();
    }

    /** A scan that began here cannot go on upstream: it begins anew there. True when this is one. */
    private static boolean beginAnew(@Nullable CommandSpec spec, Bytes[] args) {
        int at = spec == null ? 0 : spec.cursorAt();
        boolean isLocal = at > 0 && at < args.length && ScanCursor.isLocal(args[at]);
        if (isLocal) {
            args[at] = BEGINNING;
        }
        return isLocal;
    }

    private static RequestFrame begunAnew(CommandSpec spec, RequestFrame frame) {
        Bytes[] args = frame.arguments();
        if (!beginAnew(spec, args)) {
            return frame;
        }
        frame.release();
        return RequestFrame.of(args);
    }

    /** Whether what belongs to us can go with the client's commands: its user may be kept from our key. */
    private static boolean mayTouchCursor(ClientHandler client) {
        UpstreamLogin login = client.upstream().login();
        return login == null
                || login.onLinks() == null
                || client.session().user().mayDoWhatScriptsCan();
    }

    /** What a tracking client reads upstream is remembered before it is asked for: no change behind it is missed. */
    private void remember(Session session, @Nullable CommandSpec spec, RequestFrame frame) {
        Tracker tracker = session.tracker();
        if (tracker.isOn()) {
            engine.remember(session, spec, frame.arguments());
            tracker.caching(false);
        }
    }

    /** There is a bound to how many clients can have a link of their own at a time; true when this one is beyond it. */
    private boolean refusedForWantOfLinks(ClientHandler client, RequestFrame frame) {
        if (links.mayPin(client)) {
            return false;
        }
        frame.release();
        client.reply(RedisError.tooManyLinks().reply());
        return true;
    }

    /**
     * WAIT counts who has what was written until its connection's last command, and the client's writes went over another
     * link. They are answered by now, so any command will do: HELLO is allowed to all users, and changes nothing here.
     */
    private static void bringUpToDate(UpstreamLink link) {
        Bytes version = Bytes.of(link.key().resp() == RespVersion.RESP3 ? 3 : 2);
        link.send(new Bytes[] {HELLO, version}, new QueueReplies(ErrorVerdict.ALWAYS).next());
    }

    /** A script that goes upstream will be asked for by its SHA-1, perhaps when the upstream is away. */
    private void learn(@Nullable CommandSpec spec, RequestFrame frame) {
        if (spec != null && spec.scriptAt() > 0 && spec.scriptAt() < frame.size()) {
            engine.scripting().learn(frame.argument(spec.scriptAt()));
        }
    }

    /**
     * Gives the upstream the scripts that clients may call by their SHA-1: one that was started anew, or took over from another, has
     * none. It is the first thing that goes out, so that hardly a client is before it; who is gets NOSCRIPT, as from any Redis.
     */
    void loadScripts() {
        List<Bytes> scripts = engine.scripting().recentScripts(SCRIPTS_MAX, SCRIPT_BYTES_MAX);
        if (!scripts.isEmpty()) { // otherwise there is no need for a link yet
            UpstreamLink ours = links.require().shared(new LinkKey(0, RespVersion.RESP2));
            var ignored = new QueueReplies(ErrorVerdict.ALWAYS);
            scripts.forEach(script -> ours.send(new Bytes[] {SCRIPT, LOAD, script}, ignored.next()));
        }
    }

    private void forwardTransaction(ClientHandler client, CommandSpec spec, RequestFrame frame) {
        Session session = client.session();
        if (spec == watch && !session.inMulti() && !mayDoLittleElse(session)) {
            if (refusedForWantOfLinks(client, frame)) {
                return;
            }
            UpstreamLink link = links.of(client, true);
            if (link == null) {
                client.hold(frame, true);
                return;
            }
            client.upstream().watching(true);
            client.session().tracker().caching(false);
            var request = new Forwarded(this, client, spec, frame, link);
            client.reserve(request);
            client.upstream().lastLink(link);
            link.send(frame, request);
        } else if (spec == exec
                && spec.arity().accepts(frame.size())
                && session.inMulti()
                && !session.isQueueRefused()
                && !session.isWatchBroken()) {
            if (!session.isUnrestricted()
                    && !router.isJudgedUpstream(client, CommandKind.TRANSACTION)
                    && !permissions.allowQueued(session)) {
                refuseExec(client, spec, frame); // its user's rules have changed since
                return;
            }
            if (session.queued().stream().anyMatch(queued -> KnownCommands.isSubscription(queued.spec()))) {
                refuseExec(client, spec, frame); // it was queued while the upstream was away
                return;
            }
            forwardExec(client, frame);
        } else {
            router.local(client, spec, frame);
        }
    }

    /** Nothing of the transaction is sent. */
    private void refuseExec(ClientHandler client, CommandSpec spec, RequestFrame frame) {
        client.session().refuseQueue();
        router.local(client, spec, frame);
    }

    private void forwardExec(ClientHandler client, RequestFrame frame) {
        UpstreamLink link = links.of(client, false);
        if (link == null) {
            client.hold(frame, true);
            return;
        }
        if (client.session().isWatchBroken()) {
            router.local(client, exec, frame); // what it watched did not move along
            return;
        }
        frame.release();
        if (engine.isMonitored()) {
            client.session()
                    .queued()
                    .forEach(queued -> engine.forwarded(client.session(), queued.spec(), queued.args()));
            engine.forwarded(client.session(), exec, new Bytes[] {EXEC});
        }
        List<Session.Queued> commands = client.session().takeQueued();
        commands.forEach(command -> beginAnew(command.spec(), command.args()));
        reads.remember(client.session(), commands);
        client.upstream().watching(false);
        var request = new ForwardedTransaction(this, client, commands, link, verdict);
        client.upstream().lastLink(link);
        if (Block.isNeededFor(commands)) {
            var block = new Block(mayTouchCursor(client) ? cursor() : null, selecting, link, commands, verdict);
            request.block = block;
            if (block.hasPartsHere()) {
                client.reserveLast(request);
            } else {
                client.reserve(request);
                client.session().tracker().caching(false);
            }
            client.session().select(block.dbAtEnd()); // what follows waits for EXEC's reply, which may say otherwise
            block.send(request);
        } else {
            client.reserve(request);
            client.session().tracker().caching(false);
            link.send(new Bytes[] {MULTI}, request.queueing.next());
            for (Session.Queued command : commands) {
                link.send(command.args(), request.queueing.next());
            }
            link.send(new Bytes[] {EXEC}, request);
        }
        for (int i = 0; i < commands.size(); i++) {
            CommandSpec spec = commands.get(i).spec();
            if (spec != null && spec.scriptAt() > 0) {
                engine.scripting().learn(commands.get(i).args()[spec.scriptAt()]);
            }
            if (spec != null && mirror.follows(spec)) {
                int db = request.block == null ? request.db : request.block.db(i);
                SentWrite write =
                        mirror.sent(link.port(), db, spec, commands.get(i).args());
                if (write != null) {
                    request.writes.add(write);
                    request.positions.add(i);
                }
            }
        }
    }

    // ---- subscriptions

    private void forwardSubscription(ClientHandler client, CommandSpec spec, RequestFrame frame) {
        if (!spec.arity().accepts(frame.size())) {
            router.local(client, spec, frame);
            return;
        }
        SubscriberLink subscriber = client.upstream().subscriberLink();
        if (subscriber != null && subscriber.link().isClosed() && client.pending() == 0) {
            links.dropSubscriber(client); // it was not let in
            subscriber = null;
        }
        if (subscriber == null && client.pending() > 0) {
            client.hold(frame, true);
            return;
        }
        if (subscriber == null && !links.require().hasRoomForPinned()) {
            frame.release();
            client.reply(RedisError.tooManyLinks().reply());
            return;
        }
        Bytes[] args = frame.arguments();
        // The upstream may refuse it.
        Runnable undo = engine.broker()
                .undoing(
                        client.session().subscriber(),
                        spec.name(),
                        List.of(args).subList(1, args.length));
        Reply confirmations = engine.execute(client.session(), spec, args);
        if (confirmations instanceof Reply.Failure) {
            frame.release();
            client.reply(confirmations);
            return;
        }
        if (subscriber == null) {
            subscriber = links.subscriber(client);
        }
        subscriber.request(frame, confirmations, undo);
        frame.release();
    }

    // ---- replies

    void answered(Forwarded request, ByteBuf reply, byte type) {
        CommandSpec spec = request.spec;
        String unfit = type == '-' ? verdict.of(reply, spec == null || spec.kind() == CommandKind.SCRIPT) : null;
        if (unfit != null) {
            if (request.write != null) {
                mirror.refused(request.write);
            }
            runHere(request, reply, unfit);
            return;
        }
        if (type == '-' && spec == watch && request.link.isClosed()) {
            request.client.upstream().watching(false); // it was not let in
        }
        if (request.followed && spec != null && type != '-') {
            if (!spec.changesUnnamedKeys()) {
                Afterwards.ask(cursor(), request, spec, reply, asking(request.link));
                return;
            }
            bringCursorBack(spec, request.frame.arguments(), request.db);
        }
        if (spec != null && spec.wholeKeyspace() != null && !request.escorted) {
            reply = cursor().seen(spec, request.frame.arguments(), request.db, request.resp, List.of(reply));
        }
        if (request.write != null) {
            mirror.acknowledged(request.write, reply, request.resp);
            if (spec != null && spec.isRepeatedHere() && type != '-') {
                mirror.repeat(request.write, request.resp);
            }
        } else if (spec == null) {
            if (type != '-') {
                mirror.answeredUnknown(asking(request.link), request.db, namesIn(request.frame));
            }
        } else if (spec.kind() == CommandKind.BLOCKING) {
            mirror.waited(asking(request.link), request.db, spec, request.frame.arguments(), reply, request.resp);
        } else if (spec.kind() == CommandKind.READ) {
            mirror.read(request.link.port(), request.db, spec, request.frame, reply);
        }
        ByteBuf answer = spec != null && spec.kind() == CommandKind.ADMIN ? told(spec, request.frame, reply) : reply;
        request.frame.release();
        request.client.fill(request, answer);
    }

    /** What the upstream says of itself, as our clients are to see it. */
    private ByteBuf told(CommandSpec spec, RequestFrame frame, ByteBuf reply) {
        if (spec == info && WholeInfo.isAskedBy(frame)) {
            return WholeInfo.with(engine.info().text(List.of("holdfast")), reply);
        }
        return spec == configGet ? UpstreamSecrets.hidden(reply) : reply;
    }

    /** Our own link that is asked for what a request on {@code link} has changed, or has met of ours. */
    private UpstreamLink asking(UpstreamLink link) {
        return links.require().shared(link.key().asHoldfast());
    }

    /** The command's name and those of its first arguments that may be keys' names. */
    private static Bytes[] namesIn(RequestFrame frame) {
        return IntStream.range(0, Math.min(frame.size(), NAMES_MAX))
                .filter(i -> frame.length(i) <= NAME_BYTES_MAX)
                .mapToObj(frame::argument)
                .toArray(Bytes[]::new);
    }

    /** What may not go with a client's command, since its user may not touch our key, goes behind it as our own. */
    private void bringCursorBack(CommandSpec spec, Bytes[] args, int db) {
        if (spec.changesUnnamedKeys()) {
            UpstreamLink ours = links.require().shared(new LinkKey(db, RespVersion.RESP2));
            var ignored = new QueueReplies(ErrorVerdict.ALWAYS);
            cursor().companyOf(spec, args, db).forEach(command -> ours.send(command, ignored.next()));
        }
    }

    void answered(ForwardedTransaction request, ByteBuf reply, byte type) {
        if (type == '-') {
            String unfit = request.unfit() == null ? verdict.of(reply, false) : request.unfit();
            if (unfit != null) {
                request.writes.forEach(mirror::refused);
                runHere(request, reply, unfit);
                return;
            }
        }
        if (request.block != null && !request.block.isInCompany() && type != '-') {
            for (int i = 0; i < request.commands.size(); i++) {
                CommandSpec spec = request.commands.get(i).spec();
                if (spec != null) {
                    bringCursorBack(spec, request.commands.get(i).args(), request.block.db(i));
                }
            }
        }
        if (request.block != null) {
            reply = request.seen(reply, here -> engine.executePart(request.client.session(), here));
            router.connectionChanged(request.client);
            if (request.block.hasPartsHere()) {
                reads.done(request.client.session(), request.commands, request.tracked);
            }
        }
        if (!request.writes.isEmpty()) {
            mirror.acknowledged(request.writes, request.positions, reply, request.resp);
        }
        if (type == '*') {
            boolean tellsSecrets = false;
            for (int i = 0; i < request.commands.size(); i++) {
                Session.Queued command = request.commands.get(i);
                tellsSecrets |= command.spec() == configGet;
                if (command.spec() == null) {
                    int db = request.block == null ? request.db : request.block.db(i);
                    mirror.answeredUnknown(asking(request.link), db, namesIn(RequestFrame.of(command.args())));
                }
            }
            if (tellsSecrets) {
                reply = UpstreamSecrets.hiddenIn(reply, request.commands, configGet);
            }
        }
        request.client.fill(request, reply);
    }

    /** The upstream has not carried it out, nor will it: this ends its being in charge, and the request runs here. */
    private void runHere(Slot request, ByteBuf refusal, String unfit) {
        refusal.release();
        links.require().unsettle(request);
        if (verdicts != null) {
            verdicts.upstreamUnfit(unfit);
        }
    }
}
