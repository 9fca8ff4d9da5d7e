package io.holdfast.engine.family;

import static io.holdfast.engine.command.Arity.atLeast;
import static io.holdfast.engine.command.Arity.exactly;
import static io.holdfast.engine.command.KeyFlag.RO;
import static io.holdfast.engine.command.KeySpec.keys;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.CommandFamily;
import io.holdfast.engine.command.CommandGroup;
import io.holdfast.engine.command.CommandKind;
import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.Flag;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.command.Session;
import io.holdfast.engine.keyspace.Watches;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.List;

/** Transactions: MULTI to EXEC, on condition that no watched key has changed. */
public final class TransactionCommands implements CommandFamily {
    /** Keys that one client may watch at a time. */
    private static final int WATCHED_MAX = 10_000;

    @Override
    public void declare(CommandTable.Builder commands) {
        commands.group(CommandGroup.TRANSACTIONS);
        commands.command("MULTI", exactly(1), CommandKind.TRANSACTION)
                .flag(Flag.NOSCRIPT, Flag.LOADING, Flag.STALE, Flag.ALLOW_BUSY)
                .fast()
                .runsInMulti()
                .since("1.2.0")
                .costs("O(1)")
                .says("Begins a transaction: the commands that follow wait for EXEC.")
                .calls(TransactionCommands::multi);
        commands.command("EXEC", exactly(1), CommandKind.TRANSACTION)
                .flag(Flag.NOSCRIPT, Flag.LOADING, Flag.STALE, Flag.SKIP_SLOWLOG)
                .runsInMulti()
                .endsTransaction()
                .since("1.2.0")
                .costs("Depends on the commands of the transaction")
                .says("Runs the commands of a transaction as one.")
                .calls(TransactionCommands::exec);
        commands.command("DISCARD", exactly(1), CommandKind.TRANSACTION)
                .flag(Flag.NOSCRIPT, Flag.LOADING, Flag.STALE, Flag.ALLOW_BUSY)
                .fast()
                .runsInMulti()
                .since("2.0.0")
                .costs("O(N) with the number of commands")
                .says("Drops a transaction.")
                .calls(TransactionCommands::discard);
        commands.command("WATCH", atLeast(2), CommandKind.TRANSACTION)
                .keysOnly()
                .keys(keys(1, -1, 1, RO))
                .flag(Flag.NOSCRIPT, Flag.LOADING, Flag.STALE, Flag.ALLOW_BUSY)
                .fast()
                .runsInMulti()
                .since("2.2.0")
                .costs("O(1) a key")
                .says("Makes the next EXEC run only if these keys have not changed.")
                .calls(TransactionCommands::watch);
        commands.command("UNWATCH", exactly(1), CommandKind.TRANSACTION)
                .flag(Flag.NOSCRIPT, Flag.LOADING, Flag.STALE, Flag.ALLOW_BUSY)
                .fast()
                .since("2.2.0")
                .costs("O(1)")
                .says("Forgets all watched keys.")
                .calls(TransactionCommands::unwatch);
    }

    private static Reply multi(CommandContext c) {
        if (c.session().inMulti()) {
            throw RedisError.nestedMulti();
        }
        c.session().beginMulti();
        return Reply.OK;
    }

    private static Reply exec(CommandContext c) {
        Session session = c.session();
        requireMulti(c);
        meetExpired(c);
        boolean refused = session.isQueueRefused();
        boolean broken = session.isWatchBroken();
        List<Session.Queued> queued = session.takeQueued();
        unwatchAll(c);
        if (refused) {
            throw RedisError.execAbort();
        }
        if (broken) {
            return Reply.Null.ARRAY;
        }
        List<Reply> replies = new ArrayList<>(queued.size());
        for (Session.Queued command : queued) {
            replies.add(run(c, command));
        }
        return new Reply.Array(replies);
    }

    /** A watched key that has expired has changed, even if nobody has met it since. */
    private static void meetExpired(CommandContext c) {
        for (Watches.Watched watched : c.session().watched()) {
            c.server().keyspaces().get(watched.db()).find(watched.key(), c.nowMs());
        }
    }

    private static Reply run(CommandContext c, Session.Queued command) {
        CommandSpec spec = command.spec();
        try {
            CommandSpec known = spec == null ? c.server().commands().resolve(command.args()) : spec;
            c.server().acl().requireInExec(c.session(), known, command.args(), c.nowMs());
            return c.call(known, command.args());
        } catch (RedisError refused) { // queued for an upstream that knows it, or no longer allowed
            return refused.reply();
        }
    }

    private static Reply discard(CommandContext c) {
        requireMulti(c);
        c.session().takeQueued();
        unwatchAll(c);
        return Reply.OK;
    }

    private static void requireMulti(CommandContext c) {
        if (!c.session().inMulti()) {
            throw RedisError.withoutMulti(c.spec().name());
        }
    }

    private static Reply watch(CommandContext c) {
        Session session = c.session();
        if (session.inMulti()) {
            throw RedisError.watchInMulti();
        }
        if (session.watched().size() + c.argc() - 1 > WATCHED_MAX) {
            throw RedisError.of("ERR too many watched keys, at most " + WATCHED_MAX);
        }
        for (int i = 1; i < c.argc(); i++) {
            Bytes key = c.arg(i);
            c.find(key); // one that has expired goes now: it is not a change that EXEC has to mind
            session.watch(
                    new Watches.Watched(session.db(), key),
                    c.server().keyspaces().watches());
        }
        return Reply.OK;
    }

    private static Reply unwatch(CommandContext c) {
        unwatchAll(c);
        return Reply.OK;
    }

    private static void unwatchAll(CommandContext c) {
        c.session().unwatchAll(c.server().keyspaces().watches());
    }
}
