package io.holdfast.engine.rule;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Reads the compressed strings of Redis's dumps (LibLZF). Any thread. */
public final class Lzf {
    private Lzf() {}

    /**
     * The {@code length} bytes that were compressed; null when they do not come out of it. Grows as they come, so that a
     * length that was made up allocates nothing.
     */
    public static byte @Nullable [] decompress(byte[] from, int length) {
        byte[] out = new byte[Math.min(length, Math.max(64, from.length * 2))];
        int in = 0;
        int at = 0;
        while (in < from.length) {
            int control = from[in++] & 0xff;
            boolean literal = control < 32;
            int count = control + 1;
            int distance = 0;
            if (!literal) {
                count = control >> 5;
                if (count == 7) {
                    if (in == from.length) {
                        return null;
                    }
                    count += from[in++] & 0xff;
                }
                count += 2;
                if (in == from.length) {
                    return null;
                }
                distance = ((control & 31) << 8 | (from[in++] & 0xff)) + 1;
            }
            if (at + count > length || distance > at || (literal && in + count > from.length)) {
                return null;
            }
            if (at + count > out.length) {
                out = Arrays.copyOf(out, Math.min(length, Math.max(out.length * 2, at + count)));
            }
            for (int i = 0; i < count; i++, at++) {
                out[at] = literal ? from[in++] : out[at - distance];
            }
        }
        return at == length ? Arrays.copyOf(out, length) : null;
    }
}
