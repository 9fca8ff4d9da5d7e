package io.holdfast.engine.script;

import io.holdfast.resp.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Bytes that grow at the end. Not thread-safe. */
final class ByteSink {
    private byte[] bytes = new byte[128];
    private int length;

    int length() {
        return length;
    }

    void add(int value) {
        room(1);
        bytes[length++] = (byte) value;
    }

    void add(byte[] from, int start, int count) {
        room(count);
        System.arraycopy(from, start, bytes, length, count);
        length += count;
    }

    void add(String ascii) {
        byte[] all = ascii.getBytes(StandardCharsets.ISO_8859_1);
        add(all, 0, all.length);
    }

    /** The low {@code size} bytes of a number, which is 0 beyond its 64 bits, the greatest first or last. */
    void addNumber(long value, int size, boolean bigEndian) {
        for (int i = 0; i < size; i++) {
            int place = bigEndian ? size - 1 - i : i;
            add(place < Long.BYTES ? (int) (value >>> (8 * place)) : 0);
        }
    }

    private void room(int more) {
        if (length + more > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, Math.addExact(length, more)));
        }
    }

    Bytes toBytes() {
        return Bytes.copyOf(bytes, 0, length);
    }
}
