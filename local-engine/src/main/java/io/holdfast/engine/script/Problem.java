package io.holdfast.engine.script;

import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** What a script failed with, as the error handler left it on top of the stack: a text, and where it came from. */
final class Problem {
    private final Bytes text;
    private final @Nullable Bytes source;
    private final @Nullable Bytes line;
    private final boolean counted;

    Problem(LuaState lua) {
        counted = LuaReplies.isCounted(lua);
        if (lua.type(-1) == LuaState.TABLE) {
            Bytes found = string(lua, "err");
            text = found == null ? Bytes.of("ERR unknown error") : found;
            source = string(lua, "source");
            line = string(lua, "line");
        } else { // the handler itself has failed, for want of memory or of stack
            text = lua.type(-1) == LuaState.STRING ? lua.bytes(-1) : Bytes.of("ERR execution failure");
            source = null;
            line = null;
        }
    }

    private static @Nullable Bytes string(LuaState lua, String field) {
        Bytes value = lua.field(-1, field) == LuaState.STRING ? lua.bytes(-1) : null;
        lua.pop();
        return value;
    }

    /** Whether the statistics have it already. */
    boolean isCounted() {
        return counted;
    }

    Bytes text() {
        return text;
    }

    /** The error as the caller of {@code script} gets it. */
    Reply.Failure reply(String script) {
        if (source == null || line == null) {
            return new Reply.Failure(text);
        }
        String whole = text.latin1() + " script: " + script + ", on " + source.latin1() + ":" + line.latin1() + ".";
        return new Reply.Failure(Bytes.wrap(whole.getBytes(StandardCharsets.ISO_8859_1)));
    }
}
