package io.holdfast.engine.script;

import io.holdfast.resp.Bytes;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import party.iroiro.luajava.JFunction;
import party.iroiro.luajava.Lua;
import party.iroiro.luajava.lua51.Lua51Natives;

/**
 * The stack of one Lua thread, with binary-safe strings. None of its operations runs a metamethod, so none of them can
 * raise a Lua error through Java frames; what may raise goes through {@link #protectedCall}. Owned by the engine loop.
 */
final class LuaState {
    static final int NIL = 0;
    static final int BOOLEAN = 1;
    static final int LIGHT_USERDATA = 2;
    static final int NUMBER = 3;
    static final int STRING = 4;
    static final int TABLE = 5;
    static final int FUNCTION = 6;

    /** What a function returns to raise the value on top of the stack. */
    static final int RAISE = -1;

    private static final int ALL_RESULTS = -1;
    private static final int GC_COLLECT = 2;
    private static final int GC_COUNT = 3;
    private static final int GC_SET_STEP_MULTIPLIER = 7;

    /** Beyond this a string goes over as bytes: the way over a Java string would copy it once more. */
    private static final int TEXT_BYTES_MAX = 1024;

    private final Lua lua;
    private final Lua51Natives natives;
    private final long pointer;
    private final int registry;
    private final StringChunk chunk;

    LuaState(Lua lua, StringChunk chunk) {
        this.lua = lua;
        this.natives = (Lua51Natives) lua.getLuaNatives();
        this.pointer = lua.getPointer();
        this.registry = natives.getRegistryIndex();
        this.chunk = chunk;
    }

    /** The same for a coroutine of it. */
    LuaState of(Lua thread) {
        return thread == lua ? this : new LuaState(thread, chunk);
    }

    // ---- the stack

    int top() {
        return natives.lua_gettop(pointer);
    }

    void setTop(int index) {
        natives.lua_settop(pointer, index);
    }

    void pop() {
        natives.lua_settop(pointer, -2);
    }

    /** Makes room for {@code more} values; false when Lua's stack has reached its limit. */
    boolean hasRoomFor(int more) {
        return natives.lua_checkstack(pointer, more) != 0;
    }

    int type(int index) {
        return natives.lua_type(pointer, index);
    }

    /** The type's name as Lua's own messages have it; "no value" beyond the top. */
    String typeName(int index) {
        return natives.luaL_typename(pointer, index);
    }

    boolean isNumeric(int index) {
        return natives.lua_isnumber(pointer, index) != 0;
    }

    double number(int index) {
        return natives.lua_tonumber(pointer, index);
    }

    boolean truth(int index) {
        return natives.lua_toboolean(pointer, index) != 0;
    }

    /** Whether the light userdata there is the null pointer, which is cjson.null. */
    boolean isNullPointer(int index) {
        return natives.lua_touserdata(pointer, index) == 0;
    }

    /** The bytes of a string, or of a number as Lua prints it (which turns it into a string in its place). */
    Bytes bytes(int index) {
        var direct = (ByteBuffer) natives.luaJ_todirectbuffer(pointer, index);
        var copy = new byte[direct.remaining()];
        direct.get(copy);
        return Bytes.wrap(copy);
    }

    void push(Bytes value) {
        byte[] bytes = value.array();
        if (isText(bytes)) {
            natives.luaJ_pushstring(pointer, new String(bytes, StandardCharsets.ISO_8859_1));
        } else {
            ByteBuffer code = chunk.returning(bytes);
            if (natives.luaJ_dobuffer(pointer, code, code.limit(), "=holdfast") != 0) {
                throw new IllegalStateException("Lua did not take a string of " + bytes.length + " bytes");
            }
        }
    }

    /** Whether JNI's modified UTF-8 spells these bytes as they are: no NUL, nothing beyond ASCII. */
    private static boolean isText(byte[] bytes) {
        if (bytes.length > TEXT_BYTES_MAX) {
            return false;
        }
        for (byte b : bytes) {
            if (b <= 0) {
                return false;
            }
        }
        return true;
    }

    void push(double value) {
        natives.lua_pushnumber(pointer, value);
    }

    void push(boolean value) {
        natives.lua_pushboolean(pointer, value ? 1 : 0);
    }

    void pushNil() {
        natives.lua_pushnil(pointer);
    }

    void pushNullPointer() {
        natives.lua_pushlightuserdata(pointer, 0);
    }

    void push(JFunction function) {
        natives.luaJ_pushfunction(pointer, function);
    }

    void pushCopy(int index) {
        natives.lua_pushvalue(pointer, index);
    }

    void insert(int index) {
        natives.lua_insert(pointer, index);
    }

    // ---- tables, raw

    void newTable(int items, int fields) {
        natives.lua_createtable(pointer, items, fields);
    }

    /** Pops a value and a key below it into the table at {@code index}. */
    void rawSet(int index) {
        natives.lua_rawset(pointer, index);
    }

    /** Pops a value into place {@code item} of the table at {@code index}. */
    void rawSet(int index, int item) {
        natives.lua_rawseti(pointer, index, item);
    }

    void setField(int table, String ascii) {
        // Not lua_setfield, which would run a metamethod.
        natives.luaJ_pushstring(pointer, ascii);
        natives.lua_insert(pointer, -2);
        natives.lua_rawset(pointer, table < 0 ? table - 1 : table);
    }

    /** Pushes the field of the table at {@code table}, and gives its type. */
    int field(int table, String ascii) {
        natives.luaJ_pushstring(pointer, ascii);
        natives.lua_rawget(pointer, table < 0 ? table - 1 : table);
        return natives.lua_type(pointer, -1);
    }

    /** Pushes item {@code item} of the table at {@code table}, and gives its type. */
    int item(int table, int item) {
        natives.lua_rawgeti(pointer, table, item);
        return natives.lua_type(pointer, -1);
    }

    /** Pops a key and pushes the next one and its value; false, and nothing pushed, at the end. */
    boolean next(int table) {
        return natives.lua_next(pointer, table) != 0;
    }

    // ---- the registry

    /** Pops a value and keeps it under the number that is returned. */
    int keep() {
        return natives.luaL_ref(pointer, registry);
    }

    void pushKept(int reference) {
        natives.lua_rawgeti(pointer, registry, reference);
    }

    void forget(int reference) {
        natives.luaL_unref(pointer, registry, reference);
    }

    // ---- code

    /** Compiles source text to a function on the stack; false, and a message there, when it is not Lua. */
    boolean load(Bytes source, String name) {
        ByteBuffer buffer = chunk.copy(source.array());
        return natives.luaJ_loadbuffer(pointer, buffer, buffer.limit(), name) == 0;
    }

    /** Calls as Lua's pcall: false when it failed, with the error on the stack. */
    boolean protectedCall(int arguments, int results, int handler) {
        return natives.lua_pcall(pointer, arguments, results, handler) == 0;
    }

    boolean protectedCall(int arguments) {
        return protectedCall(arguments, ALL_RESULTS, 0);
    }

    // ---- errors

    /** Raises a message with the place of the calling Lua function before it, as luaL_error does. */
    int raise(String message) {
        natives.luaL_where(pointer, 1);
        push(Bytes.wrap(message.getBytes(StandardCharsets.ISO_8859_1)));
        natives.lua_concat(pointer, 2);
        return RAISE;
    }

    int badArgument(int number, String function, String why) {
        return raise("bad argument #" + number + " to '" + function + "' (" + why + ")");
    }

    int badType(int number, String function, String expected) {
        return badArgument(number, function, expected + " expected, got " + typeName(number));
    }

    // ---- memory

    long memoryKilobytes() {
        return natives.lua_gc(pointer, GC_COUNT, 0);
    }

    void collectGarbage() {
        natives.lua_gc(pointer, GC_COLLECT, 0);
    }

    /** From now on a collection that begins also ends: what follows one knows how much is really in use. */
    void collectWhole() {
        natives.lua_gc(pointer, GC_SET_STEP_MULTIPLIER, 0);
    }

    void close() {
        lua.close();
    }

    /** The first bytes of every binary chunk: they say how this Lua lays out numbers. */
    static byte[] chunkHeader(Lua lua, int length) {
        var natives = (Lua51Natives) lua.getLuaNatives();
        ByteBuffer source = ByteBuffer.allocateDirect(8).put("return 1".getBytes(StandardCharsets.ISO_8859_1));
        if (natives.luaJ_loadbuffer(lua.getPointer(), source, source.capacity(), "=holdfast") != 0) {
            throw new IllegalStateException("Lua does not compile");
        }
        Buffer dump = (Buffer) Objects.requireNonNull(natives.luaJ_dumptobuffer(lua.getPointer()));
        natives.lua_settop(lua.getPointer(), 0);
        var header = new byte[length];
        ((ByteBuffer) dump).get(0, header);
        return header;
    }
}
