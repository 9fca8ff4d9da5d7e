package io.holdfast.engine.rdb;

import io.holdfast.engine.rule.RedisInteger;
import io.holdfast.resp.Bytes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Redis's listpack: small elements one behind another.
 *
 * <pre>
 *   4: bytes in all | 2: elements, ffff: more | element, its length, … | ff
 *
 *   0vvvvvvv                       0 to 127            10llllll            a string, its bytes follow
 *   110vvvvv vvvvvvvv              13 bits             1110llll llllllll   a longer one
 *   f1 + 2 bytes, f2 + 3, f3 + 4, f4 + 8               f0 + 4: length      a long one
 *   the length of all that behind it, seven bits a byte, to be read backwards
 * </pre>
 */
final class Listpack {
    private static final int HEADER = 6;
    private static final int END = 0xff;
    private static final int MANY = 0xffff;
    private static final int[] INTEGER_BYTES = {2, 3, 4, 8}; // of f1 to f4

    private Listpack() {}

    // ---- reading

    static List<Bytes> read(Bytes packed) throws CorruptDataException {
        byte[] bytes = packed.array();
        boolean framed = bytes.length > HEADER
                && LittleEndian.number(bytes, 0, 4) == bytes.length
                && (bytes[bytes.length - 1] & 0xff) == END;
        if (!framed) {
            throw new CorruptDataException("not a listpack");
        }
        List<Bytes> elements = new ArrayList<>();
        int end = bytes.length - 1;
        for (int at = HEADER; at < end; ) {
            int head = headBytes(bytes[at] & 0xff);
            require(head <= end - at);
            long content = contentBytes(bytes, at);
            require(content <= end - at - head);
            int length = head + (int) content;
            elements.add(element(bytes, at, head, (int) content));
            byte[] back = backLength(length);
            require(back.length <= end - at - length
                    && Arrays.equals(bytes, at + length, at + length + back.length, back, 0, back.length));
            at += length + back.length;
        }
        long count = LittleEndian.number(bytes, 4, 2);
        require(count == MANY || count == elements.size());
        return elements;
    }

    private static void require(boolean right) throws CorruptDataException {
        if (!right) {
            throw new CorruptDataException("not a listpack");
        }
    }

    /** Bytes of an element before its content. */
    private static int headBytes(int first) throws CorruptDataException {
        if (first < 0xc0) {
            return 1;
        }
        if (first < 0xf0) {
            return 2;
        }
        require(first <= 0xf4);
        return first == 0xf0 ? 5 : 1;
    }

    private static long contentBytes(byte[] bytes, int at) {
        int first = bytes[at] & 0xff;
        if (first < 0x80 || (first >= 0xc0 && first < 0xe0)) {
            return 0;
        }
        if (first < 0xc0) {
            return first & 0x3f;
        }
        if (first < 0xf0) {
            return ((first & 0xfL) << 8) | (bytes[at + 1] & 0xff);
        }
        return first == 0xf0 ? LittleEndian.number(bytes, at + 1, 4) : INTEGER_BYTES[first - 0xf1];
    }

    private static Bytes element(byte[] bytes, int at, int head, int content) {
        int first = bytes[at] & 0xff;
        if (first < 0x80) {
            return Bytes.of(first);
        }
        if (first >= 0xc0 && first < 0xe0) {
            int number = ((first & 0x1f) << 8) | (bytes[at + 1] & 0xff);
            return Bytes.of(number << 19 >> 19); // its 13th bit is its sign
        }
        return first > 0xf0
                ? Bytes.of(LittleEndian.signed(bytes, at + head, content))
                : Bytes.copyOf(bytes, at + head, content);
    }

    private static byte[] backLength(int length) {
        int size = length <= 127 ? 1 : length < 16_383 ? 2 : length < 2_097_151 ? 3 : length < 268_435_455 ? 4 : 5;
        byte[] back = new byte[size];
        for (int i = 0; i < size; i++) {
            int seven = (length >>> (7 * (size - 1 - i))) & 0x7f;
            back[i] = (byte) (i == 0 ? seven : seven | 0x80);
        }
        return back;
    }

    // ---- writing

    /** Grows as elements come. For one list each. */
    static final class Writer {
        private final RdbOutput out = new RdbOutput();
        private int count;

        Writer() {
            out.zeros(HEADER);
        }

        /** Of what it is when it is finished now. */
        int length() {
            return out.length() + 1;
        }

        int count() {
            return count;
        }

        void add(Bytes element) {
            if (RedisInteger.isLong(element)) {
                add(RedisInteger.parse(element));
                return;
            }
            int from = out.length();
            putString(element);
            close(from);
        }

        void add(long number) {
            int from = out.length();
            putInteger(number);
            close(from);
        }

        private void close(int from) {
            byte[] back = backLength(out.length() - from);
            out.bytes(back, back.length);
            count++;
        }

        private void putInteger(long number) {
            if (number >= 0 && number <= 127) {
                out.u8((int) number);
            } else if (number >= -4096 && number <= 4095) {
                out.u8(0xc0 | ((int) (number >> 8) & 0x1f));
                out.u8((int) number & 0xff);
            } else {
                int i = 0;
                while (!fits(number, INTEGER_BYTES[i])) {
                    i++;
                }
                out.u8(0xf1 + i);
                out.littleEndian(INTEGER_BYTES[i], number);
            }
        }

        private static boolean fits(long number, int bytes) {
            int unused = Long.SIZE - Byte.SIZE * bytes;
            return number << unused >> unused == number;
        }

        private void putString(Bytes element) {
            int length = element.length();
            if (length < 64) {
                out.u8(0x80 | length);
            } else if (length < 4096) {
                out.u8(0xe0 | (length >> 8));
                out.u8(length & 0xff);
            } else {
                out.u8(0xf0);
                out.littleEndian(4, length);
            }
            out.bytes(element.array(), length);
        }

        Bytes finished() {
            out.u8(END);
            byte[] bytes = out.content();
            LittleEndian.put(bytes, 0, 4, bytes.length);
            LittleEndian.put(bytes, 4, 2, Math.min(count, MANY));
            return Bytes.wrap(bytes);
        }
    }
}
