package io.holdfast.proxy.admin;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.RedisError;
import io.holdfast.resp.Reply;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** HOLDFAST SYNC: how far the upstream has got, and an operator's hand on the replay. */
final class SyncCommands {
    private final Operations operations;

    SyncCommands(Operations operations) {
        this.operations = operations;
    }

    static List<String> help() {
        return List.of(
                "SYNC [STATUS]",
                "    How far replay got.",
                "SYNC PAUSE",
                "    Replay nothing more after the batch in hand, and serve from the local engine, also after a restart.",
                "SYNC RESUME",
                "    Replay again when the upstream is fit.",
                "SYNC NOW",
                "    Try the upstream at once, without waiting for the next probe.");
    }

    Reply handle(CommandContext c) {
        long nowMs = c.nowMs();
        if (c.argc() > 3) {
            throw RedisError.unknownSubcommandOrArguments(c.spec(), c.arg(2));
        } else if (c.argc() == 2 || c.argIs(2, "STATUS")) {
            return operations.desk().later(c, () -> status(nowMs));
        } else if (c.argIs(2, "PAUSE")) {
            Order order = Order.of(c);
            return order(c, () -> operations.pause(order));
        } else if (c.argIs(2, "RESUME")) {
            Order order = Order.of(c);
            return order(c, () -> refuseIfHeld(operations.resume(order)));
        } else if (c.argIs(2, "NOW")) {
            return order(c, () -> refuseIfHeld(operations.syncNow()));
        }
        throw RedisError.unknownSubcommandOrArguments(c.spec(), c.arg(2));
    }

    private Reply order(CommandContext c, Runnable order) {
        if (!operations.hasUpstream()) {
            throw OperatorError.noUpstream();
        }
        return operations.desk().later(c, () -> {
            order.run();
            return Reply.OK;
        });
    }

    private static void refuseIfHeld(@Nullable String obstacle) {
        if (obstacle != null) {
            throw OperatorError.isHeldBack(obstacle);
        }
    }

    private Reply status(long nowMs) {
        Operations.SyncStatus status = operations.syncStatus();
        return new Fields()
                .add("mode", status.mode())
                .add("reason", status.reason())
                .add("time", nowMs)
                .add("paused", status.isPaused() ? 1 : 0)
                .add("replay", status.replay())
                .add("pending", status.pending())
                .add("confirmed_sequence", operations.confirmedSequence())
                .add("newest_sequence", operations.journal().committedSequence())
                .add("dead_letters", operations.deadLetters().count())
                .reply();
    }
}
