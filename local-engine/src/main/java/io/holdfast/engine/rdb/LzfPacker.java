package io.holdfast.engine.rdb;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Packs bytes as LibLZF does in its setting "very fast", so that they come out as from a redis-server; the format is drawn
 * at {@link Lzf}. What is looked for again are three bytes, by where they last stood.
 */
final class LzfPacker {
    /** Fewer bytes saved are not worth it to Redis. */
    private static final int SAVED_MIN = 4;

    private static final int TABLE_BITS = 16;
    private static final int LITERALS_MAX = 32;
    private static final int DISTANCE_MAX = 1 << 13;
    private static final int REPEATED_MAX = (1 << 8) + (1 << 3);
    /** From so many on the count has a byte of its own. */
    private static final int LONG = 7;

    /** Where so many bytes are left, these are compared without asking for the end. */
    private static final int COMPARED_AT_ONCE = 16;

    /** Where three bytes of this hash last stood, counted over all that was packed, so that nothing has to be cleared. */
    private final int[] places = new int[1 << TABLE_BITS];

    private int base;
    private byte[] in = {};
    private byte[] out = {};
    private int written;
    private int literals;

    /** The packed bytes; null where they are not at least four fewer. */
    byte @Nullable [] packed(byte[] content, int length) {
        if (length <= SAVED_MIN) {
            return null;
        }
        if (base > Integer.MAX_VALUE - length) {
            Arrays.fill(places, 0);
            base = 0;
        }
        in = content;
        out = new byte[length];
        int packed = pack(length, length - SAVED_MIN);
        base += length;
        return packed == 0 ? null : Arrays.copyOf(out, packed);
    }

    /** @return how many bytes it came to, 0 where they are more than {@code max} */
    private int pack(int length, int max) {
        written = 1; // a run of literals has its length before it
        literals = 0;
        int at = 0;
        while (at < length - 2) {
            int hash = hash(at);
            int place = places[hash] - base;
            places[hash] = base + at;
            if (isRepeated(place, at)) {
                if (written - (literals == 0 ? 1 : 0) + 4 >= max) {
                    return 0;
                }
                endRun();
                int count = repeated(place, at, length);
                reference(at - place - 1, count);
                at += count;
                written++;
                if (at >= length - 2) {
                    break;
                }
                places[hash(at - 2)] = base + at - 2;
                places[hash(at - 1)] = base + at - 1;
            } else if (written >= max) {
                return 0;
            } else {
                literal(at++);
            }
        }
        if (written + 3 > max) {
            return 0;
        }
        while (at < length) {
            literal(at++);
        }
        endRun();
        return written;
    }

    private int hash(int at) {
        int three = ((in[at] & 0xff) << 16) | ((in[at + 1] & 0xff) << 8) | (in[at + 2] & 0xff);
        return ((three >>> (24 - TABLE_BITS)) - three * 5) & ((1 << TABLE_BITS) - 1);
    }

    private boolean isRepeated(int place, int at) {
        return place > 0
                && at - place <= DISTANCE_MAX
                && in[place] == in[at]
                && in[place + 1] == in[at + 1]
                && in[place + 2] == in[at + 2];
    }

    /** How many bytes from {@code at} on are those from {@code place} on; at least three. */
    private int repeated(int place, int at, int length) {
        int most = Math.min(REPEATED_MAX, length - at - 2);
        int sure = most > COMPARED_AT_ONCE ? COMPARED_AT_ONCE + 2 : 2;
        int count = 2;
        do {
            count++;
        } while ((count <= sure || count < most) && in[place + count] == in[at + count]);
        return count;
    }

    private void reference(int distance, int count) {
        int coded = count - 2;
        if (coded < LONG) {
            out[written++] = (byte) ((coded << 5) | (distance >>> 8));
        } else {
            out[written++] = (byte) ((LONG << 5) | (distance >>> 8));
            out[written++] = (byte) (coded - LONG);
        }
        out[written++] = (byte) distance;
    }

    private void literal(int at) {
        out[written++] = in[at];
        if (++literals == LITERALS_MAX) {
            out[written - literals - 1] = (byte) (literals - 1);
            literals = 0;
            written++;
        }
    }

    /** Says how long the run of literals was; where there was none, its place is free again. */
    private void endRun() {
        if (literals == 0) {
            written--;
        } else {
            out[written - literals - 1] = (byte) (literals - 1);
            literals = 0;
        }
    }
}
