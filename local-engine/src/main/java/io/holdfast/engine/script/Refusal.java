package io.holdfast.engine.script;

import io.holdfast.resp.Bytes;

/** What a function of Java's refuses its arguments with, on its way to the script that called it. */
final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private static final int NONE = -1;

    private final int argument;

    Refusal(String text) {
        this(NONE, text);
    }

    /** @param argument which one is bad */
    Refusal(int argument, String text) {
        super(text, null, false, false);
        this.argument = argument;
    }

    /** Runs a function's body and raises what it refuses. */
    static int raisedBy(LuaState lua, String function, ScriptVm.Function body) {
        try {
            return body.call(lua);
        } catch (Refusal refused) {
            String text = String.valueOf(refused.getMessage());
            return refused.argument == NONE ? lua.raise(text) : lua.badArgument(refused.argument, function, text);
        }
    }

    /** The string, or number as a string, at {@code argument}. */
    static Bytes string(LuaState lua, int argument) {
        int type = lua.type(argument);
        if (type != LuaState.STRING && type != LuaState.NUMBER) {
            throw new Refusal(argument, "string expected, got " + lua.typeName(argument));
        }
        return lua.bytes(argument);
    }

    /** The number, or numeric string, at {@code argument}. */
    static double number(LuaState lua, int argument) {
        if (!lua.isNumeric(argument)) {
            throw new Refusal(argument, "number expected, got " + lua.typeName(argument));
        }
        return lua.number(argument);
    }
}
