package io.holdfast.engine.script;

import io.holdfast.resp.Bytes;
import java.nio.charset.StandardCharsets;

/** Reads JSON into a Lua value, as lua-cjson does, with its messages. Used once, on the engine loop. */
final class JsonReader {
    private static final int SLOTS_A_LEVEL = 4;

    private enum Token {
        T_OBJ_BEGIN,
        T_OBJ_END,
        T_ARR_BEGIN,
        T_ARR_END,
        T_STRING,
        T_NUMBER,
        T_BOOLEAN,
        T_NULL,
        T_COLON,
        T_COMMA,
        T_END,
        T_ERROR
    }

    private final LuaState lua;
    private final JsonLibrary settings;
    private final byte[] data;
    private int at;
    private int depth;
    private int tokenAt;
    private Bytes string = Bytes.EMPTY;
    private double number;
    private boolean truth;
    private String problem = "";

    JsonReader(LuaState lua, JsonLibrary settings, byte[] data) {
        this.lua = lua;
        this.settings = settings;
        this.data = data;
    }

    /** Pushes the value of the whole text. */
    void decode() {
        if (data.length >= 2 && (data[0] == 0 || data[1] == 0)) {
            throw new Refusal("JSON parser does not support UTF-16 or UTF-32");
        }
        value(next());
        Token end = next();
        if (end != Token.T_END) {
            throw expected("the end", end);
        }
    }

    private Refusal expected(String what, Token found) {
        String name = found == Token.T_ERROR ? problem : found.name();
        return new Refusal("Expected " + what + " but found " + name + " at character " + (tokenAt + 1));
    }

    // ---- values

    private void value(Token token) {
        switch (token) {
            case T_STRING -> lua.push(string);
            case T_NUMBER -> lua.push(number);
            case T_BOOLEAN -> lua.push(truth);
            case T_NULL -> lua.pushNullPointer();
            case T_OBJ_BEGIN -> object();
            case T_ARR_BEGIN -> array();
            case T_OBJ_END, T_ARR_END, T_COLON, T_COMMA, T_END, T_ERROR -> throw expected("value", token);
        }
    }

    private void descend() {
        depth++;
        if (depth > settings.decodeDepthMax || !lua.hasRoomFor(SLOTS_A_LEVEL)) {
            throw new Refusal("Found too many nested data structures (" + depth + ") at character " + at);
        }
    }

    private void object() {
        descend();
        lua.newTable(0, 0);
        Token token = next();
        if (token == Token.T_OBJ_END) {
            depth--;
            return;
        }
        while (true) {
            if (token != Token.T_STRING) {
                throw expected("object key string", token);
            }
            lua.push(string);
            token = next();
            if (token != Token.T_COLON) {
                throw expected("colon", token);
            }
            value(next());
            lua.rawSet(-3);
            token = next();
            if (token == Token.T_OBJ_END) {
                depth--;
                return;
            }
            if (token != Token.T_COMMA) {
                throw expected("comma or object end", token);
            }
            token = next();
        }
    }

    private void array() {
        descend();
        lua.newTable(0, 0);
        Token token = next();
        if (token == Token.T_ARR_END) {
            depth--;
            return;
        }
        for (int i = 1; ; i++) {
            value(token);
            lua.rawSet(-2, i);
            token = next();
            if (token == Token.T_ARR_END) {
                depth--;
                return;
            }
            if (token != Token.T_COMMA) {
                throw expected("comma or array end", token);
            }
            token = next();
        }
    }

    // ---- tokens

    /** 0 at the end, as the C string behind it has it. */
    private byte peek(int ahead) {
        return at + ahead < data.length ? data[at + ahead] : 0;
    }

    private Token next() {
        while (peek(0) == ' ' || peek(0) == '\t' || peek(0) == '\n' || peek(0) == '\r') {
            at++;
        }
        tokenAt = at;
        return switch (peek(0)) {
            case '{' -> single(Token.T_OBJ_BEGIN);
            case '}' -> single(Token.T_OBJ_END);
            case '[' -> single(Token.T_ARR_BEGIN);
            case ']' -> single(Token.T_ARR_END);
            case ',' -> single(Token.T_COMMA);
            case ':' -> single(Token.T_COLON);
            case 0 -> at >= data.length ? Token.T_END : error("invalid token");
            case '"' -> text();
            case '+', '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> numberOrError();
            case 'f', 'i', 'I', 'n', 'N', 't' -> word();
            default -> error("invalid token");
        };
    }

    private Token single(Token token) {
        at++;
        return token;
    }

    private Token error(String text) {
        problem = text;
        return Token.T_ERROR;
    }

    private Token word() {
        if (startsWith("true")) {
            at += 4;
            truth = true;
            return Token.T_BOOLEAN;
        }
        if (startsWith("false")) {
            at += 5;
            truth = false;
            return Token.T_BOOLEAN;
        }
        if (startsWith("null")) {
            at += 4;
            return Token.T_NULL;
        }
        return settings.decodeInvalid && isInvalidNumber() ? number() : error("invalid token");
    }

    private boolean startsWith(String ascii) {
        for (int i = 0; i < ascii.length(); i++) {
            if (peek(i) != ascii.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    // ---- numbers

    private Token numberOrError() {
        if (!settings.decodeInvalid && isInvalidNumber()) {
            return error("invalid number");
        }
        return number();
    }

    /** One that JSON does not allow: hexadecimal, with leading zeros, infinite, or none. */
    private boolean isInvalidNumber() {
        int sign = peek(0) == '+' || peek(0) == '-' ? 1 : 0;
        byte first = peek(sign);
        if (first == '0') {
            byte second = peek(sign + 1);
            return (second | 0x20) == 'x' || (second >= '0' && second <= '9');
        }
        if (first <= '9') {
            return false;
        }
        return isWord(sign, "inf") || isWord(sign, "nan");
    }

    private boolean isWord(int ahead, String lower) {
        for (int i = 0; i < lower.length(); i++) {
            if (Bytes.lower(peek(ahead + i)) != lower.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** As strtod reads it. */
    private Token number() {
        int end = at;
        boolean negative = peek(0) == '-';
        int sign = negative || peek(0) == '+' ? 1 : 0;
        double magnitude;
        if (isWord(sign, "infinity")) {
            magnitude = Double.POSITIVE_INFINITY;
            end += sign + 8;
        } else if (isWord(sign, "inf")) {
            magnitude = Double.POSITIVE_INFINITY;
            end += sign + 3;
        } else if (isWord(sign, "nan")) {
            magnitude = Double.NaN;
            end += sign + 3;
        } else if (peek(sign) == '0' && (peek(sign + 1) | 0x20) == 'x' && Character.digit(peek(sign + 2), 16) >= 0) {
            end += sign + 2;
            magnitude = 0;
            while (end < data.length && Character.digit(data[end], 16) >= 0) {
                magnitude = magnitude * 16 + Character.digit(data[end++], 16);
            }
        } else {
            end = decimalEnd(at + sign);
            if (end == at + sign) {
                return error("invalid number");
            }
            magnitude = Double.parseDouble(new String(data, at + sign, end - at - sign, StandardCharsets.ISO_8859_1));
        }
        number = negative ? -magnitude : magnitude;
        at = end;
        return Token.T_NUMBER;
    }

    private int decimalEnd(int from) {
        int end = digitsEnd(from);
        int digits = end - from;
        if (end < data.length && data[end] == '.') {
            int fraction = digitsEnd(end + 1);
            digits += fraction - end - 1;
            end = digits > 0 ? fraction : end;
        }
        if (digits == 0) {
            return from;
        }
        if (end < data.length && (data[end] | 0x20) == 'e') {
            int exponent = end + 1;
            if (exponent < data.length && (data[exponent] == '+' || data[exponent] == '-')) {
                exponent++;
            }
            int exponentEnd = digitsEnd(exponent);
            end = exponentEnd > exponent ? exponentEnd : end;
        }
        return end;
    }

    private int digitsEnd(int from) {
        int end = from;
        while (end < data.length && data[end] >= '0' && data[end] <= '9') {
            end++;
        }
        return end;
    }

    // ---- strings

    private Token text() {
        at++;
        int start = at;
        while (peek(0) != '"' && peek(0) != '\\' && peek(0) != 0) {
            at++;
        }
        if (peek(0) == '"') {
            string = Bytes.copyOf(data, start, at - start);
            at++;
            return Token.T_STRING;
        }
        var text = new ByteSink();
        text.add(data, start, at - start);
        while (peek(0) != '"') {
            if (peek(0) == 0) {
                tokenAt = at;
                return error("unexpected end of string");
            }
            if (peek(0) != '\\') {
                text.add(data[at++]);
                continue;
            }
            String bad = escape(text);
            if (!bad.isEmpty()) {
                tokenAt = at;
                return error(bad);
            }
        }
        at++;
        string = text.toBytes();
        return Token.T_STRING;
    }

    /** Takes one escape sequence; gives what is wrong with it, or nothing. */
    private String escape(ByteSink text) {
        byte code = peek(1);
        int plain = "\"\\/".indexOf(code) >= 0 && code != 0
                ? code
                : switch (code) {
                    case 'b' -> '\b';
                    case 'f' -> '\f';
                    case 'n' -> '\n';
                    case 'r' -> '\r';
                    case 't' -> '\t';
                    default -> -1;
                };
        if (plain >= 0) {
            text.add(plain);
            at += 2;
            return "";
        }
        if (code != 'u') {
            return "invalid escape code";
        }
        int unit = hex(at + 2);
        int length = 6;
        if (unit < 0) {
            return "invalid unicode escape code";
        }
        int point = unit;
        if ((unit & 0xF800) == 0xD800) {
            int low = peek(6) == '\\' && peek(7) == 'u' ? hex(at + 8) : -1;
            if ((unit & 0x400) != 0 || (low & 0xFC00) != 0xDC00 || low < 0) {
                return "invalid unicode escape code";
            }
            point = ((unit & 0x3FF) << 10 | (low & 0x3FF)) + 0x10000;
            length = 12;
        }
        byte[] utf8 = Character.toString(point).getBytes(StandardCharsets.UTF_8);
        text.add(utf8, 0, utf8.length);
        at += length;
        return "";
    }

    private int hex(int from) {
        if (from + 4 > data.length) {
            return -1;
        }
        int value = 0;
        for (int i = from; i < from + 4; i++) {
            int digit = data[i] >= 0 ? Character.digit(data[i], 16) : -1;
            if (digit < 0) {
                return -1;
            }
            value = value << 4 | digit;
        }
        return value;
    }
}
