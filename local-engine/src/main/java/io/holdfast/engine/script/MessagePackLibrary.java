package io.holdfast.engine.script;

import io.holdfast.resp.Bytes;
import java.util.LinkedHashMap;
import java.util.Map;

/** The library {@code cmsgpack} (lua-cmsgpack 0.4.0): values as MessagePack and back. Stateless. */
final class MessagePackLibrary {
    /** Tables deeper than this are packed as nil. */
    private static final int NESTING_MAX = 16;
    /** Slots of the stack that one level of nesting takes. */
    private static final int SLOTS_A_LEVEL = 6;

    private MessagePackLibrary() {}

    static Map<String, Object> content() {
        Map<String, Object> library = new LinkedHashMap<>();
        library.put("pack", (ScriptVm.Function) lua -> Refusal.raisedBy(lua, "pack", MessagePackLibrary::pack));
        library.put("unpack", function("unpack", lua -> unpack(lua, Integer.MAX_VALUE, 0, false)));
        library.put("unpack_one", function("unpack_one", lua -> unpack(lua, 1, optional(lua, 2, 0), true)));
        library.put(
                "unpack_limit",
                function("unpack_limit", lua -> unpack(lua, (int) Refusal.number(lua, 2), optional(lua, 3, 0), true)));
        library.put("_NAME", "cmsgpack");
        library.put("_VERSION", "lua-cmsgpack 0.4.0");
        library.put("_COPYRIGHT", "Copyright (C) 2012, Salvatore Sanfilippo");
        library.put("_DESCRIPTION", "MessagePack C implementation for Lua");
        return library;
    }

    private static ScriptVm.Function function(String name, ScriptVm.Function body) {
        return lua -> Refusal.raisedBy(lua, name, body);
    }

    private static int optional(LuaState lua, int argument, int otherwise) {
        return lua.top() < argument || lua.type(argument) == LuaState.NIL
                ? otherwise
                : (int) Refusal.number(lua, argument);
    }

    // ---- packing

    private static int pack(LuaState lua) {
        int arguments = lua.top();
        if (arguments == 0) {
            throw new Refusal(0, "MessagePack pack needs input.");
        }
        var out = new ByteSink();
        for (int i = 1; i <= arguments; i++) {
            lua.pushCopy(i);
            packTop(lua, out, 0);
        }
        lua.push(out.toBytes());
        return 1;
    }

    /** Pops the value on top. */
    private static void packTop(LuaState lua, ByteSink out, int level) {
        int type = lua.type(-1);
        if (type == LuaState.TABLE && level == NESTING_MAX) {
            type = LuaState.NIL;
        }
        switch (type) {
            case LuaState.STRING -> string(lua.bytes(-1), out);
            case LuaState.BOOLEAN -> out.add(lua.truth(-1) ? 0xc3 : 0xc2);
            case LuaState.NUMBER -> number(lua.number(-1), out);
            case LuaState.TABLE -> {
                if (!lua.hasRoomFor(SLOTS_A_LEVEL)) {
                    throw new Refusal("stack overflow (in function mp_encode_lua_table_as_array)");
                }
                long items = arrayLength(lua);
                if (items >= 0) {
                    array(lua, out, (int) items, level);
                } else {
                    map(lua, out, level);
                }
            }
            default -> out.add(0xc0);
        }
        lua.pop();
    }

    private static void string(Bytes value, ByteSink out) {
        int length = value.length();
        if (length < 32) {
            out.add(0xa0 | length);
        } else if (length <= 0xff) {
            out.add(0xd9);
            out.add(length);
        } else if (length <= 0xffff) {
            out.add(0xda);
            out.addNumber(length, 2, true);
        } else {
            out.add(0xdb);
            out.addNumber(length, 4, true);
        }
        out.add(value.array(), 0, length);
    }

    private static void number(double value, ByteSink out) {
        if (value == Math.rint(value) && value >= -0x1p63 && value < 0x1p63) {
            integer((long) value, out);
        } else if (value == (float) value) {
            out.add(0xca);
            out.addNumber(Float.floatToRawIntBits((float) value), 4, true);
        } else {
            out.add(0xcb);
            out.addNumber(Double.doubleToRawLongBits(value), 8, true);
        }
    }

    private static void integer(long value, ByteSink out) {
        if (value >= 0) {
            if (value <= 0x7f) {
                out.add((int) value);
            } else if (value <= 0xff) {
                tagged(out, 0xcc, value, 1);
            } else if (value <= 0xffff) {
                tagged(out, 0xcd, value, 2);
            } else if (value <= 0xffffffffL) {
                tagged(out, 0xce, value, 4);
            } else {
                tagged(out, 0xcf, value, 8);
            }
        } else if (value >= -32) {
            out.add((int) value);
        } else if (value >= Byte.MIN_VALUE) {
            tagged(out, 0xd0, value, 1);
        } else if (value >= Short.MIN_VALUE) {
            tagged(out, 0xd1, value, 2);
        } else if (value >= Integer.MIN_VALUE) {
            tagged(out, 0xd2, value, 4);
        } else {
            tagged(out, 0xd3, value, 8);
        }
    }

    private static void tagged(ByteSink out, int tag, long value, int size) {
        out.add(tag);
        out.addNumber(value, size, true);
    }

    /** How many items the table on top has if its keys are 1 to that number; −1 when they are not. */
    private static long arrayLength(LuaState lua) {
        long count = 0;
        double greatest = 0;
        boolean array = true;
        lua.pushNil();
        while (lua.next(-2)) {
            lua.pop();
            double key = lua.type(-1) == LuaState.NUMBER ? lua.number(-1) : 0;
            if (key <= 0 || key != Math.rint(key)) {
                array = false;
            }
            greatest = Math.max(greatest, key);
            count++;
        }
        return array && greatest == count ? count : -1;
    }

    private static void array(LuaState lua, ByteSink out, int items, int level) {
        if (items <= 15) {
            out.add(0x90 | items);
        } else if (items <= 0xffff) {
            tagged(out, 0xdc, items, 2);
        } else {
            tagged(out, 0xdd, items, 4);
        }
        for (int i = 1; i <= items; i++) {
            int unused = lua.item(-1, i);
            packTop(lua, out, level + 1);
        }
    }

    private static void map(LuaState lua, ByteSink out, int level) {
        int pairs = 0;
        lua.pushNil();
        while (lua.next(-2)) {
            lua.pop();
            pairs++;
        }
        if (pairs <= 15) {
            out.add(0x80 | pairs);
        } else if (pairs <= 0xffff) {
            tagged(out, 0xde, pairs, 2);
        } else {
            tagged(out, 0xdf, pairs, 4);
        }
        lua.pushNil();
        while (lua.next(-2)) {
            lua.pushCopy(-2);
            packTop(lua, out, level + 1);
            packTop(lua, out, level + 1);
        }
    }

    // ---- unpacking

    private static int unpack(LuaState lua, int limit, int offset, boolean withOffset) {
        Bytes input = Refusal.string(lua, 1);
        if (limit < 0 || offset < 0) {
            throw new Refusal(
                    "Invalid request to unpack with offset of " + offset + " and limit of " + input.length() + ".");
        }
        if (offset > input.length()) {
            throw new Refusal("Start offset " + offset + " greater than input length " + input.length() + ".");
        }
        int most = limit == 0 ? Integer.MAX_VALUE : limit;
        lua.setTop(0);
        var reader = new Reader(lua, input.array(), offset);
        int count = 0;
        while (reader.at < input.length() && count < most) {
            if (!lua.hasRoomFor(SLOTS_A_LEVEL)) {
                throw new Refusal("stack overflow (in function mp_unpack_full)");
            }
            reader.value();
            count++;
        }
        if (!withOffset) {
            return count;
        }
        lua.push(reader.at == input.length() ? -1.0 : reader.at);
        lua.insert(1);
        return count + 1;
    }

    /** Pushes values from bytes. */
    private static final class Reader {
        private final LuaState lua;
        private final byte[] data;
        private int at;

        Reader(LuaState lua, byte[] data, int at) {
            this.lua = lua;
            this.data = data;
            this.at = at;
        }

        private long take(int size) {
            if (data.length - at < size) {
                throw new Refusal("Missing bytes in input.");
            }
            long bits = StructLibrary.bits(data, at, size, true);
            at += size;
            return bits;
        }

        private void signed(int size) {
            int unused = Long.SIZE - 8 * size;
            lua.push((double) (take(size) << unused >> unused));
        }

        private void string(long length) {
            if (data.length - at < length) {
                throw new Refusal("Missing bytes in input.");
            }
            lua.push(Bytes.copyOf(data, at, (int) length));
            at += (int) length;
        }

        private void array(long items) {
            room();
            lua.newTable(0, 0);
            for (long i = 1; i <= items; i++) {
                lua.push((double) i);
                value();
                lua.rawSet(-3);
            }
        }

        private void map(long pairs) {
            room();
            lua.newTable(0, 0);
            for (long i = 0; i < pairs; i++) {
                value();
                boolean noKey = lua.type(-1) == LuaState.NIL
                        || (lua.type(-1) == LuaState.NUMBER && Double.isNaN(lua.number(-1)));
                if (noKey) {
                    throw new Refusal("Bad data format in input.");
                }
                value();
                lua.rawSet(-3);
            }
        }

        private void room() {
            if (!lua.hasRoomFor(SLOTS_A_LEVEL)) {
                throw new Refusal("stack overflow (in function mp_decode_to_lua_type)");
            }
        }

        void value() {
            int tag = (int) take(1);
            switch (tag) {
                case 0xc0 -> lua.pushNil();
                case 0xc2 -> lua.push(false);
                case 0xc3 -> lua.push(true);
                case 0xca -> lua.push((double) Float.intBitsToFloat((int) take(4)));
                case 0xcb -> lua.push(Double.longBitsToDouble(take(8)));
                case 0xcc -> lua.push((double) take(1));
                case 0xcd -> lua.push((double) take(2));
                case 0xce -> lua.push((double) take(4));
                case 0xcf -> lua.push((double) take(8));
                case 0xd0 -> signed(1);
                case 0xd1 -> signed(2);
                case 0xd2 -> signed(4);
                case 0xd3 -> signed(8);
                case 0xd9 -> string(take(1));
                case 0xda -> string(take(2));
                case 0xdb -> string(take(4));
                case 0xdc -> array(take(2));
                case 0xdd -> array(take(4));
                case 0xde -> map(take(2));
                case 0xdf -> map(take(4));
                default -> fixed(tag);
            }
        }

        private void fixed(int tag) {
            if (tag < 0x80) {
                lua.push((double) tag);
            } else if (tag >= 0xe0) {
                lua.push((double) (byte) tag);
            } else if (tag >= 0xc0) {
                throw new Refusal("Bad data format in input.");
            } else if (tag >= 0xa0) {
                string(tag & 0x1f);
            } else if (tag >= 0x90) {
                array(tag & 0xf);
            } else {
                map(tag & 0xf);
            }
        }
    }
}
