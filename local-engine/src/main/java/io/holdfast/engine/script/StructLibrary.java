package io.holdfast.engine.script;

import io.holdfast.resp.Bytes;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The library {@code struct} (Roberto Ierusalimschy's, 0.2): values to bytes and back by a format. Stateless.
 *
 * <pre>
 *   &lt; &gt; little or big endian   b h l i, B H L I T  integers of 1 2 8 4 bytes, 8; i and I take their size   c s strings
 *   !  alignment               f d                floats                                              x   a byte
 * </pre>
 */
final class StructLibrary {
    private static final int ALIGNMENT_DEFAULT = 8;
    private static final int INTEGER_BYTES_MAX = 32;
    private static final String INTEGERS = "bBhHlLTiI";

    private StructLibrary() {}

    static Map<String, Object> content() {
        Map<String, Object> struct = new LinkedHashMap<>();
        struct.put("pack", (ScriptVm.Function) lua -> Refusal.raisedBy(lua, "pack", StructLibrary::pack));
        struct.put("unpack", (ScriptVm.Function) lua -> Refusal.raisedBy(lua, "unpack", StructLibrary::unpack));
        struct.put("size", (ScriptVm.Function) lua -> Refusal.raisedBy(lua, "size", StructLibrary::size));
        return struct;
    }

    /** A format being read: where, in which order of bytes, and to what things are aligned. */
    private static final class Format {
        final byte[] text;
        int at;
        boolean bigEndian;
        int alignment = 1;

        Format(LuaState lua) {
            text = Refusal.string(lua, 1).array();
        }

        boolean hasNext() {
            return at < text.length && text[at] != 0;
        }

        char next() {
            return (char) (text[at++] & 0xff);
        }

        private int number(int otherwise) {
            if (!isDigit()) {
                return otherwise;
            }
            long number = 0;
            while (isDigit()) {
                number = number * 10 + (text[at++] - '0');
                if (number > Integer.MAX_VALUE) {
                    throw new Refusal("integral size overflow");
                }
            }
            return (int) number;
        }

        private boolean isDigit() {
            return at < text.length && text[at] >= '0' && text[at] <= '9';
        }

        int size(char option) {
            return switch (option) {
                case 'b', 'B', 'x' -> 1;
                case 'h', 'H' -> 2;
                case 'l', 'L', 'T', 'd' -> 8;
                case 'f' -> 4;
                case 'c' -> number(1);
                case 'i', 'I' -> {
                    int size = number(4);
                    if (size > INTEGER_BYTES_MAX) {
                        throw new Refusal("integral size " + size + " is larger than limit of " + INTEGER_BYTES_MAX);
                    }
                    yield size;
                }
                default -> 0;
            };
        }

        int padding(int position, char option, int size) {
            if (size == 0 || option == 'c') {
                return 0;
            }
            int step = Math.min(size, alignment);
            return (step - (position & (step - 1))) & (step - 1);
        }

        void control(char option) {
            switch (option) {
                case ' ' -> {}
                case '>' -> bigEndian = true;
                case '<' -> bigEndian = false;
                case '!' -> {
                    int wanted = number(ALIGNMENT_DEFAULT);
                    if (wanted <= 0 || (wanted & (wanted - 1)) != 0) {
                        throw new Refusal("alignment " + wanted + " is not a power of 2");
                    }
                    alignment = wanted;
                }
                default -> throw new Refusal(1, "invalid format option '" + option + "'");
            }
        }
    }

    private static boolean isInteger(char option) {
        return INTEGERS.indexOf(option) >= 0;
    }

    private static int pack(LuaState lua) {
        var format = new Format(lua);
        lua.pushNil(); // what stands where the first argument is missing
        var out = new ByteSink();
        int argument = 2;
        while (format.hasNext()) {
            char option = format.next();
            int size = format.size(option);
            for (int i = format.padding(out.length(), option, size); i > 0; i--) {
                out.add(0);
            }
            if (isInteger(option)) {
                out.addNumber(integer(Refusal.number(lua, argument++)), size, format.bigEndian);
            } else if (option == 'x') {
                out.add(0);
            } else if (option == 'f') {
                int bits = Float.floatToRawIntBits((float) Refusal.number(lua, argument++));
                out.addNumber(bits, size, format.bigEndian);
            } else if (option == 'd') {
                long bits = Double.doubleToRawLongBits(Refusal.number(lua, argument++));
                out.addNumber(bits, size, format.bigEndian);
            } else if (option == 'c' || option == 's') {
                Bytes string = Refusal.string(lua, argument++);
                int length = size == 0 ? string.length() : size;
                if (string.length() < length) {
                    throw new Refusal(argument, "string too short");
                }
                out.add(string.array(), 0, length);
                if (option == 's') {
                    out.add(0);
                }
            } else {
                format.control(option);
            }
        }
        lua.push(out.toBytes());
        return 1;
    }

    /** As C casts it: a negative one by way of a signed type, any other by way of an unsigned. */
    private static long integer(double value) {
        if (value < 0x1p63) {
            return LuaReplies.truncated(value);
        }
        return value < 0x1p64 ? (long) (value - 0x1p63) + Long.MIN_VALUE : 0;
    }

    private static int unpack(LuaState lua) {
        var format = new Format(lua);
        byte[] data = Refusal.string(lua, 2).array();
        double from = lua.top() < 3 || lua.type(3) == LuaState.NIL ? 1 : Refusal.number(lua, 3);
        if (from < 1) {
            throw new Refusal(3, "offset must be 1 or greater");
        }
        long position = (long) from - 1;
        int found = 0;
        while (format.hasNext()) {
            char option = format.next();
            int size = format.size(option);
            position += format.padding((int) Math.min(position, Integer.MAX_VALUE - 64), option, size);
            requireData(data, position, size);
            if (!lua.hasRoomFor(4)) {
                throw new Refusal("too many results");
            }
            int at = (int) position;
            if (isInteger(option)) {
                lua.push(integer(data, at, size, format.bigEndian, Character.isLowerCase(option)));
                found++;
            } else if (option == 'f') {
                lua.push((double) Float.intBitsToFloat((int) bits(data, at, size, format.bigEndian)));
                found++;
            } else if (option == 'd') {
                lua.push(Double.longBitsToDouble(bits(data, at, size, format.bigEndian)));
                found++;
            } else if (option == 'c') {
                if (size == 0) {
                    if (found == 0 || !lua.isNumeric(-1)) {
                        throw new Refusal("format 'c0' needs a previous size");
                    }
                    double wanted = lua.number(-1);
                    lua.pop();
                    found--;
                    size = wanted >= 0 && wanted <= data.length ? (int) wanted : data.length + 1;
                    requireData(data, position, size);
                }
                lua.push(Bytes.copyOf(data, at, size));
                found++;
            } else if (option == 's') {
                int end = at;
                while (end < data.length && data[end] != 0) {
                    end++;
                }
                if (end == data.length) {
                    throw new Refusal("unfinished string in data");
                }
                size = end - at + 1;
                lua.push(Bytes.copyOf(data, at, size - 1));
                found++;
            } else if (option != 'x') {
                format.control(option);
            }
            position += size;
        }
        lua.push((double) position + 1);
        return found + 1;
    }

    private static void requireData(byte[] data, long position, int size) {
        if (size > data.length || position > data.length - size) {
            throw new Refusal(2, "data string too short");
        }
    }

    static long bits(byte[] data, int at, int size, boolean bigEndian) {
        long bits = 0;
        for (int i = 0; i < size; i++) {
            bits = bits << 8 | (data[bigEndian ? at + i : at + size - 1 - i] & 0xff);
        }
        return bits;
    }

    private static double integer(byte[] data, int at, int size, boolean bigEndian, boolean signed) {
        long bits = bits(data, at, size, bigEndian);
        if (!signed) {
            return unsigned(bits);
        }
        int unused = Long.SIZE - 8 * size;
        return unused > 0 ? bits << unused >> unused : bits;
    }

    private static double unsigned(long bits) {
        return bits >= 0 ? bits : ((bits >>> 1) | (bits & 1)) * 2.0;
    }

    private static int size(LuaState lua) {
        var format = new Format(lua);
        int total = 0;
        while (format.hasNext()) {
            char option = format.next();
            int size = format.size(option);
            total += format.padding(total, option, size);
            if (option == 's') {
                throw new Refusal(1, "option 's' has no fixed size");
            } else if (option == 'c' && size == 0) {
                throw new Refusal(1, "option 'c0' has no fixed size");
            }
            if (!Character.isLetterOrDigit(option)) {
                format.control(option);
            }
            total += size;
        }
        lua.push((double) total);
        return 1;
    }
}
