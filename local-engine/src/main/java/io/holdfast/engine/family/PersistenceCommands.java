package io.holdfast.engine.family;

import static io.holdfast.engine.command.Arity.atLeast;
import static io.holdfast.engine.command.Arity.exactly;

import io.holdfast.engine.command.AclCategory;
import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.CommandFamily;
import io.holdfast.engine.command.CommandGroup;
import io.holdfast.engine.command.CommandKind;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.Flag;
import io.holdfast.engine.command.Host;
import io.holdfast.engine.command.RedisError;
import io.holdfast.resp.Reply;

/** Saving, and ending the server. Every answered write is in the journal already; a save also brings the tables up to date. */
public final class PersistenceCommands implements CommandFamily {
    @Override
    public void declare(CommandTable.Builder commands) {
        commands.group(CommandGroup.SERVER);
        commands.command("SAVE", exactly(1), CommandKind.ADMIN)
                .flag(Flag.ADMIN, Flag.NOSCRIPT, Flag.NO_ASYNC_LOADING, Flag.NO_MULTI)
                .costs("O(N) with the number of keys changed since the last save")
                .says("Brings the tables up to date while clients wait.")
                .calls(PersistenceCommands::save);
        commands.command("BGSAVE", atLeast(1), CommandKind.ADMIN)
                .flag(Flag.ADMIN, Flag.NOSCRIPT, Flag.NO_ASYNC_LOADING)
                .costs("O(1)")
                .says("Syncs the journal and brings the tables up to date in the background.")
                .calls(PersistenceCommands::bgsave);
        commands.command("BGREWRITEAOF", exactly(1), CommandKind.ADMIN)
                .flag(Flag.ADMIN, Flag.NOSCRIPT, Flag.NO_ASYNC_LOADING)
                .costs("O(1)")
                .says("Brings the tables up to date in the background, so that the journal before is no longer needed.")
                .calls(c -> {
                    if (!c.server().host().beginCheckpoint()) {
                        throw RedisError.of("ERR Background append only file rewriting already in progress");
                    }
                    return Reply.simple("Background append only file rewriting started");
                });
        commands.command("LASTSAVE", exactly(1), CommandKind.ADMIN)
                .flag(Flag.LOADING, Flag.STALE)
                .fast()
                .category(AclCategory.ADMIN, AclCategory.DANGEROUS)
                .tip("nondeterministic_output")
                .costs("O(1)")
                .says("Gives the Unix time at which the tables were last brought up to date.")
                .calls(c -> Reply.of(c.server().host().checkpointedAtMs() / 1000));
        commands.command("SHUTDOWN", atLeast(1), CommandKind.CONNECTION)
                .flag(Flag.ADMIN, Flag.NOSCRIPT, Flag.LOADING, Flag.STALE, Flag.NO_MULTI, Flag.ALLOW_BUSY)
                .costs("O(N) with the number of keys changed since the last save")
                .says("Ends the server in good order.")
                .calls(PersistenceCommands::shutdown);
        commands.group(CommandGroup.GENERIC)
                .command("WAITAOF", exactly(4), CommandKind.BLOCKING)
                .flag(Flag.NOSCRIPT)
                .notIn(AclCategory.KEYSPACE)
                .category(AclCategory.CONNECTION)
                .since("7.2.0")
                .tip("request_policy:all_shards", "response_policy:agg_min")
                .costs("O(1)")
                .says("Syncs the journal and counts who has this client's writes on disk: this server, and no replica.")
                .calls(PersistenceCommands::waitaof);
    }

    private static Reply save(CommandContext c) {
        if (c.server().host().isCheckpointing()) {
            throw RedisError.of("ERR Background save already in progress");
        }
        c.server().host().checkpoint();
        c.server().stats().unsavedChanges = 0;
        return Reply.OK;
    }

    private static Reply bgsave(CommandContext c) {
        boolean scheduled = c.argc() == 2 && c.argIs(1, "SCHEDULE");
        if (c.argc() > 1 && !scheduled) {
            throw RedisError.syntax();
        }
        Host host = c.server().host();
        host.sync();
        if (host.beginCheckpoint()) {
            c.server().stats().unsavedChanges = 0;
            return Reply.simple("Background saving started");
        }
        if (scheduled) {
            return Reply.simple("Background saving scheduled"); // the next one follows by itself
        }
        throw RedisError.of("ERR Background save already in progress");
    }

    private static Reply shutdown(CommandContext c) {
        boolean abort = false;
        boolean save = false;
        boolean noSave = false;
        for (int i = 1; i < c.argc(); i++) {
            if (c.argIs(i, "NOSAVE")) {
                noSave = true;
            } else if (c.argIs(i, "SAVE")) {
                save = true;
            } else if (c.argIs(i, "ABORT")) {
                abort = true;
            } else if (!c.argIs(i, "NOW") && !c.argIs(i, "FORCE")) {
                throw RedisError.syntax();
            }
        }
        if ((abort && c.argc() > 2) || (save && noSave)) {
            throw RedisError.syntax();
        }
        if (abort) {
            throw RedisError.of("ERR No shutdown in progress.");
        }
        String obstacle = c.server().host().whyNoShutdown();
        if (obstacle != null) {
            throw RedisError.of("ERR SHUTDOWN is refused: " + obstacle);
        }
        c.server().host().shutdown();
        c.session().closeAfterReply();
        return Reply.OK;
    }

    private static Reply waitaof(CommandContext c) {
        if (!c.config().version().atLeast(7, 2)) {
            throw RedisError.unknownCommand(c.args());
        }
        long local = c.longArg(1);
        if (local < 0 || local > 1) {
            throw RedisError.of("ERR value is out of range, value must between 0 and 1");
        }
        c.longArg(2, 0, Long.MAX_VALUE);
        ServerCommands.requireTimeout(c, 3);
        c.server().host().sync();
        return Reply.array(Reply.ONE, Reply.ZERO);
    }
}
