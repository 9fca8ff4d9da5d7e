package io.holdfast.engine.script;

import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.rule.DoubleStyle;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import party.iroiro.luajava.JFunction;
import party.iroiro.luajava.Lua;

/**
 * One Lua with Redis's environment in it: compiles scripts and calls them, under a budget of time and memory. An error
 * never leaves a frame of Java half done: inside a Java function nothing raises, it is remembered and raised on return.
 * Owned by the engine loop.
 */
final class ScriptVm {
    /** After so many instructions the clock is looked at, as in Redis. */
    private static final int HOOK_INSTRUCTIONS = 100_000;

    private static final String NOT_ENOUGH_MEMORY = "not enough memory";
    private static final String ENVIRONMENT = "environment.lua";

    /** Asked while a script runs. */
    interface Watch {
        /** Called now and then; the text of an error that ends the script, null to go on. */
        @Nullable String stillRunning();
    }

    /** A function of Java's that scripts can call. */
    @FunctionalInterface
    interface Function {
        /** Leaves results on the stack and gives their number, or a value to raise and {@link LuaState#RAISE}. */
        int call(LuaState lua);
    }

    private final LuaState lua;
    private final LuaReplies replies;
    private final Watch watch;
    private final long memoryKilobytesMax;
    private final int handler;
    private final int scriptGlobals;
    private final int scriptEnvironment;
    private final int libraryEnvironment;
    private final int tidy;
    private final int setHook;
    private final List<Lua> coroutines = new ArrayList<>();
    private boolean inJava = true;
    private boolean isInScript;
    private @Nullable String ending;
    private boolean memoryExceeded;
    private @Nullable RuntimeException failure;

    /**
     * @param libraries tables of functions and values, by the name of their global
     * @param redis what stands in the table {@code redis}
     * @param own further functions of the engine, for environment.lua alone
     */
    ScriptVm(
            Path nativesDirectory,
            long memoryKilobytesMax,
            Watch watch,
            Map<String, Map<String, Object>> libraries,
            Map<String, Object> redis,
            Map<String, Object> own) {
        Lua opened = NativeLua.open(nativesDirectory);
        this.watch = watch;
        this.memoryKilobytesMax = memoryKilobytesMax;
        for (String library : List.of("table", "string", "math", "debug")) {
            opened.openLibrary(library);
        }
        opened.setTop(0);
        lua = new LuaState(opened, new StringChunk(LuaState.chunkHeader(opened, StringChunk.HEADER_BYTES)));
        replies = new LuaReplies(lua);
        lua.collectWhole();
        if (!lua.load(resource(), "=holdfast")) {
            throw new IllegalStateException(ENVIRONMENT + ": " + lua.bytes(-1));
        }
        lua.newTable(0, 16);
        pushFields(own);
        lua.push((double) HOOK_INSTRUCTIONS);
        lua.setField(-2, "hook_instructions");
        push((Function) this::hook);
        lua.setField(-2, "hook");
        push((Function) unused -> collected());
        lua.setField(-2, "collected");
        lua.newTable(0, redis.size());
        pushFields(redis);
        lua.setField(-2, "redis");
        lua.newTable(0, libraries.size());
        libraries.forEach((name, content) -> {
            lua.newTable(0, content.size());
            pushFields(content);
            lua.setField(-2, name);
        });
        lua.setField(-2, "libraries");
        if (!lua.protectedCall(1)) {
            throw new IllegalStateException(ENVIRONMENT + ": " + lua.bytes(-1));
        }
        setHook = lua.keep();
        tidy = lua.keep();
        libraryEnvironment = lua.keep();
        scriptEnvironment = lua.keep();
        scriptGlobals = lua.keep();
        handler = lua.keep();
    }

    private static Bytes resource() {
        try (InputStream source = ScriptVm.class.getResourceAsStream(ENVIRONMENT)) {
            return Bytes.wrap(Objects.requireNonNull(source, ENVIRONMENT).readAllBytes());
        } catch (IOException e) {
            throw new IllegalStateException("cannot read " + ENVIRONMENT, e);
        }
    }

    private void pushFields(Map<String, Object> fields) {
        fields.forEach((name, value) -> {
            push(value);
            lua.setField(-2, name);
        });
    }

    private void push(Object value) {
        if (value instanceof Function function) {
            lua.push(guarded(function));
        } else if (value instanceof Number number) {
            lua.push(number.doubleValue());
        } else if (value instanceof String text) {
            lua.push(Bytes.of(text));
        } else if (value == Reply.Null.BULK) {
            lua.pushNullPointer();
        } else {
            throw new IllegalStateException("no Lua value for " + value);
        }
    }

    /** The values of the script that runs, as replies and back. */
    LuaReplies replies() {
        return replies;
    }

    long memoryKilobytes() {
        return lua.memoryKilobytes();
    }

    // ---- functions of Java's

    private JFunction guarded(Function function) {
        return thread -> {
            LuaState caller = lua.of(thread);
            if (caller != lua && !coroutines.contains(thread)) {
                coroutines.add(thread);
            }
            boolean outer = inJava;
            inJava = true;
            int results;
            try {
                results = function.call(caller);
            } catch (RuntimeException e) { // ours: the script ends, and whoever ran it hears of it
                failure = e;
                results = caller.raise("internal error");
            } catch (StackOverflowError e) { // theirs: a value nested too deeply
                results = caller.raise("stack overflow");
            } finally {
                inJava = outer;
            }
            return memoryExceeded && !outer ? end(caller, NOT_ENOUGH_MEMORY) : results;
        };
    }

    /** Every so many instructions of the thread {@code caller}. */
    private int hook(LuaState caller) {
        if (!isInScript) {
            return 0;
        }
        if (ending != null) {
            return end(caller, ending);
        }
        String reason = watch.stillRunning();
        if (reason != null) {
            return end(caller, reason);
        }
        if (caller.memoryKilobytes() > memoryKilobytesMax) {
            caller.collectGarbage();
        }
        return caller.memoryKilobytes() > memoryKilobytesMax ? end(caller, NOT_ENOUGH_MEMORY) : 0;
    }

    /** Raises an error, and again at each further instruction: one that catches it does not get far. */
    private int end(LuaState caller, String reason) {
        memoryExceeded = false;
        if (ending == null) {
            ending = reason;
            isInScript = false; // what sets the hook is not to be ended by it
            hookEach(caller, 1);
            isInScript = true;
        }
        new LuaReplies(caller).pushError(Bytes.of("ERR " + reason), false);
        return LuaState.RAISE;
    }

    /** A collection has ended: what is in use now is really in use. */
    private int collected() {
        memoryExceeded = isInScript && lua.memoryKilobytes() > memoryKilobytesMax;
        return 0;
    }

    // ---- compiling

    /**
     * A script's function, kept.
     *
     * @throws RedisError when it does not compile
     */
    int compile(Bytes source) {
        if (!compiles(source, "@user_script")) {
            throw RedisError.scriptDoesNotCompile(popText());
        }
        int body = lua.keep();
        lua.pushKept(scriptEnvironment);
        lua.pushKept(body);
        callOwn(1, 1);
        lua.forget(body);
        return lua.keep();
    }

    private boolean compiles(Bytes source, String name) {
        if (!source.isEmpty() && source.at(0) == '\33') {
            lua.push(Bytes.of(name.substring(1) + ":1: unexpected symbol near 'char(27)'"));
            return false;
        }
        return lua.load(source, name);
    }

    private Bytes popText() {
        Bytes text = lua.type(-1) == LuaState.STRING ? lua.bytes(-1) : Bytes.of("?");
        lua.pop();
        return text;
    }

    /** Calls one of environment.lua's own functions, which do not fail. */
    private void callOwn(int arguments, int results) {
        if (!lua.protectedCall(arguments, results, 0)) {
            throw new IllegalStateException(ENVIRONMENT + ": " + popText());
        }
    }

    /**
     * Runs a library's code, in which it registers its functions.
     *
     * @return what it failed with; empty when all went well
     * @throws RedisError when it does not compile
     */
    Optional<Bytes> loadLibrary(Bytes source) {
        if (!compiles(source, "@user_function")) {
            throw RedisError.libraryDoesNotCompile(popText());
        }
        int body = lua.keep();
        lua.pushKept(libraryEnvironment);
        lua.pushKept(body);
        callOwn(1, 1);
        int loaded = lua.keep();
        lua.pushKept(handler);
        lua.pushKept(body);
        boolean ok = inScript(0, 1);
        Optional<Bytes> problem = ok ? Optional.empty() : Optional.of(new Problem(lua).text());
        cleanUp();
        lua.forget(body);
        lua.pushKept(loaded);
        callOwn(0, 0);
        lua.forget(loaded);
        return problem;
    }

    /** Lets go of a function that was kept. */
    void forget(int function) {
        lua.forget(function);
    }

    // ---- running

    /**
     * Runs a script with its keys and arguments in KEYS and ARGV.
     *
     * @param name for the texts of errors
     */
    Reply runScript(int function, String name, Bytes[] args, int firstKey, int keys, Options options) {
        lua.pushKept(handler);
        lua.pushKept(scriptGlobals);
        pushStrings(args, firstKey, keys);
        lua.setField(-2, "KEYS");
        pushStrings(args, firstKey + keys, args.length - firstKey - keys);
        lua.setField(-2, "ARGV");
        lua.pop();
        lua.pushKept(function);
        return finish(inScript(0, 1), name, options);
    }

    /** Calls a library's function with its keys and arguments. */
    Reply runFunction(int function, String name, Bytes[] args, int firstKey, int keys, Options options) {
        lua.pushKept(handler);
        lua.pushKept(function);
        pushStrings(args, firstKey, keys);
        pushStrings(args, firstKey + keys, args.length - firstKey - keys);
        return finish(inScript(2, 1), name, options);
    }

    /** How the value that a script returns becomes a reply. */
    interface Options {
        /** Whether it has asked for RESP3. */
        boolean resp3();

        DoubleStyle doubles();

        /** The script ends with an error that no command it has called was refused with. */
        void failed(Reply.Failure error);
    }

    private void pushStrings(Bytes[] args, int from, int count) {
        lua.newTable(count, 0);
        for (int i = 0; i < count; i++) {
            lua.push(args[from + i]);
            lua.rawSet(-2, i + 1);
        }
    }

    /** Calls the function below its arguments; the handler lies below that, and is removed. */
    private boolean inScript(int arguments, int results) {
        inJava = false;
        isInScript = true;
        memoryExceeded = false;
        try {
            return lua.protectedCall(arguments, results, -arguments - 2);
        } finally {
            inJava = true;
            isInScript = false;
        }
    }

    private Reply finish(boolean ok, String name, Options options) {
        try {
            RuntimeException ours = failure;
            if (ours != null) {
                throw ours;
            }
            if (ok) {
                boolean counted = replies.isCounted();
                Reply reply = replies.pop(options.resp3(), options.doubles());
                if (reply instanceof Reply.Failure error && !counted) {
                    options.failed(error);
                }
                return reply;
            }
            var problem = new Problem(lua);
            Reply.Failure error = problem.reply(name);
            if (!problem.isCounted()) {
                options.failed(error);
            }
            return error;
        } finally {
            cleanUp();
        }
    }

    /** After a script, whatever it ended with: nothing of it is left to the next one. */
    private void cleanUp() {
        failure = null;
        lua.setTop(0);
        coroutines.forEach(Lua::close); // the bindings keep a coroutine that has called Java until they are told
        coroutines.clear();
        if (ending != null) {
            ending = null;
            hookEach(lua, HOOK_INSTRUCTIONS);
        }
        if (lua.memoryKilobytes() > memoryKilobytesMax / 2) {
            lua.pushKept(tidy);
            callOwn(0, 0);
            lua.collectGarbage();
        }
    }

    private void hookEach(LuaState caller, int instructions) {
        caller.pushKept(setHook);
        caller.push((double) instructions);
        if (!caller.protectedCall(1, 0, 0)) {
            throw new IllegalStateException(ENVIRONMENT + ": " + caller.bytes(-1));
        }
    }

    void close() {
        lua.close();
    }
}
