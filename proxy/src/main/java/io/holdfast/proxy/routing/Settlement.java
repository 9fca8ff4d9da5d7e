package io.holdfast.proxy.routing;

import io.holdfast.engine.LocalEngine;
import io.holdfast.engine.command.CommandKind;
import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.command.Session;
import io.holdfast.proxy.client.ClientHandler;
import io.holdfast.proxy.upstream.LostReplyPolicy;
import io.holdfast.proxy.upstream.SwitchRules;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.sync.mirror.Mirror;
import io.holdfast.sync.mirror.SentWrite;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Decides what becomes of requests that were sent upstream and whose reply will not come: they run here, or the client is told
 * that nobody knows (contract, "Ambiguity"). Lives on the engine loop.
 */
final class Settlement {
    private static final Reply SYNTAX_ERROR = RedisError.syntax().reply();

    private final LocalEngine engine;
    private final RoutingStateMachine machine;
    private final Mirror mirror;
    private final CommandSpec watch;
    private SwitchRules rules = SwitchRules.DEFAULT;
    private long uncertain;
    private int unsettled;

    Settlement(LocalEngine engine, RoutingStateMachine machine, Mirror mirror, CommandSpec watch) {
        this.engine = engine;
        this.machine = machine;
        this.mirror = mirror;
        this.watch = watch;
    }

    void rules(SwitchRules other) {
        rules = other;
    }

    /** Commands of which the client was told since the start, by {@code -UNCERTAIN} or by the end of its connection, that nobody knows. */
    long uncertain() {
        return uncertain;
    }

    void lost(Forwarded request, boolean maybeSent) {
        settle(request.client, () -> settle(request, maybeSent));
    }

    void lost(ForwardedTransaction request, boolean maybeSent) {
        settle(request.client, () -> settle(request, maybeSent));
    }

    /** {@code request} is run when it is its turn among what its client has lost. */
    void settle(ClientHandler client, Runnable request) {
        unsettled++;
        client.settle(() -> {
            unsettled--;
            request.run();
        });
    }

    /** Whether there are requests that were lost and wait for their clients to take the replies before. */
    boolean isUnderWay() {
        return unsettled > 0;
    }

    private void settle(Forwarded request, boolean maybeSent) {
        Bytes[] args = request.write != null ? request.write.args() : request.frame.arguments();
        request.frame.release();
        if (request.client.isCutOff()) {
            forget(request.write);
            forgetWaiting(request, args);
            return;
        }
        Reply reply = answer(request, args, maybeSent);
        Session session = request.client.session();
        if (request.client.isCutOff()) {
            return; // by this very request: no reply to it, nor to any behind it
        } else if (!session.isBlocked()) {
            request.client.fill(request, reply, request.resp);
        } else if (!request.client.await(request)) {
            engine.stopWaiting(session); // what the client sent behind it would overtake it
            request.client.fill(request, RedisError.unblocked().reply(), request.resp);
        }
    }

    private Reply answer(Forwarded request, Bytes[] args, boolean maybeSent) {
        CommandSpec spec = request.spec;
        if (spec == null || !KnownCommands.isHere(engine, spec)) {
            return maybeSent
                    ? answerUnknown(request.client, spec, args)
                    : RedisError.unknownCommand(args).reply();
        }
        if (spec == watch) {
            request.client.session().breakWatch();
            return Reply.OK;
        }
        if (!maybeSent) {
            return engine.rerun(request.client.session(), request.db, spec, args);
        }
        return switch (spec.inDoubt(args)) {
            case RERUN ->
                spec.kind() == CommandKind.PUBSUB
                        ? engine.redeliver(request.client.session(), request.db, spec, args)
                        : rerun(request, spec, args);
            case ABSORB ->
                rules.lostReplies() == LostReplyPolicy.UNCERTAIN
                        ? uncertain(request.client, spec.fullName())
                        : rerun(request, spec, args);
            case UNBLOCKED -> rules.migratesBlocked() ? waitOn(request, spec, args) : unblocked(request.client);
            case UNCERTAIN ->
                rules.lostReplies() == LostReplyPolicy.RETRY
                        ? rerun(request, spec, args)
                        : uncertain(request.client, spec.fullName());
        };
    }

    /** It is the newest of its client's commands, or it cannot wait here: nothing was sent since. */
    private Reply waitOn(Forwarded request, CommandSpec spec, Bytes[] args) {
        Session session = request.client.session();
        long waitedMs = Math.max(0, engine.nowMs() - session.lastCommandAtMs());
        return engine.waitOn(session, request.db, spec, args, waitedMs);
    }

    private Reply unblocked(ClientHandler client) {
        if (rules.lostReplies() == LostReplyPolicy.CLOSE) {
            client.close();
        }
        return RedisError.unblocked().reply();
    }

    private Reply rerun(Forwarded request, CommandSpec spec, Bytes[] args) {
        Reply reply = engine.rerun(request.client.session(), request.db, spec, args);
        // What is no syntax here may be one there, such as an option of a newer version.
        return spec.writes() && reply.equals(SYNTAX_ERROR) ? uncertain(request.client, spec.fullName()) : reply;
    }

    private Reply answerUnknown(ClientHandler client, @Nullable CommandSpec spec, Bytes[] args) {
        return spec != null && spec.kind() == CommandKind.BLOCKING
                ? unblocked(client)
                : uncertain(client, args[0].toString().toLowerCase(Locale.ROOT));
    }

    private Reply uncertain(ClientHandler client, String command) {
        uncertain++;
        if (rules.lostReplies() == LostReplyPolicy.CLOSE) {
            client.close();
        }
        return RedisError.uncertain(command).reply();
    }

    /** The client went and its own link with it: what the write did is not known while the upstream is there. */
    private void forget(@Nullable SentWrite write) {
        if (write != null && machine.phase() == Phase.ONLINE) {
            mirror.lost(write);
        }
    }

    private void forgetWaiting(Forwarded request, Bytes[] args) {
        CommandSpec spec = request.spec;
        if (spec != null && spec.kind() == CommandKind.BLOCKING && machine.phase() == Phase.ONLINE) {
            mirror.abandoned(request.db, spec, args);
        }
    }

    private void settle(ForwardedTransaction request, boolean maybeSent) {
        if (request.client.isCutOff()) {
            request.writes.forEach(this::forget);
            return;
        }
        Reply reply;
        if (maybeSent && rules.lostReplies() != LostReplyPolicy.RETRY) {
            request.selectBefore();
            reply = uncertain(request.client, "exec");
        } else {
            Session session = request.client.session();
            reply = engine.rerunTransaction(session, request.db, request.commands);
        }
        if (!request.client.isCutOff()) {
            request.client.fill(request, reply, request.resp);
        }
    }
}
