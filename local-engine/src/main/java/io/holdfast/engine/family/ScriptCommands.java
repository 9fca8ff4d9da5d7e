package io.holdfast.engine.family;

import static io.holdfast.engine.command.Arity.atLeast;
import static io.holdfast.engine.command.Arity.exactly;
import static io.holdfast.engine.command.KeyFlag.ACCESS;
import static io.holdfast.engine.command.KeyFlag.RO;
import static io.holdfast.engine.command.KeyFlag.RW;
import static io.holdfast.engine.command.KeyFlag.UPDATE;
import static io.holdfast.engine.command.KeySpec.countedKeys;

import io.holdfast.engine.command.Arity;
import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.CommandFamily;
import io.holdfast.engine.command.CommandGroup;
import io.holdfast.engine.command.CommandKind;
import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.Flag;
import io.holdfast.engine.command.KeySpec;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.command.Scripting;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.List;

/** Scripts: EVAL and what belongs to it. What a script changes is one effect group, whatever it ends with. */
public final class ScriptCommands implements CommandFamily {
    /** Where a call names how many keys follow. */
    private static final int COUNT_AT = 2;

    private static final String ON_ALL_NODES = "request_policy:all_nodes";
    private static final String ON_ALL_SHARDS = "request_policy:all_shards";
    private static final String ALL_SUCCEEDED = "response_policy:all_succeeded";

    @Override
    public void declare(CommandTable.Builder commands) {
        commands.group(CommandGroup.SCRIPTING);
        caller(commands, "EVAL", countedKeys(COUNT_AT, RW, ACCESS, UPDATE))
                .runs(Scripting::intentOfScript)
                .flag(Flag.MAY_REPLICATE)
                .carriesScript(1)
                .since("2.6.0")
                .says("Runs a Lua script.")
                .calls(c -> c.server().scripting().eval(c.arg(1), call(c, false)));
        caller(commands, "EVAL_RO", countedKeys(COUNT_AT, RO, ACCESS))
                .runs(Scripting::intentOfScript)
                .flag(Flag.READONLY)
                .carriesScript(1)
                .absorb()
                .since("7.0.0")
                .says("Runs a Lua script that may not write.")
                .calls(c -> c.server().scripting().eval(c.arg(1), call(c, true)));
        caller(commands, "EVALSHA", countedKeys(COUNT_AT, RW, ACCESS, UPDATE))
                .runs(Scripting::intentOfSha)
                .flag(Flag.MAY_REPLICATE)
                .since("2.6.0")
                .says("Runs a Lua script that is kept, by its SHA-1.")
                .calls(c -> c.server().scripting().evalSha(c.arg(1), call(c, false)));
        caller(commands, "EVALSHA_RO", countedKeys(COUNT_AT, RO, ACCESS))
                .runs(Scripting::intentOfSha)
                .flag(Flag.READONLY)
                .absorb()
                .since("7.0.0")
                .says("Runs a Lua script that is kept and may not write, by its SHA-1.")
                .calls(c -> c.server().scripting().evalSha(c.arg(1), call(c, true)));
        declareScript(commands);
    }

    /** A command that runs code: its name, what to run, how many keys, the keys, arguments. */
    static CommandSpec caller(CommandTable.Builder commands, String name, KeySpec keys) {
        return commands.command(name, atLeast(3), CommandKind.SCRIPT)
                .keys(keys)
                .flag(Flag.NOSCRIPT, Flag.STALE, Flag.SKIP_MONITOR, Flag.NO_MANDATORY_KEYS, Flag.MOVABLEKEYS)
                .mirrors((args, reply) -> null)
                .costs("Depends on what it runs.");
    }

    private static CommandSpec sub(CommandTable.Builder commands, CommandSpec script, String word, Arity arity) {
        return commands.sub(script, word, arity).flag(Flag.NOSCRIPT).absorb();
    }

    private static void declareScript(CommandTable.Builder commands) {
        var script = commands.container("SCRIPT", CommandKind.SCRIPT)
                .since("2.6.0")
                .costs("Depends on the subcommand.")
                .says("Keeps scripts, and ends one that runs for too long.");
        sub(commands, script, "LOAD", exactly(3))
                .flag(Flag.STALE)
                .carriesScript(2)
                .tip(ON_ALL_NODES, ALL_SUCCEEDED)
                .since("2.6.0")
                .costs("O(N) with the length of the script")
                .says("Keeps a script and gives its SHA-1.")
                .calls(c -> Reply.bulk(c.server().scripting().load(c.arg(2))));
        sub(commands, script, "EXISTS", atLeast(3))
                .tip(ON_ALL_SHARDS, "response_policy:agg_logical_and")
                .since("2.6.0")
                .costs("O(N) with the number of scripts")
                .says("Tells which scripts are kept.")
                .calls(ScriptCommands::exists);
        sub(commands, script, "FLUSH", atLeast(2))
                .tip(ON_ALL_NODES, ALL_SUCCEEDED)
                .since("2.6.0")
                .costs("O(N) with the number of scripts")
                .says("Forgets all scripts.")
                .repeatedHere()
                .calls(ScriptCommands::flush);
        sub(commands, script, "KILL", exactly(2))
                .flag(Flag.ALLOW_BUSY)
                .tip(ON_ALL_SHARDS, "response_policy:one_succeeded")
                .since("2.6.0")
                .costs("O(1)")
                .says("Ends the script that runs, if it has written nothing.")
                .calls(c -> {
                    c.server().scripting().kill(Scripting.Kind.SCRIPT);
                    return Reply.OK;
                });
        // Upstream it would change a connection that all clients use.
        commands.sub(script, "DEBUG", exactly(3), CommandKind.CONNECTION)
                .flag(Flag.NOSCRIPT)
                .absorb()
                .since("3.2.0")
                .costs("O(1)")
                .says("Is refused: scripts cannot be stepped through here.")
                .calls(ScriptCommands::debug);
        commands.sub(script, "HELP", exactly(2))
                .flag(Flag.LOADING, Flag.STALE)
                .absorb()
                .since("5.0.0")
                .costs("O(1)")
                .says("Lists what SCRIPT can do.")
                .calls(HelpText::reply);
    }

    /** Where the keys of a call stand. @throws RedisError when their number is not one, or too big */
    static Scripting.Call call(CommandContext c, boolean readOnly) {
        return new Scripting.Call(c, COUNT_AT + 1, keyCount(c, c.longArg(COUNT_AT)), readOnly);
    }

    static int keyCount(CommandContext c, long keys) {
        if (keys > c.argc() - COUNT_AT - 1) {
            throw RedisError.moreKeysThanArguments();
        }
        if (keys < 0) {
            throw RedisError.negativeKeyCount();
        }
        return (int) keys;
    }

    private static Reply exists(CommandContext c) {
        List<Reply> found = new ArrayList<>();
        for (int i = 2; i < c.argc(); i++) {
            found.add(Reply.of(c.server().scripting().hasScript(c.arg(i))));
        }
        return Reply.array(found);
    }

    private static Reply debug(CommandContext c) {
        if (c.argIs(2, "NO")) {
            return Reply.OK;
        }
        throw c.argIs(2, "YES") || c.argIs(2, "SYNC")
                ? RedisError.noScriptDebugger()
                : RedisError.of("ERR Use SCRIPT DEBUG YES/SYNC/NO");
    }

    private static Reply flush(CommandContext c) {
        requireSyncOrAsync(c, "SCRIPT FLUSH only support SYNC|ASYNC option");
        c.server().scripting().flushScripts();
        return Reply.OK;
    }

    /** At most one of these two words may follow, which mean the same here. */
    static void requireSyncOrAsync(CommandContext c, String otherwise) {
        boolean asked = c.argc() == 3 && (c.argIs(2, "SYNC") || c.argIs(2, "ASYNC"));
        if (c.argc() != 2 && !asked) {
            throw RedisError.of("ERR " + otherwise);
        }
    }

    /** The name and arguments that code was called with, as replies. */
    static Reply bulks(List<Bytes> words) {
        return new Reply.Array(words.stream().map(Reply::bulk).toList());
    }
}
