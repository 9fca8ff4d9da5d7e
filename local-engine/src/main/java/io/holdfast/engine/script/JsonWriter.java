package io.holdfast.engine.script;

import io.holdfast.resp.Bytes;

/** Spells a Lua value as JSON, as lua-cjson does. Used once, on the engine loop. */
final class JsonWriter {
    private static final int NO_ARRAY = -1;
    private static final String HEX = "0123456789abcdef";

    private final LuaState lua;
    private final JsonLibrary settings;
    private final ByteSink out = new ByteSink();

    JsonWriter(LuaState lua, JsonLibrary settings) {
        this.lua = lua;
        this.settings = settings;
    }

    /** Of the value on top, which stays there. */
    Bytes encodeTop() {
        value(0);
        return out.toBytes();
    }

    private void value(int depth) {
        switch (lua.type(-1)) {
            case LuaState.STRING -> string(lua.bytes(-1));
            case LuaState.NUMBER -> number(lua.number(-1));
            case LuaState.BOOLEAN -> out.add(lua.truth(-1) ? "true" : "false");
            case LuaState.NIL -> out.add("null");
            case LuaState.TABLE -> table(depth + 1);
            case LuaState.LIGHT_USERDATA -> {
                if (!lua.isNullPointer(-1)) {
                    throw refused("type not supported");
                }
                out.add("null");
            }
            default -> throw refused("type not supported");
        }
    }

    private Refusal refused(String why) {
        return new Refusal("Cannot serialise " + lua.typeName(-1) + ": " + why);
    }

    private void table(int depth) {
        if (depth > settings.encodeDepthMax || !lua.hasRoomFor(4)) {
            throw new Refusal("Cannot serialise, excessive nesting (" + depth + ")");
        }
        int length = arrayLength();
        if (length > 0) {
            array(length, depth);
        } else {
            object(depth);
        }
    }

    /** The greatest key if all keys are positive whole numbers and there are not too many holes. */
    private int arrayLength() {
        double greatest = 0;
        long items = 0;
        lua.pushNil();
        while (lua.next(-2)) {
            lua.pop();
            double key = lua.type(-1) == LuaState.NUMBER ? lua.number(-1) : 0;
            if (key < 1 || key != Math.floor(key)) {
                lua.pop();
                return NO_ARRAY;
            }
            greatest = Math.max(greatest, key);
            items++;
        }
        boolean sparse = settings.sparseRatio > 0
                && greatest > (double) items * settings.sparseRatio
                && greatest > settings.sparseSafe;
        if (!sparse) {
            return (int) greatest;
        }
        if (!settings.sparseConvert) {
            throw refused("excessively sparse array");
        }
        return NO_ARRAY;
    }

    private void array(int length, int depth) {
        out.add('[');
        for (int i = 1; i <= length; i++) {
            if (i > 1) {
                out.add(',');
            }
            int unused = lua.item(-1, i);
            value(depth);
            lua.pop();
        }
        out.add(']');
    }

    private void object(int depth) {
        out.add('{');
        boolean first = true;
        lua.pushNil();
        while (lua.next(-2)) {
            if (!first) {
                out.add(',');
            }
            first = false;
            int type = lua.type(-2);
            if (type == LuaState.NUMBER) {
                out.add('"');
                number(lua.number(-2));
                out.add('"');
            } else if (type == LuaState.STRING) {
                string(lua.bytes(-2));
            } else {
                lua.pop();
                throw refused("table key must be a number or string");
            }
            out.add(':');
            value(depth);
            lua.pop();
        }
        out.add('}');
    }

    private void number(double value) {
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            switch (settings.encodeInvalid) {
                case REFUSED -> throw new Refusal("Cannot serialise number: must not be NaN or Inf");
                case NULL -> {
                    out.add("null");
                    return;
                }
                case ALLOWED -> {
                    out.add(Double.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf");
                    return;
                }
            }
        }
        out.add(CFormat.general(value, settings.precision));
    }

    private void string(Bytes text) {
        out.add('"');
        for (byte b : text.array()) {
            switch (b) {
                case '"' -> out.add("\\\"");
                case '\\' -> out.add("\\\\");
                case '/' -> out.add("\\/");
                case '\b' -> out.add("\\b");
                case '\f' -> out.add("\\f");
                case '\n' -> out.add("\\n");
                case '\r' -> out.add("\\r");
                case '\t' -> out.add("\\t");
                default -> {
                    if ((b >= 0 && b < 0x20) || b == 0x7f) {
                        out.add("\\u00");
                        out.add(HEX.charAt(b >> 4));
                        out.add(HEX.charAt(b & 15));
                    } else {
                        out.add(b);
                    }
                }
            }
        }
        out.add('"');
    }
}
