package io.holdfast.proxy.admin;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.store.QueuedOperation;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.sync.journal.JournalGapException;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** HOLDFAST SYNC: how far the upstream has got, and an operator's hand on the replay. */
final class SyncCommands {
    private static final int LISTED_DEFAULT = 100;
    private static final int LISTED_MAX = 1_000;
    /** Of a value, characters. */
    private static final int SHOWN_MAX = 1 << 16;

    private final Operations operations;
    private final DryRunCommand dryRun;

    SyncCommands(Operations operations) {
        this.operations = operations;
        dryRun = new DryRunCommand(operations);
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
                "    Try the upstream at once, without waiting for the next probe.",
                "SYNC ACCEPT",
                "    Replay into an upstream that lost its data, where sync.upstream_lost has halted that.",
                "SYNC DRYRUN [MATCH glob] [COUNT n] [STATE apply|merge|expired|conflict|dead-letter]",
                "    What replay would do to each key if it began now; changes nothing.",
                "SYNC QUEUE [FROM number] [COUNT n] [STATE pending|failed]",
                "    Operations that wait for the upstream, or that it has refused, one a field, member or element.");
    }

    Reply handle(CommandContext c) {
        long nowMs = c.nowMs();
        if (c.argc() > 2 && c.argIs(2, "QUEUE")) {
            return queue(c);
        } else if (c.argc() > 2 && c.argIs(2, "DRYRUN")) {
            return dryRun.handle(c);
        } else if (c.argc() > 3) {
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
        if (c.argIs(2, "ACCEPT")) {
            Order order = Order.of(c);
            return order(c, () -> {
                if (!operations.acceptLoss(order)) {
                    throw OperatorError.isNotHalted();
                }
            });
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

    private Reply queue(CommandContext c) {
        Selection chosen = Selection.of(c, 3, Set.of("FROM", "COUNT", "STATE"));
        Bytes state = chosen.state();
        boolean refused = state != null && state.equalsIgnoreCase("failed");
        if (state != null && !refused && !state.equalsIgnoreCase("pending")) {
            throw RedisError.syntax();
        }
        int count = (int) Math.min(LISTED_MAX, chosen.count() == Long.MAX_VALUE ? LISTED_DEFAULT : chosen.count());
        return operations.desk().later(c, () -> {
            QueuePage page = page(refused, chosen.from(), count);
            return new Fields()
                    .add(
                            "operations",
                            Reply.array(page.operations().stream()
                                    .map(SyncCommands::row)
                                    .toList()))
                    .add("next", page.next())
                    .add(
                            "unreadable",
                            Reply.array(
                                    page.unreadable().stream().map(Reply::bulk).toList()))
                    .reply();
        });
    }

    private QueuePage page(boolean refused, long from, int count) {
        try {
            return operations.queue(refused, from, count);
        } catch (JournalGapException trimmed) {
            throw OperatorError.trimmedMeanwhile(trimmed.firstAvailable());
        }
    }

    /** By the names that the observability system gives them. */
    private static Reply row(QueuedOperation operation) {
        Double score = operation.score();
        return new Fields()
                .add("id", operation.id())
                .add("operation_type", operation.operation())
                .add("redis_key", operation.key())
                .add("redis_value", text(operation.value()))
                .add("redis_score", score == null ? Reply.Null.BULK : Reply.bulk(score.toString()))
                .add("hash_field", text(operation.field()))
                .add("ttl_seconds", number(operation.ttlSeconds()))
                .add("created_at", operation.createdAt())
                .add("sync_status", operation.status())
                .add("sync_attempts", operation.attempts())
                .add("last_sync_attempt", number(operation.lastAttempt()))
                .reply();
    }

    private static Reply text(@Nullable String value) {
        return value == null
                ? Reply.Null.BULK
                : Reply.bulk(value.length() <= SHOWN_MAX ? value : value.substring(0, SHOWN_MAX - 1) + "…");
    }

    private static Reply number(@Nullable Long value) {
        return value == null ? Reply.Null.BULK : Reply.of(value);
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
