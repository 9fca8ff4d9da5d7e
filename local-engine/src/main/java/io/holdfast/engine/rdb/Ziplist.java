package io.holdfast.engine.rdb;

import io.holdfast.resp.Bytes;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads Redis's ziplist, which listpacks replaced in 7.0.
 *
 * <pre>
 *   4: bytes in all | 4: where the last element begins | 2: elements, ffff: more | element, … | ff
 *
 *   the length of the element before, 1 byte or fe + 4; then
 *   00llllll   01llllll llllllll   80 + 4 bytes, highest first      a string, its bytes follow
 *   c0 + 2 bytes, d0 + 4, e0 + 8, f0 + 3, fe + 1                    an integer
 *   1111vvvv                                                        v - 1, from 0 to 12
 * </pre>
 */
final class Ziplist {
    private static final int HEADER = 10;
    private static final int END = 0xff;
    private static final int LONG_BEFORE = 0xfe;
    private static final int MANY = 0xffff;

    private final byte[] bytes;
    private final int end;
    private int at = HEADER;

    private Ziplist(byte[] bytes) {
        this.bytes = bytes;
        this.end = bytes.length - 1;
    }

    static List<Bytes> read(Bytes packed) throws CorruptDataException {
        byte[] bytes = packed.array();
        require(bytes.length > HEADER
                && LittleEndian.number(bytes, 0, 4) == bytes.length
                && (bytes[bytes.length - 1] & 0xff) == END);
        List<Bytes> elements = new Ziplist(bytes).elements();
        long count = LittleEndian.number(bytes, 8, 2);
        require(count == MANY || count == elements.size());
        return elements;
    }

    private List<Bytes> elements() throws CorruptDataException {
        List<Bytes> elements = new ArrayList<>();
        int before = 0;
        int last = HEADER;
        while (at < end) {
            last = at;
            int first = bytes[take(1)] & 0xff;
            require((first == LONG_BEFORE ? LittleEndian.number(bytes, take(4), 4) : first) == before);
            elements.add(element(bytes[take(1)] & 0xff));
            before = at - last;
        }
        require(LittleEndian.number(bytes, 4, 4) == last);
        return elements;
    }

    private Bytes element(int first) throws CorruptDataException {
        return switch (first >>> 6) {
            case 0 -> string(first & 0x3f);
            case 1 -> string(((first & 0x3f) << 8) | (bytes[take(1)] & 0xff));
            case 2 -> {
                require(first == 0x80);
                long length = 0;
                for (int i = 0; i < 4; i++) {
                    length = (length << 8) | (bytes[take(1)] & 0xff);
                }
                yield string(length);
            }
            default -> integer(first);
        };
    }

    private Bytes string(long length) throws CorruptDataException {
        return Bytes.copyOf(bytes, take(length), (int) length);
    }

    private Bytes integer(int first) throws CorruptDataException {
        int size = switch (first) {
            case 0xc0 -> 2;
            case 0xd0 -> 4;
            case 0xe0 -> 8;
            case 0xf0 -> 3;
            case 0xfe -> 1;
            default -> 0;
        };
        if (size > 0) {
            return Bytes.of(LittleEndian.signed(bytes, take(size), size));
        }
        require(first >= 0xf1 && first <= 0xfd);
        return Bytes.of(first - 0xf1);
    }

    /** The place of so many bytes, which are passed over. */
    private int take(long count) throws CorruptDataException {
        require(count <= end - at);
        int from = at;
        at += (int) count;
        return from;
    }

    private static void require(boolean right) throws CorruptDataException {
        if (!right) {
            throw new CorruptDataException("not a ziplist");
        }
    }
}
