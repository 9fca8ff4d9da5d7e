package io.holdfast.proxy.routing;

import io.holdfast.engine.LocalEngine;
import io.holdfast.engine.command.CommandKind;
import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.Session;
import io.holdfast.proxy.client.ClientHandler;
import io.holdfast.proxy.upstream.UpstreamLink;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.RequestFrame;
import io.holdfast.sync.mirror.Mirror;
import io.holdfast.sync.mirror.SentWrite;
import io.netty.buffer.ByteBuf;
import java.util.List;

/**
 * Sends transactions upstream, each as one block when EXEC comes, and hands their replies to their clients when the warm copy has
 * heard of them. Lives on the engine loop.
 */
final class TransactionForwarder {
    private static final Bytes MULTI = Bytes.of("MULTI");
    private static final Bytes EXEC = Bytes.of("EXEC");

    private final Forwarder forwarder;
    private final Router router;
    private final LocalEngine engine;
    private final Mirror mirror;
    private final ClientLinks links;
    private final Permissions permissions;
    private final CommandSpec exec;
    private final CommandSpec watch;
    private final CommandSpec configGet;
    private final TransactionReads reads;

    TransactionForwarder(
            Forwarder forwarder,
            Router router,
            LocalEngine engine,
            Mirror mirror,
            ClientLinks links,
            Permissions permissions) {
        this.forwarder = forwarder;
        this.router = router;
        this.engine = engine;
        this.mirror = mirror;
        this.links = links;
        this.permissions = permissions;
        this.exec = KnownCommands.row(engine, "EXEC");
        this.watch = KnownCommands.row(engine, "WATCH");
        this.configGet = KnownCommands.row(engine, "CONFIG", "GET");
        this.reads = new TransactionReads(engine);
    }

    Settlement settlement() {
        return router.settlement();
    }

    /** Takes MULTI, EXEC, DISCARD, WATCH or UNWATCH. */
    void forward(ClientHandler client, CommandSpec spec, RequestFrame frame) {
        Session session = client.session();
        if (spec == watch && !session.inMulti() && !Forwarder.mayDoLittleElse(session)) {
            if (forwarder.refusedForWantOfLinks(client, frame)) {
                return;
            }
            UpstreamLink link = links.of(client, true);
            if (link == null) {
                client.hold(frame, true);
                return;
            }
            client.upstream().watching(true);
            client.session().tracker().caching(false);
            var request = new Forwarded(forwarder, client, spec, frame, link);
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
        commands.forEach(command -> Forwarder.beginAnew(command.spec(), command.args()));
        reads.remember(client.session(), commands);
        client.upstream().watching(false);
        var request = new ForwardedTransaction(this, client, commands, link, forwarder.verdict());
        client.upstream().lastLink(link);
        if (Block.isNeededFor(commands)) {
            var block = new Block(
                    Forwarder.mayTouchCursor(client) ? forwarder.cursor() : null,
                    forwarder.selecting(),
                    link,
                    commands,
                    forwarder.verdict());
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

    void answered(ForwardedTransaction request, ByteBuf reply, byte type) {
        if (type == '-') {
            String unfit = request.unfit() == null ? forwarder.verdict().of(reply, false) : request.unfit();
            if (unfit != null) {
                request.writes.forEach(mirror::refused);
                forwarder.runHere(request, reply, unfit);
                return;
            }
        }
        if (request.block != null && !request.block.isInCompany() && type != '-') {
            for (int i = 0; i < request.commands.size(); i++) {
                CommandSpec spec = request.commands.get(i).spec();
                if (spec != null) {
                    forwarder.bringCursorBack(spec, request.commands.get(i).args(), request.block.db(i));
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
                    mirror.answeredUnknown(
                            forwarder.asking(request.link), db, Forwarder.namesIn(RequestFrame.of(command.args())));
                }
            }
            if (tellsSecrets) {
                reply = UpstreamSecrets.hiddenIn(reply, request.commands, configGet);
            }
        }
        request.client.fill(request, reply);
    }
}
