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
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.command.Scripting;
import io.holdfast.engine.rdb.CorruptDataException;
import io.holdfast.engine.rdb.LibraryPayload;
import io.holdfast.engine.rule.GlobPattern;
import io.holdfast.engine.rule.RedisInteger;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Libraries of functions, which stay over restarts: what changes them is journaled and checkpointed like data. */
public final class FunctionCommands implements CommandFamily {
    private static final Bytes FUNCTION = Bytes.of("FUNCTION");
    private static final Bytes LOAD = Bytes.of("LOAD");
    private static final Bytes REPLACE = Bytes.of("REPLACE");
    private static final Bytes FLUSH = Bytes.of("FLUSH");

    private static final String ON_ALL_SHARDS = "request_policy:all_shards";
    private static final String ALL_SUCCEEDED = "response_policy:all_succeeded";

    @Override
    public void declare(CommandTable.Builder commands) {
        commands.group(CommandGroup.SCRIPTING);
        ScriptCommands.caller(commands, "FCALL", countedKeys(2, RW, ACCESS, UPDATE))
                .runs(Scripting::intentOfFunction)
                .flag(Flag.MAY_REPLICATE)
                .since("7.0.0")
                .says("Calls a function of a library.")
                .calls(c -> call(c, false));
        ScriptCommands.caller(commands, "FCALL_RO", countedKeys(2, RO, ACCESS))
                .runs(Scripting::intentOfFunction)
                .flag(Flag.READONLY)
                .absorb()
                .since("7.0.0")
                .says("Calls a function of a library that writes nothing.")
                .calls(c -> call(c, true));
        var function = commands.container("FUNCTION", CommandKind.SCRIPT)
                .since("7.0.0")
                .costs("Depends on the subcommand.")
                .says("Keeps libraries of functions.");
        declareChanging(commands, function);
        declareAsking(commands, function);
    }

    private static CommandSpec sub(CommandTable.Builder commands, CommandSpec function, String word, Arity arity) {
        return commands.sub(function, word, arity)
                .flag(Flag.NOSCRIPT)
                .since("7.0.0")
                .mirrors((args, reply) -> null);
    }

    private static void declareChanging(CommandTable.Builder commands, CommandSpec function) {
        sub(commands, function, "LOAD", atLeast(3))
                .flag(Flag.WRITE, Flag.DENYOOM)
                .absorb()
                .repeatedHere()
                .tip(ON_ALL_SHARDS, ALL_SUCCEEDED)
                .costs("O(1), and what the library's own code takes")
                .says("Takes a library in.")
                .calls(FunctionCommands::load);
        sub(commands, function, "DELETE", exactly(3))
                .flag(Flag.WRITE)
                .repeatedHere()
                .tip(ON_ALL_SHARDS, ALL_SUCCEEDED)
                .costs("O(1)")
                .says("Removes a library.")
                .calls(FunctionCommands::delete);
        sub(commands, function, "FLUSH", atLeast(2))
                .flag(Flag.WRITE)
                .repeatedHere()
                .tip(ON_ALL_SHARDS, ALL_SUCCEEDED)
                .costs("O(N) with the number of functions")
                .says("Removes all libraries.")
                .calls(FunctionCommands::flush);
        sub(commands, function, "RESTORE", atLeast(3))
                .flag(Flag.WRITE, Flag.DENYOOM)
                .repeatedHere()
                .tip(ON_ALL_SHARDS, ALL_SUCCEEDED)
                .costs("O(N) with the number of functions")
                .says("Takes in the libraries of a FUNCTION DUMP.")
                .calls(FunctionCommands::restore);
    }

    private static void declareAsking(CommandTable.Builder commands, CommandSpec function) {
        sub(commands, function, "LIST", atLeast(2))
                .absorb()
                .tip("nondeterministic_output_order")
                .costs("O(N) with the number of functions")
                .says("Describes the libraries.")
                .calls(FunctionCommands::list);
        sub(commands, function, "DUMP", exactly(2))
                .absorb()
                .costs("O(N) with the number of functions")
                .says("Gives all libraries as one string.")
                .calls(FunctionCommands::dump);
        sub(commands, function, "STATS", exactly(2))
                .flag(Flag.ALLOW_BUSY)
                .absorb()
                .tip("nondeterministic_output", ON_ALL_SHARDS, "response_policy:special")
                .costs("O(1)")
                .says("Says what runs, and how many libraries and functions there are.")
                .calls(FunctionCommands::stats);
        sub(commands, function, "KILL", exactly(2))
                .flag(Flag.ALLOW_BUSY)
                .absorb()
                .tip(ON_ALL_SHARDS, "response_policy:one_succeeded")
                .costs("O(1)")
                .says("Ends the function that runs, if it has written nothing.")
                .calls(c -> {
                    c.server().scripting().kill(Scripting.Kind.FUNCTION);
                    return Reply.OK;
                });
        commands.sub(function, "HELP", exactly(2))
                .flag(Flag.LOADING, Flag.STALE)
                .absorb()
                .since("7.0.0")
                .costs("O(1)")
                .says("Lists what FUNCTION can do.")
                .calls(HelpText::reply);
    }

    private static Reply call(CommandContext c, boolean readOnly) {
        c.server().scripting().requireFunction(c.arg(1));
        if (!RedisInteger.isLong(c.arg(2))) {
            throw RedisError.of("ERR Bad number of keys provided");
        }
        int keys = ScriptCommands.keyCount(c, RedisInteger.parse(c.arg(2)));
        return c.server().scripting().callFunction(c.arg(1), new Scripting.Call(c, 3, keys, readOnly));
    }

    // ---- changing

    private static Reply load(CommandContext c) {
        boolean replace = false;
        for (int i = 2; i < c.argc() - 1; i++) {
            if (!c.argIs(i, "REPLACE")) {
                throw RedisError.quoting("ERR Unknown option given: ", c.arg(i), "");
            }
            replace = true;
        }
        Bytes code = c.arg(c.argc() - 1);
        String name = c.server().scripting().loadLibrary(code, replace);
        c.effect(FUNCTION, LOAD, REPLACE, code);
        return Reply.bulk(name);
    }

    private static Reply delete(CommandContext c) {
        c.server().scripting().deleteLibrary(c.arg(2));
        c.effectAsSent();
        return Reply.OK;
    }

    private static Reply flush(CommandContext c) {
        if (c.argc() > 3) {
            throw RedisError.subcommandSyntax(Objects.requireNonNull(c.spec().parent()), c.arg(1));
        }
        ScriptCommands.requireSyncOrAsync(c, "FUNCTION FLUSH only supports SYNC|ASYNC option");
        requireFlushAllowed(c);
        c.server().scripting().flushLibraries();
        c.effect(FUNCTION, FLUSH);
        return Reply.OK;
    }

    private static void requireFlushAllowed(CommandContext c) {
        if (!c.server().mayFlush()) {
            throw RedisError.noFlushOffline();
        }
    }

    private static Reply restore(CommandContext c) {
        if (c.argc() > 4) {
            throw RedisError.subcommandSyntax(Objects.requireNonNull(c.spec().parent()), c.arg(1));
        }
        Bytes policy = c.argc() == 4 ? c.arg(3) : Bytes.of("APPEND");
        boolean flush = policy.equalsIgnoreCase("FLUSH");
        boolean replace = policy.equalsIgnoreCase("REPLACE");
        if (!flush && !replace && !policy.equalsIgnoreCase("APPEND")) {
            throw RedisError.of("ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.");
        }
        List<Bytes> codes = codes(c, c.arg(2));
        if (flush) {
            requireFlushAllowed(c);
        }
        Scripting scripting = c.server().scripting();
        if (!flush && !replace) {
            requireNew(scripting, codes);
        }
        List<Bytes> before = scripting.libraryCodes();
        if (flush) {
            scripting.flushLibraries();
        }
        try {
            codes.forEach(code -> scripting.loadLibrary(code, replace));
        } catch (RedisError refused) { // all or nothing
            scripting.flushLibraries();
            before.forEach(code -> scripting.loadLibrary(code, false));
            throw refused;
        }
        if (flush) {
            c.effect(FUNCTION, FLUSH);
        }
        codes.forEach(code -> c.effect(FUNCTION, LOAD, REPLACE, code));
        return Reply.OK;
    }

    private static List<Bytes> codes(CommandContext c, Bytes payload) {
        DumpCommands.requireIntact(c, payload);
        try {
            return LibraryPayload.read(payload, c.config().stringBytesMax());
        } catch (CorruptDataException e) {
            throw RedisError.of("ERR " + e.getMessage());
        }
    }

    /** RESTORE words this otherwise than LOAD. */
    private static void requireNew(Scripting scripting, List<Bytes> codes) {
        List<String> there =
                scripting.libraries().stream().map(Scripting.LibraryInfo::name).toList();
        for (Bytes code : codes) {
            String name = scripting.libraryName(code);
            if (there.contains(name)) {
                throw RedisError.of("ERR Library " + name + " already exists");
            }
        }
    }

    // ---- asking

    private static Reply dump(CommandContext c) {
        return Reply.bulk(LibraryPayload.of(
                c.server().scripting().libraryCodes(), c.config().version().rdbVersion(), DumpCommands.packs(c)));
    }

    private static Reply list(CommandContext c) {
        boolean withCode = false;
        GlobPattern pattern = null;
        for (int i = 2; i < c.argc(); i++) {
            if (!withCode && c.argIs(i, "WITHCODE")) {
                withCode = true;
            } else if (pattern == null && c.argIs(i, "LIBRARYNAME")) {
                if (++i == c.argc()) {
                    throw RedisError.of("ERR library name argument was not given");
                }
                pattern = GlobPattern.of(c.arg(i));
            } else {
                throw RedisError.quoting("ERR Unknown argument ", c.arg(i), "");
            }
        }
        List<Reply> listed = new ArrayList<>();
        for (Scripting.LibraryInfo library : c.server().scripting().libraries()) {
            if (pattern == null || pattern.matches(Bytes.of(library.name()))) {
                listed.add(library(library, withCode));
            }
        }
        return new Reply.Array(listed);
    }

    private static Reply library(Scripting.LibraryInfo library, boolean withCode) {
        List<Reply> functions = new ArrayList<>();
        for (Scripting.FunctionInfo function : library.functions()) {
            functions.add(new Reply.MapOf(List.of(
                    Reply.bulk("name"),
                    Reply.bulk(function.name()),
                    Reply.bulk("description"),
                    bulkOrNull(function.description()),
                    Reply.bulk("flags"),
                    new Reply.SetOf(function.flags().stream().map(Reply::simple).toList()))));
        }
        List<Reply> described = new ArrayList<>(List.of(
                Reply.bulk("library_name"),
                Reply.bulk(library.name()),
                Reply.bulk("engine"),
                Reply.bulk("LUA"),
                Reply.bulk("functions"),
                new Reply.Array(functions)));
        if (withCode) {
            described.add(Reply.bulk("library_code"));
            described.add(Reply.bulk(library.code()));
        }
        return new Reply.MapOf(described);
    }

    private static Reply bulkOrNull(@Nullable Bytes text) {
        return text == null ? Reply.Null.BULK : Reply.bulk(text);
    }

    private static Reply stats(CommandContext c) {
        Collection<Scripting.LibraryInfo> libraries = c.server().scripting().libraries();
        long functions = libraries.stream()
                .mapToLong(library -> library.functions().size())
                .sum();
        Scripting.Running running = c.server().scripting().running();
        return new Reply.MapOf(List.of(
                Reply.bulk("running_script"),
                running == null ? Reply.Null.BULK : describe(running),
                Reply.bulk("engines"),
                new Reply.MapOf(List.of(
                        Reply.bulk("LUA"),
                        new Reply.MapOf(List.of(
                                Reply.bulk("libraries_count"),
                                Reply.of(libraries.size()),
                                Reply.bulk("functions_count"),
                                Reply.of(functions)))))));
    }

    private static Reply describe(Scripting.Running running) {
        return new Reply.MapOf(List.of(
                Reply.bulk("name"),
                Reply.bulk(running.name()),
                Reply.bulk("command"),
                ScriptCommands.bulks(running.command()),
                Reply.bulk("duration_ms"),
                Reply.of(running.forMs())));
    }
}
