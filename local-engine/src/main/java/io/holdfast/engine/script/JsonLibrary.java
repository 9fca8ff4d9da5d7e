package io.holdfast.engine.script;

import io.holdfast.resp.Reply;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The library {@code cjson} (lua-cjson 2.1.0 as Redis has it), with the settings that scripts can change: they stay as
 * a script leaves them. Owned by the engine loop.
 */
final class JsonLibrary {
    /** What to do with numbers that JSON has no spelling for. */
    enum InvalidNumbers {
        REFUSED,
        ALLOWED,
        NULL
    }

    boolean sparseConvert;
    int sparseRatio = 2;
    int sparseSafe = 10;
    int encodeDepthMax = 1000;
    int decodeDepthMax = 1000;
    int precision = 14;
    boolean keepBuffer = true;
    InvalidNumbers encodeInvalid = InvalidNumbers.REFUSED;
    boolean decodeInvalid = true;

    Map<String, Object> content() {
        Map<String, Object> cjson = new LinkedHashMap<>();
        cjson.put("encode", function("encode", this::encode));
        cjson.put("decode", function("decode", this::decode));
        cjson.put("encode_sparse_array", function("encode_sparse_array", this::sparseArray));
        cjson.put("encode_max_depth", integer("encode_max_depth", 1, Integer.MAX_VALUE, new Setting() {
            @Override
            public int get() {
                return encodeDepthMax;
            }

            @Override
            public void set(int value) {
                encodeDepthMax = value;
            }
        }));
        cjson.put("decode_max_depth", integer("decode_max_depth", 1, Integer.MAX_VALUE, new Setting() {
            @Override
            public int get() {
                return decodeDepthMax;
            }

            @Override
            public void set(int value) {
                decodeDepthMax = value;
            }
        }));
        cjson.put("encode_number_precision", integer("encode_number_precision", 1, 14, new Setting() {
            @Override
            public int get() {
                return precision;
            }

            @Override
            public void set(int value) {
                precision = value;
            }
        }));
        cjson.put("encode_keep_buffer", function("encode_keep_buffer", this::keepBuffer));
        cjson.put("encode_invalid_numbers", function("encode_invalid_numbers", this::encodeInvalidNumbers));
        cjson.put("decode_invalid_numbers", function("decode_invalid_numbers", this::decodeInvalidNumbers));
        cjson.put("null", Reply.Null.BULK);
        cjson.put("_NAME", "cjson");
        cjson.put("_VERSION", "2.1.0");
        return cjson;
    }

    private static ScriptVm.Function function(String name, ScriptVm.Function body) {
        return lua -> Refusal.raisedBy(lua, name, body);
    }

    private int encode(LuaState lua) {
        if (lua.top() != 1) {
            throw new Refusal(1, "expected 1 argument");
        }
        var writer = new JsonWriter(lua, this);
        lua.push(writer.encodeTop());
        return 1;
    }

    private int decode(LuaState lua) {
        if (lua.top() != 1) {
            throw new Refusal(1, "expected 1 argument");
        }
        new JsonReader(lua, this, Refusal.string(lua, 1).array()).decode();
        return 1;
    }

    // ---- settings

    private interface Setting {
        int get();

        void set(int value);
    }

    private static int requireArguments(LuaState lua, int most) {
        int arguments = lua.top();
        if (arguments > most) {
            throw new Refusal(most + 1, "found too many arguments");
        }
        return arguments;
    }

    private static int intArgument(LuaState lua, int argument, int min, int max) {
        double value = Refusal.number(lua, argument);
        if (value != Math.rint(value) || value < min || value > max) {
            throw new Refusal(1, "expected integer between " + min + " and " + max);
        }
        return (int) value;
    }

    private static ScriptVm.Function integer(String name, int min, int max, Setting setting) {
        return function(name, lua -> {
            if (requireArguments(lua, 1) == 1 && lua.type(1) != LuaState.NIL) {
                setting.set(intArgument(lua, 1, min, max));
            }
            lua.push((double) setting.get());
            return 1;
        });
    }

    private int sparseArray(LuaState lua) {
        int arguments = requireArguments(lua, 3);
        if (arguments >= 1 && lua.type(1) != LuaState.NIL) {
            sparseConvert = option(lua, "off", "on") == 1;
        }
        if (arguments >= 2 && lua.type(2) != LuaState.NIL) {
            sparseRatio = intArgument(lua, 2, 0, Integer.MAX_VALUE);
        }
        if (arguments >= 3 && lua.type(3) != LuaState.NIL) {
            sparseSafe = intArgument(lua, 3, 0, Integer.MAX_VALUE);
        }
        lua.push(sparseConvert);
        lua.push((double) sparseRatio);
        lua.push((double) sparseSafe);
        return 3;
    }

    /** The first argument: false and true for the first two words, or a word. */
    private static int option(LuaState lua, String... words) {
        if (lua.type(1) == LuaState.BOOLEAN) {
            return lua.truth(1) ? 1 : 0;
        }
        String word = Refusal.string(lua, 1).latin1();
        for (int i = 0; i < words.length; i++) {
            if (words[i].equals(word)) {
                return i;
            }
        }
        throw new Refusal(1, "invalid option '" + word + "'");
    }

    private int keepBuffer(LuaState lua) {
        if (requireArguments(lua, 1) == 1 && lua.type(1) != LuaState.NIL) {
            keepBuffer = option(lua, "off", "on") == 1;
        }
        lua.push(keepBuffer);
        return 1;
    }

    private int encodeInvalidNumbers(LuaState lua) {
        if (requireArguments(lua, 1) == 1 && lua.type(1) != LuaState.NIL) {
            encodeInvalid = InvalidNumbers.values()[option(lua, "off", "on", "null")];
        }
        switch (encodeInvalid) {
            case REFUSED -> lua.push(false);
            case ALLOWED -> lua.push(true);
            case NULL -> lua.push(io.holdfast.resp.Bytes.of("null"));
        }
        return 1;
    }

    private int decodeInvalidNumbers(LuaState lua) {
        if (requireArguments(lua, 1) == 1 && lua.type(1) != LuaState.NIL) {
            decodeInvalid = option(lua, "off", "on") == 1;
        }
        lua.push(decodeInvalid);
        return 1;
    }
}
