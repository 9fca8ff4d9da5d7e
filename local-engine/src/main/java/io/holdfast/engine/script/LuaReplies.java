package io.holdfast.engine.script;

import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.rule.DoubleStyle;
import io.holdfast.engine.rule.RedisDouble;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Replies as Lua values and back, by Redis's table (redis.io/docs/latest/develop/interact/programmability/lua-api).
 *
 * <pre>
 *   reply      RESP2 script        RESP3 script               value               reply
 *   bulk       string              string                     string              bulk
 *   integer    number              number                     number              integer, truncated
 *   simple     {ok=}               {ok=}                      {ok=} {err=}        simple, error
 *   error      {err=}              {err=}                     {double=} {map=}    as in RESP3
 *   array      table               table                      {set=} {big_number=} {verbatim_string=}
 *   null       false               nil                        other table         array, up to the first nil
 *   map, set   table, flat         {map=}, {set=}             true, false         1, null; booleans in a RESP3 script
 *   double     string              {double=}                  nil, anything else  null
 * </pre>
 */
final class LuaReplies {
    /** What a table may hold in another, and so on; Redis goes on to the end of Lua's stack. */
    private static final int DEPTH_MAX = 1000;
    /** Slots of the stack that one level of nesting takes. */
    private static final int SLOTS_A_LEVEL = 6;

    private final LuaState lua;

    LuaReplies(LuaState lua) {
        this.lua = lua;
    }

    // ---- to Lua

    /** Pushes {@code reply} as a script sees it that speaks RESP3, or RESP2. */
    void push(Reply reply, boolean resp3) {
        if (!lua.hasRoomFor(SLOTS_A_LEVEL)) {
            throw new IllegalStateException("a reply is nested deeper than Lua's stack");
        }
        if (reply instanceof Reply.Bulk bulk) {
            lua.push(bulk.value());
        } else if (reply instanceof Reply.Int integer) {
            lua.push((double) integer.value());
        } else if (reply instanceof Reply.Null) {
            pushNull(resp3);
        } else if (reply instanceof Reply.Simple simple) {
            pushStatus(simple.text());
        } else if (reply instanceof Reply.Failure failure) {
            pushError(failure.text(), true);
        } else if (reply instanceof Reply.Array array) {
            pushArray(array.items(), resp3);
        } else if (reply instanceof Reply.MapOf map) {
            pushMap(map.keysAndValues(), resp3);
        } else if (reply instanceof Reply.SetOf set) {
            pushSet(set.items(), resp3);
        } else if (reply instanceof Reply.Push push) {
            pushArray(push.items(), resp3);
        } else if (reply instanceof Reply.Sequence sequence) {
            pushArray(sequence.replies(), resp3);
        } else if (reply instanceof Reply.Attributed attributed) {
            push(attributed.reply(), resp3);
        } else {
            pushScalar(reply, resp3);
        }
    }

    private void pushScalar(Reply reply, boolean resp3) {
        if (reply instanceof Reply.Real real) {
            pushDouble(real, resp3);
        } else if (reply instanceof Reply.Bool bool) {
            if (resp3) {
                lua.push(bool.value());
            } else {
                lua.push(bool.value() ? 1.0 : 0.0);
            }
        } else if (reply instanceof Reply.BigNumber number) {
            pushTagged("big_number", number.digits(), resp3);
        } else if (reply instanceof Reply.Verbatim verbatim) {
            pushVerbatim(verbatim, resp3);
        } else {
            throw new IllegalStateException("Lua has no value for " + reply);
        }
    }

    private void pushNull(boolean resp3) {
        if (resp3) {
            lua.pushNil();
        } else {
            lua.push(false);
        }
    }

    void pushStatus(Bytes text) {
        lua.newTable(0, 1);
        lua.push(text);
        lua.setField(-2, "ok");
    }

    /** @param counted whether the error statistics have it already */
    void pushError(Bytes text, boolean counted) {
        lua.newTable(0, counted ? 2 : 1);
        lua.push(text);
        lua.setField(-2, "err");
        if (counted) {
            lua.push(true);
            lua.setField(-2, "ignore_error_stats_update");
        }
    }

    private void pushArray(List<Reply> items, boolean resp3) {
        lua.newTable(items.size(), 0);
        for (int i = 0; i < items.size(); i++) {
            push(items.get(i), resp3);
            lua.rawSet(-2, i + 1);
        }
    }

    private void pushMap(List<Reply> keysAndValues, boolean resp3) {
        if (!resp3) {
            pushArray(keysAndValues, false);
            return;
        }
        lua.newTable(0, 1);
        lua.newTable(0, keysAndValues.size() / 2);
        for (int i = 0; i < keysAndValues.size(); i += 2) {
            push(keysAndValues.get(i), true);
            push(keysAndValues.get(i + 1), true);
            lua.rawSet(-3);
        }
        lua.setField(-2, "map");
    }

    private void pushSet(List<Reply> items, boolean resp3) {
        if (!resp3) {
            pushArray(items, false);
            return;
        }
        lua.newTable(0, 1);
        lua.newTable(0, items.size());
        for (Reply item : items) {
            push(item, true);
            lua.push(true);
            lua.rawSet(-3);
        }
        lua.setField(-2, "set");
    }

    private void pushDouble(Reply.Real real, boolean resp3) {
        if (!resp3) {
            lua.push(real.text());
            return;
        }
        lua.newTable(0, 1);
        lua.push(real.value());
        lua.setField(-2, "double");
    }

    private void pushTagged(String tag, Bytes value, boolean resp3) {
        if (!resp3) {
            lua.push(value);
            return;
        }
        lua.newTable(0, 1);
        lua.push(value);
        lua.setField(-2, tag);
    }

    private void pushVerbatim(Reply.Verbatim verbatim, boolean resp3) {
        if (!resp3) {
            lua.push(verbatim.text());
            return;
        }
        lua.newTable(0, 1);
        lua.newTable(0, 2);
        lua.push(Bytes.of(verbatim.format()));
        lua.setField(-2, "format");
        lua.push(verbatim.text());
        lua.setField(-2, "string");
        lua.setField(-2, "verbatim_string");
    }

    // ---- from Lua

    /**
     * Pops the value on top and gives it as a reply.
     *
     * @param resp3 whether the script asked for RESP3, in which a boolean is one
     */
    Reply pop(boolean resp3, DoubleStyle style) {
        Reply reply = reply(resp3, style, 0);
        lua.pop();
        return reply;
    }

    /** The value on top, which stays there. */
    private Reply reply(boolean resp3, DoubleStyle style, int depth) {
        return switch (lua.type(-1)) {
            case LuaState.STRING -> Reply.bulk(lua.bytes(-1));
            case LuaState.NUMBER -> Reply.of(truncated(lua.number(-1)));
            case LuaState.BOOLEAN -> bool(lua.truth(-1), resp3);
            case LuaState.TABLE -> table(resp3, style, depth);
            default -> Reply.Null.BULK;
        };
    }

    private static Reply bool(boolean value, boolean resp3) {
        if (resp3) {
            return new Reply.Bool(value);
        }
        return value ? Reply.of(1) : Reply.Null.BULK;
    }

    /** As C converts a double to a long long on the machines that Redis runs on. */
    static long truncated(double value) {
        boolean fits = value >= -0x1p63 && value < 0x1p63;
        return fits ? (long) value : Long.MIN_VALUE;
    }

    private Reply table(boolean resp3, DoubleStyle style, int depth) {
        if (depth == DEPTH_MAX || !lua.hasRoomFor(SLOTS_A_LEVEL)) {
            return RedisError.luaStackLimit().reply();
        }
        if (lua.field(-1, "err") == LuaState.STRING) {
            Bytes text = lua.bytes(-1);
            lua.pop();
            return new Reply.Failure(text);
        }
        lua.pop();
        if (lua.field(-1, "ok") == LuaState.STRING) {
            Bytes text = lua.bytes(-1);
            lua.pop();
            return new Reply.Simple(text);
        }
        lua.pop();
        if (lua.field(-1, "double") == LuaState.NUMBER) {
            double value = lua.number(-1);
            lua.pop();
            return new Reply.Real(value, RedisDouble.format(value, style));
        }
        lua.pop();
        if (lua.field(-1, "map") == LuaState.TABLE) {
            Reply map = new Reply.MapOf(members(true, resp3, style, depth));
            lua.pop();
            return map;
        }
        lua.pop();
        if (lua.field(-1, "set") == LuaState.TABLE) {
            Reply set = new Reply.SetOf(members(false, resp3, style, depth));
            lua.pop();
            return set;
        }
        lua.pop();
        if (lua.field(-1, "big_number") == LuaState.STRING) {
            Bytes digits = lua.bytes(-1);
            lua.pop();
            return new Reply.BigNumber(oneLine(digits));
        }
        lua.pop();
        if (lua.field(-1, "verbatim_string") == LuaState.TABLE) {
            Reply verbatim = verbatim();
            lua.pop();
            if (verbatim != Reply.Null.BULK) {
                return verbatim;
            }
        } else {
            lua.pop();
        }
        return array(resp3, style, depth);
    }

    private static Bytes oneLine(Bytes text) {
        return Bytes.wrap(text.latin1()
                .replace('\r', ' ')
                .replace('\n', ' ')
                .getBytes(java.nio.charset.StandardCharsets.ISO_8859_1));
    }

    /** The keys, or keys and values, of the table on top. */
    private List<Reply> members(boolean withValues, boolean resp3, DoubleStyle style, int depth) {
        List<Reply> members = new ArrayList<>();
        lua.pushNil();
        while (lua.next(-2)) {
            lua.pushCopy(-2); // of the key: reading a number as text would change it under next's feet
            members.add(reply(resp3, style, depth + 1));
            lua.pop();
            if (withValues) {
                members.add(reply(resp3, style, depth + 1));
            }
            lua.pop();
        }
        return members;
    }

    /** Of the table on top; null when it lacks its string or its format of three letters. */
    private Reply verbatim() {
        int top = lua.top();
        if (lua.field(-1, "format") != LuaState.STRING || lua.field(-2, "string") != LuaState.STRING) {
            lua.setTop(top);
            return Reply.Null.BULK;
        }
        Bytes text = lua.bytes(-1);
        String format = String.format(Locale.ROOT, "%-3.3s", lua.bytes(-2).latin1());
        lua.setTop(top);
        return new Reply.Verbatim(format, text);
    }

    private Reply array(boolean resp3, DoubleStyle style, int depth) {
        List<Reply> items = new ArrayList<>();
        for (int i = 1; lua.item(-1, i) != LuaState.NIL; i++) {
            items.add(reply(resp3, style, depth + 1));
            lua.pop();
        }
        lua.pop();
        return new Reply.Array(items);
    }
}
