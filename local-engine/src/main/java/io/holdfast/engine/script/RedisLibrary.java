package io.holdfast.engine.script;

import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.config.RedisVersion;
import io.holdfast.engine.rule.DoubleStyle;
import io.holdfast.engine.rule.RedisDouble;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The table {@code redis} of scripts. Owned by the engine loop. */
final class RedisLibrary {
    private static final Logger log = LoggerFactory.getLogger(RedisLibrary.class);
    private static final int LOG_LEVEL_MAX = 3;
    private static final int REPL_FLAGS_MAX = 3;

    /** What the functions ask of the script that runs. */
    interface Caller {
        /** Runs a command; a refusal is its reply. */
        Reply call(Bytes[] args);

        boolean resp3();

        void speakResp3(boolean on);

        DoubleStyle doubles();

        RedisVersion version();

        /** Whether the table has this command, to which everybody is allowed. @throws RedisError when it has not */
        boolean mayCall(Bytes[] args);
    }

    private final Caller caller;

    RedisLibrary(Caller caller) {
        this.caller = caller;
    }

    Map<String, Object> content() {
        RedisVersion version = caller.version();
        Map<String, Object> redis = new LinkedHashMap<>();
        redis.put("call", (ScriptVm.Function) lua -> call(lua, true));
        redis.put("pcall", (ScriptVm.Function) lua -> call(lua, false));
        redis.put("error_reply", (ScriptVm.Function) lua -> reply(lua, true));
        redis.put("status_reply", (ScriptVm.Function) lua -> reply(lua, false));
        redis.put("sha1hex", (ScriptVm.Function) RedisLibrary::sha1hex);
        redis.put("log", (ScriptVm.Function) RedisLibrary::log);
        redis.put("setresp", (ScriptVm.Function) this::setresp);
        redis.put("set_repl", (ScriptVm.Function) RedisLibrary::setRepl);
        redis.put("replicate_commands", (ScriptVm.Function) lua -> {
            lua.push(true);
            return 1;
        });
        redis.put("breakpoint", (ScriptVm.Function) lua -> {
            lua.push(false);
            return 1;
        });
        redis.put("debug", (ScriptVm.Function) lua -> 0);
        redis.put("acl_check_cmd", (ScriptVm.Function) this::aclCheck);
        redis.put("LOG_DEBUG", 0);
        redis.put("LOG_VERBOSE", 1);
        redis.put("LOG_NOTICE", 2);
        redis.put("LOG_WARNING", LOG_LEVEL_MAX);
        redis.put("REPL_NONE", 0);
        redis.put("REPL_AOF", 1);
        redis.put("REPL_SLAVE", 2);
        redis.put("REPL_REPLICA", 2);
        redis.put("REPL_ALL", REPL_FLAGS_MAX);
        redis.put("REDIS_VERSION", version.toString());
        redis.put("REDIS_VERSION_NUM", version.major() << 16 | version.minor() << 8 | version.patch());
        return redis;
    }

    // ---- commands

    private int call(LuaState lua, boolean raises) {
        Bytes[] args = arguments(lua);
        Reply reply;
        if (args == null) {
            reply = RedisError.scriptArgumentTypes().reply();
        } else if (args.length == 0) {
            reply = RedisError.scriptCallsNothing().reply();
        } else {
            reply = caller.call(args);
        }
        lua.setTop(0);
        var replies = new LuaReplies(lua);
        boolean ours = args == null || args.length == 0;
        if (reply instanceof Reply.Failure failure) {
            replies.pushError(failure.text(), !ours);
            return raises ? LuaState.RAISE : 1;
        }
        replies.push(reply, caller.resp3());
        return 1;
    }

    /** Null when one of them is neither a string nor a number. */
    private Bytes @Nullable [] arguments(LuaState lua) {
        var args = new Bytes[lua.top()];
        for (int i = 0; i < args.length; i++) {
            int type = lua.type(i + 1);
            if (type == LuaState.STRING) {
                args[i] = lua.bytes(i + 1);
            } else if (type == LuaState.NUMBER) {
                args[i] = text(lua.number(i + 1));
            } else {
                return null;
            }
        }
        return args;
    }

    /** As printf's %.17g prints it, or from 7.2 on an integer whole and anything else as short as it can be. */
    private Bytes text(double number) {
        long whole = (long) number;
        if (whole == number && Math.abs(number) < 1e17 && (whole != 0 || 1 / number > 0)) {
            return Bytes.of(whole);
        }
        if (Double.isNaN(number)) {
            return Bytes.of(caller.doubles() == DoubleStyle.G17 ? "-nan" : "nan");
        }
        return RedisDouble.format(number, caller.doubles());
    }

    private int aclCheck(LuaState lua) {
        Bytes[] args = arguments(lua);
        lua.setTop(0);
        var replies = new LuaReplies(lua);
        if (args == null || args.length == 0) {
            replies.pushError(
                    (args == null ? RedisError.scriptArgumentTypes() : RedisError.scriptCallsNothing())
                            .reply()
                            .text(),
                    false);
            return LuaState.RAISE;
        }
        try {
            lua.push(caller.mayCall(args));
            return 1;
        } catch (RedisError unknown) {
            replies.pushError(unknown.reply().text(), false);
            return LuaState.RAISE;
        }
    }

    // ---- replies

    /** An error of one word gets the code ERR; a dash before it is left out. */
    private static int reply(LuaState lua, boolean error) {
        var replies = new LuaReplies(lua);
        if (lua.top() != 1 || lua.type(1) != LuaState.STRING) {
            replies.pushError(Bytes.of("ERR wrong number or type of arguments"), false);
            return 1;
        }
        Bytes text = lua.bytes(1);
        if (!error) {
            replies.pushStatus(text);
            return 1;
        }
        String said = text.latin1().replaceAll("^[\\r\\n]+|[\\r\\n]+$", "");
        said = said.startsWith("-") ? said.substring(1) : said;
        String whole = said.indexOf(' ') < 0 ? "ERR " + said : said;
        replies.pushError(Bytes.wrap(whole.getBytes(StandardCharsets.ISO_8859_1)), false);
        return 1;
    }

    private static int refuse(LuaState lua, String text) {
        new LuaReplies(lua).pushError(Bytes.of("ERR " + text), false);
        return LuaState.RAISE;
    }

    private int setresp(LuaState lua) {
        if (lua.top() != 1) {
            return refuse(lua, "redis.setresp() requires one argument.");
        }
        double version = lua.number(1);
        if (version != 2 && version != 3) {
            return refuse(lua, "RESP version must be 2 or 3.");
        }
        caller.speakResp3(version == 3);
        return 0;
    }

    // ---- the rest

    private static int sha1hex(LuaState lua) {
        if (lua.top() != 1) {
            return refuse(lua, "wrong number of arguments");
        }
        boolean text = lua.type(1) == LuaState.STRING || lua.type(1) == LuaState.NUMBER;
        lua.push(Bytes.of(Sha1.hex(text ? lua.bytes(1) : Bytes.EMPTY)));
        return 1;
    }

    private static int log(LuaState lua) {
        int arguments = lua.top();
        if (arguments < 2) {
            return refuse(lua, "redis.log() requires two arguments or more.");
        }
        if (!lua.isNumeric(1)) {
            return refuse(lua, "First argument must be a number (log level).");
        }
        int level = (int) lua.number(1);
        if (level < 0 || level > LOG_LEVEL_MAX) {
            return refuse(lua, "Invalid debug level.");
        }
        var message = new StringBuilder();
        for (int i = 2; i <= arguments; i++) {
            if (lua.type(i) == LuaState.STRING || lua.type(i) == LuaState.NUMBER) {
                message.append(i > 2 ? " " : "").append(lua.bytes(i));
            }
        }
        switch (level) {
            case LOG_LEVEL_MAX -> log.warn("A script says: {}", message);
            case 2 -> log.info("A script says: {}", message);
            default -> log.debug("A script says: {}", message);
        }
        return 0;
    }

    /** Nothing is left out of the journal: what a script does must survive here whatever it wishes for replicas. */
    private static int setRepl(LuaState lua) {
        if (lua.top() != 1) {
            return refuse(lua, "redis.set_repl() requires two arguments.");
        }
        double flags = lua.number(1);
        if (flags < 0 || flags > REPL_FLAGS_MAX) {
            return refuse(lua, "Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.");
        }
        return 0;
    }
}
