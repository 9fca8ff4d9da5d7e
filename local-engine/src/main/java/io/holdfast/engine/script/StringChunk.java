package io.holdfast.engine.script;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Hands bytes to Lua: the bindings have no call for a string with a NUL or a byte beyond ASCII, but Lua loads code from
 * a buffer, and code can hold any string as its constant. Owned by the engine loop.
 *
 * <pre>
 *   header 12 │ source 0 │ lines 0 0 │ upvalues, parameters, vararg, stack │ 2 instructions │ 1 constant │ nothing more
 *             │          │           │ 0 0 2 2                             │ LOADK RETURN   │ the string │ 0 0 0 0
 * </pre>
 */
final class StringChunk {
    static final int HEADER_BYTES = 12;

    private static final int ENDIANNESS_AT = 6;
    private static final int SIZE_T_AT = 8;
    private static final int LOAD_FIRST_CONSTANT = 1; // LOADK 0 0
    private static final int RETURN_IT = 30 | 2 << 23; // RETURN 0 2
    private static final byte CONSTANT_STRING = 4;

    /** A buffer that a long string needed is given back. */
    private static final int KEPT_BYTES_MAX = 1 << 20;

    private static final int INITIAL_BYTES = 1 << 14;

    private final byte[] before;
    private final ByteOrder order;
    private final boolean wide;
    private ByteBuffer buffer = ByteBuffer.allocateDirect(INITIAL_BYTES);

    /** @param header of this Lua's binary chunks */
    StringChunk(byte[] header) {
        order = header[ENDIANNESS_AT] == 1 ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
        wide = header[SIZE_T_AT] == 8;
        ByteBuffer start = ByteBuffer.allocate(64).order(order);
        start.put(header);
        putSize(start, 0);
        start.putInt(0).putInt(0);
        start.put((byte) 0).put((byte) 0).put((byte) 2).put((byte) 2);
        start.putInt(2).putInt(LOAD_FIRST_CONSTANT).putInt(RETURN_IT);
        start.putInt(1).put(CONSTANT_STRING);
        before = new byte[start.position()];
        start.get(0, before);
    }

    private void putSize(ByteBuffer into, int size) {
        if (wide) {
            into.putLong(size);
        } else {
            into.putInt(size);
        }
    }

    /** Code that returns {@code string}; from 0 to the limit of a buffer that holds until the next call. */
    ByteBuffer returning(byte[] string) {
        ByteBuffer code = clear(string.length + before.length + 32L);
        code.put(before);
        putSize(code, string.length + 1);
        code.put(string).put((byte) 0);
        code.putInt(0).putInt(0).putInt(0).putInt(0);
        return code.flip();
    }

    /** The bytes as they are, in such a buffer. */
    ByteBuffer copy(byte[] bytes) {
        return clear(bytes.length).put(bytes).flip();
    }

    private ByteBuffer clear(long capacity) {
        if (buffer.capacity() < capacity) {
            ByteBuffer bigger = ByteBuffer.allocateDirect(Math.toIntExact(Math.max(capacity, 2L * INITIAL_BYTES)));
            if (capacity > KEPT_BYTES_MAX) {
                return bigger.order(order);
            }
            buffer = bigger;
        }
        return buffer.clear().order(order);
    }
}
