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
import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Sends requests upstream on the link that their client's state asks for, and hands replies to their clients when the warm
 * copy has heard of them. Lives on the engine loop.
 */
final class Forwarder {
    private static final Bytes BEGINNING = Bytes.of(0);
    private static final Bytes HELLO = Bytes.of("HELLO");
    private static final Bytes SCRIPT = Bytes.of("SCRIPT");
    private static final Bytes LOAD = Bytes.of("LOAD");

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
    private final TransactionForwarder transactions;
    private final CommandSpec watch;
    private final CommandSpec info;
    private final CommandSpec configGet;
    private final CommandSpec wait;
    private final CommandSpec waitAof;
    private final Block.Selecting selecting;
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
        this.watch = KnownCommands.row(engine, "WATCH");
        this.info = KnownCommands.row(engine, "INFO");
        this.configGet = KnownCommands.row(engine, "CONFIG", "GET");
        this.wait = KnownCommands.row(engine, "WAIT");
        this.waitAof = KnownCommands.row(engine, "WAITAOF");
        this.selecting = new Block.Selecting(
                KnownCommands.row(engine, "SELECT"), engine.config().databases());
        this.transactions = new TransactionForwarder(this, router, engine, mirror, links, permissions);
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

    CursorKey cursor() {
        if (cursor == null) {
            throw new IllegalStateException("forwarding without an upstream");
        }
        return cursor;
    }

    ErrorVerdict verdict() {
        return verdict;
    }

    Block.Selecting selecting() {
        return selecting;
    }

    Settlement settlement() {
        return router.settlement();
    }

    // ---- requests

    /** Sends a request on, or lets the engine answer what only begins or ends something here. */
    void forward(ClientHandler client, @Nullable CommandSpec spec, CommandKind kind, RequestFrame frame) {
        if (spec != null && KnownCommands.isSubscription(spec)) {
            forwardSubscription(client, spec, frame);
        } else if (isSubscribing(client)) {
            client.hold(frame, true); // what it publishes now is for itself, too, or not
        } else if (spec != null && kind == CommandKind.TRANSACTION) {
            transactions.forward(client, spec, frame);
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

    /** Whether subscriptions are under way, on a link of their own, which others could overtake. */
    private static boolean isSubscribing(ClientHandler client) {
        SubscriberLink subscriber = client.upstream().subscriberLink();
        return subscriber != null && client.pending() > 0 && subscriber.awaited() > 0;
    }

    /** A RESP2 subscriber, who could not tell replies from messages. */
    static boolean mayDoLittleElse(Session session) {
        return session.resp() == RespVersion.RESP2 && session.subscriber().isSubscribed();
    }

    /** A scan that began here cannot go on upstream: it begins anew there. True when this is one. */
    static boolean beginAnew(@Nullable CommandSpec spec, Bytes[] args) {
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
    static boolean mayTouchCursor(ClientHandler client) {
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
    boolean refusedForWantOfLinks(ClientHandler client, RequestFrame frame) {
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
        if (client.pending() > (subscriber == null ? 0 : subscriber.awaited())) {
            client.hold(frame, true); // what it has published before is for itself, too, or not
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
    UpstreamLink asking(UpstreamLink link) {
        return links.require().shared(link.key().asHoldfast());
    }

    /** The command's name and those of its first arguments that may be keys' names. */
    static Bytes[] namesIn(RequestFrame frame) {
        return IntStream.range(0, Math.min(frame.size(), NAMES_MAX))
                .filter(i -> frame.length(i) <= NAME_BYTES_MAX)
                .mapToObj(frame::argument)
                .toArray(Bytes[]::new);
    }

    /** What may not go with a client's command, since its user may not touch our key, goes behind it as our own. */
    void bringCursorBack(CommandSpec spec, Bytes[] args, int db) {
        if (spec.changesUnnamedKeys()) {
            UpstreamLink ours = links.require().shared(new LinkKey(db, RespVersion.RESP2));
            var ignored = new QueueReplies(ErrorVerdict.ALWAYS);
            cursor().companyOf(spec, args, db).forEach(command -> ours.send(command, ignored.next()));
        }
    }

    /** The upstream has not carried it out, nor will it: this ends its being in charge, and the request runs here. */
    void runHere(Slot request, ByteBuf refusal, String unfit) {
        refusal.release();
        links.require().unsettle(request);
        if (verdicts != null) {
            verdicts.upstreamUnfit(unfit);
        }
    }
}
