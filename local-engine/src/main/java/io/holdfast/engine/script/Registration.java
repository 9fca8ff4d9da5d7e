package io.holdfast.engine.script;

import io.holdfast.engine.command.RedisError;
import io.holdfast.resp.Bytes;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One call of {@code redis.register_function}: a name and a function, or a table of named arguments. */
final class Registration {
    private final LuaState lua;
    private @Nullable String name;
    private int callback;
    private @Nullable Bytes description;
    private final Set<ScriptFlag> flags = EnumSet.noneOf(ScriptFlag.class);

    Registration(LuaState lua) {
        this.lua = lua;
    }

    /** Adds the function to the library that is being loaded; raises what is wrong with it. */
    int into(@Nullable Library loading) {
        String problem = loading == null
                ? "redis.register_function can only be called on FUNCTION LOAD command"
                : register(loading);
        if (problem == null) {
            return 0;
        }
        if (callback != 0) {
            lua.forget(callback);
        }
        new LuaReplies(lua).pushError(Bytes.of("ERR " + problem), false);
        return LuaState.RAISE;
    }

    /** What is wrong, null when nothing is. */
    private @Nullable String register(Library library) {
        String problem = switch (lua.top()) {
            case 1 -> named();
            case 2 -> positional();
            default -> "wrong number of arguments to redis.register_function";
        };
        if (problem != null || name == null) {
            return problem;
        }
        try {
            Library.requireName(name);
        } catch (RedisError bad) {
            return bad.reply().text().latin1().substring("ERR ".length());
        }
        if (library.functions.containsKey(name)) {
            return "Function already exists in the library";
        }
        library.functions.put(name, new Library.Function(name, callback, description, flags));
        return null;
    }

    private boolean isString(int index) {
        return lua.type(index) == LuaState.STRING || lua.type(index) == LuaState.NUMBER;
    }

    private @Nullable String positional() {
        if (!isString(1)) {
            return "first argument to redis.register_function must be a string";
        }
        if (lua.type(2) != LuaState.FUNCTION) {
            return "second argument to redis.register_function must be a function";
        }
        name = lua.bytes(1).latin1();
        callback = lua.keep();
        return null;
    }

    private @Nullable String named() {
        if (lua.type(1) != LuaState.TABLE) {
            return "calling redis.register_function with a single argument is only applicable to Lua table"
                    + " (representing named arguments).";
        }
        lua.pushNil();
        while (lua.next(1)) {
            if (lua.type(-2) != LuaState.STRING) {
                return "named argument key given to redis.register_function is not a string";
            }
            String problem = argument(lua.bytes(-2).latin1());
            if (problem != null) {
                return problem;
            }
            lua.pop();
        }
        if (name == null) {
            return "redis.register_function must get a function name argument";
        }
        return callback == 0 ? "redis.register_function must get a callback argument" : null;
    }

    /** Takes the argument whose value is on top. */
    private @Nullable String argument(String key) {
        switch (key) {
            case "function_name" -> {
                if (!isString(-1)) {
                    return "function_name argument given to redis.register_function must be a string";
                }
                name = lua.bytes(-1).latin1();
            }
            case "description" -> {
                if (!isString(-1)) {
                    return "description argument given to redis.register_function must be a string";
                }
                description = lua.bytes(-1);
            }
            case "callback" -> {
                if (lua.type(-1) != LuaState.FUNCTION) {
                    return "callback argument given to redis.register_function must be a function";
                }
                lua.pushCopy(-1);
                callback = lua.keep();
            }
            case "flags" -> {
                if (lua.type(-1) != LuaState.TABLE) {
                    return "flags argument to redis.register_function must be a table representing function flags";
                }
                return flags();
            }
            default -> {
                return "unknown argument given to redis.register_function";
            }
        }
        return null;
    }

    private @Nullable String flags() {
        for (int i = 1; lua.item(-1, i) != LuaState.NIL; i++) {
            var flag = lua.type(-1) == LuaState.STRING
                    ? ScriptFlag.named(lua.bytes(-1).latin1())
                    : java.util.Optional.<ScriptFlag>empty();
            if (flag.isEmpty()) {
                return "unknown flag given";
            }
            flags.add(flag.get());
            lua.pop();
        }
        lua.pop();
        return null;
    }
}
