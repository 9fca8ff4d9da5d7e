package io.holdfast.engine.script;

import io.holdfast.resp.Bytes;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.IntBinaryOperator;
import java.util.function.IntUnaryOperator;

/** The library {@code bit} (bitop.luajit.org): arithmetic on 32 bits, whose results are signed. Stateless. */
final class BitLibrary {
    private static final int HEX_DIGITS = 8;
    /** Adding it brings the low 32 bits of a number to where they can be read. */
    private static final double BIAS = 6755399441055744.0;

    private BitLibrary() {}

    static Map<String, Object> content() {
        Map<String, Object> bit = new LinkedHashMap<>();
        unary(bit, "tobit", a -> a);
        unary(bit, "bnot", a -> ~a);
        unary(bit, "bswap", Integer::reverseBytes);
        folding(bit, "band", (a, b) -> a & b);
        folding(bit, "bor", (a, b) -> a | b);
        folding(bit, "bxor", (a, b) -> a ^ b);
        shifting(bit, "lshift", (a, n) -> a << n);
        shifting(bit, "rshift", (a, n) -> a >>> n);
        shifting(bit, "arshift", (a, n) -> a >> n);
        shifting(bit, "rol", Integer::rotateLeft);
        shifting(bit, "ror", Integer::rotateRight);
        bit.put("tohex", (ScriptVm.Function) BitLibrary::tohex);
        return bit;
    }

    private static void unary(Map<String, Object> bit, String name, IntUnaryOperator operator) {
        bit.put(name, (ScriptVm.Function) lua -> {
            if (!lua.isNumeric(1)) {
                return lua.badType(1, name, "number");
            }
            lua.push((double) operator.applyAsInt(bits(lua, 1)));
            return 1;
        });
    }

    private static void folding(Map<String, Object> bit, String name, IntBinaryOperator operator) {
        bit.put(name, (ScriptVm.Function) lua -> {
            int arguments = Math.max(1, lua.top());
            int result = 0;
            for (int i = 1; i <= arguments; i++) {
                if (!lua.isNumeric(i)) {
                    return lua.badType(i, name, "number");
                }
                result = i == 1 ? bits(lua, 1) : operator.applyAsInt(result, bits(lua, i));
            }
            lua.push((double) result);
            return 1;
        });
    }

    private static void shifting(Map<String, Object> bit, String name, IntBinaryOperator operator) {
        bit.put(name, (ScriptVm.Function) lua -> {
            for (int i = 1; i <= 2; i++) {
                if (!lua.isNumeric(i)) {
                    return lua.badType(i, name, "number");
                }
            }
            lua.push((double) operator.applyAsInt(bits(lua, 1), bits(lua, 2) & 31));
            return 1;
        });
    }

    /** The low 32 bits of the nearest integer, halves to even. */
    private static int bits(LuaState lua, int index) {
        return (int) Double.doubleToRawLongBits(lua.number(index) + BIAS);
    }

    private static int tohex(LuaState lua) {
        if (!lua.isNumeric(1)) {
            return lua.badType(1, "tohex", "number");
        }
        int digits = HEX_DIGITS;
        if (lua.top() >= 2) {
            if (!lua.isNumeric(2)) {
                return lua.badType(2, "tohex", "number");
            }
            digits = bits(lua, 2);
        }
        String alphabet = digits < 0 ? "0123456789ABCDEF" : "0123456789abcdef";
        digits = digits == Integer.MIN_VALUE ? HEX_DIGITS : Math.min(HEX_DIGITS, Math.abs(digits));
        var text = new byte[digits];
        int rest = bits(lua, 1);
        for (int i = digits - 1; i >= 0; i--) {
            text[i] = (byte) alphabet.charAt(rest & 15);
            rest >>>= 4;
        }
        lua.push(Bytes.wrap(text));
        return 1;
    }
}
