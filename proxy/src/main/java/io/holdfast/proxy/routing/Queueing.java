package io.holdfast.proxy.routing;

import io.holdfast.engine.LocalEngine;
import io.holdfast.engine.command.CommandKind;
import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.command.Session;
import io.holdfast.proxy.client.ClientHandler;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.resp.RequestFrame;
import org.jspecify.annotations.Nullable;

/** What clients send between MULTI and EXEC, which waits here wherever it will run. Lives on the engine loop. */
final class Queueing {
    private final Router router;
    private final LocalEngine engine;
    private final RoutingStateMachine machine;

    Queueing(Router router, LocalEngine engine, RoutingStateMachine machine) {
        this.router = router;
        this.engine = engine;
        this.machine = machine;
    }

    /**
     * Queues a command, or refuses it and so the transaction.
     *
     * @param logins who decides who clients are; null where the engine does
     */
    void take(ClientHandler client, @Nullable CommandSpec spec, RequestFrame frame, @Nullable Logins logins) {
        RedisError refusal = refusal(client.session(), spec, frame, logins);
        if (refusal == null) {
            queue(client, spec, frame);
        } else {
            frame.release();
            client.session().refuseQueue();
            client.reply(refusal.reply());
        }
    }

    /** Why a transaction that goes upstream cannot have it; null when it can, or is refused for another reason. */
    private @Nullable RedisError refusal(
            Session session, @Nullable CommandSpec spec, RequestFrame frame, @Nullable Logins logins) {
        if (logins != null && logins.read(session, spec, frame.arguments()) != null) {
            return RedisError.noLoginInTransaction();
        }
        if (spec == null || !KnownCommands.isSubscription(spec) || !spec.arity().accepts(frame.size())) {
            return null;
        }
        return machine.phase().route(CommandKind.PUBSUB) == Route.FORWARD
                ? RedisError.noSubscriptionInTransaction(spec.name())
                : null;
    }

    /** What only the upstream knows is not ours to refuse. */
    private void queue(ClientHandler client, @Nullable CommandSpec spec, RequestFrame frame) {
        boolean known = spec != null && KnownCommands.isHere(engine, spec) && !isJudgedAtExec(spec, frame);
        if (!known && machine.phase().route(CommandKind.UNKNOWN) == Route.FORWARD) {
            Bytes[] args = frame.arguments();
            frame.release();
            client.reply(queueUnknown(client.session(), KnownCommands.exact(spec), args));
        } else {
            router.local(client, known ? spec : null, frame);
        }
    }

    /** A Redis before 7.0 looks at a subcommand, and counts its arguments, when it is carried out, not when it is queued. */
    private boolean isJudgedAtExec(CommandSpec spec, RequestFrame frame) {
        return !engine.config().version().atLeast(7, 0)
                && frame.size() > 1
                && (spec.hasSubcommands()
                        || (spec.parent() != null && !spec.arity().accepts(frame.size())));
    }

    private static Reply queueUnknown(Session session, @Nullable CommandSpec spec, Bytes[] args) {
        try {
            session.queue(spec, args);
            return Reply.QUEUED;
        } catch (RedisError tooLarge) {
            session.refuseQueue();
            return tooLarge.reply();
        }
    }
}
