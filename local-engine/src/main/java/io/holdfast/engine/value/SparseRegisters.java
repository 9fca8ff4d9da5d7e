package io.holdfast.engine.value;

import java.util.Arrays;

/**
 * The registers of a sparse HyperLogLog: a header and runs, drawn at {@link HyperLogLog}. Bytes that make no sense are
 * answered, never trusted. Owned by the engine loop.
 */
final class SparseRegisters {
    /** What {@link #raise} found. */
    enum Raised {
        SAME,
        RAISED,
        /** The value, or one more run, is beyond what a sparse one may hold. */
        DOES_NOT_FIT,
        CORRUPT
    }

    /** Receives runs of equal registers, those of 0 too. */
    interface Visitor {
        void run(int from, int length, int value);
    }

    private static final int LONG_ZEROS = 0x40;
    private static final int VALUE = 0x80;
    private static final int ZEROS_MAX = 64;
    private static final int VALUE_MAX = 32;
    private static final int RUN_MAX = 4;
    /** Zeros, a value, zeros: what splitting a run of zeros may need. */
    private static final int SPLIT_MAX = 5;

    private static final int MERGED_RUNS_MAX = 5;

    private byte[] bytes;
    private int length;

    /** @param bytes taken over */
    SparseRegisters(byte[] bytes) {
        this.bytes = bytes;
        this.length = bytes.length;
    }

    /** The content at the beginning, and perhaps more. */
    byte[] bytes() {
        return bytes;
    }

    byte[] content() {
        return bytes.length == length ? bytes : Arrays.copyOf(bytes, length);
    }

    // ---- reading

    /** Visits all runs; false where they make up more or fewer registers than there are. */
    boolean forEachRun(Visitor visitor) {
        int index = 0;
        for (int at = HyperLogLog.HEADER; at < length; at += runBytes(at)) {
            int run = runLength(at);
            if (index + run > HllRegisters.COUNT) {
                return false;
            }
            visitor.run(index, run, valueAt(at));
            index += run;
        }
        return index == HllRegisters.COUNT;
    }

    private boolean isValue(int at) {
        return (bytes[at] & VALUE) != 0;
    }

    private int runBytes(int at) {
        return !isValue(at) && (bytes[at] & LONG_ZEROS) != 0 ? 2 : 1;
    }

    private int runLength(int at) {
        if (isValue(at)) {
            return (bytes[at] & 3) + 1;
        }
        int low = bytes[at] & 0x3f;
        if (runBytes(at) == 1) {
            return low + 1;
        }
        int next = at + 1 < length ? bytes[at + 1] & 0xff : 0;
        return ((low << 8) | next) + 1;
    }

    private int valueAt(int at) {
        return isValue(at) ? ((bytes[at] >> 2) & 0x1f) + 1 : 0;
    }

    // ---- writing

    private static byte valueRun(int value, int length) {
        return (byte) (VALUE | ((value - 1) << 2) | (length - 1));
    }

    /** Writes a run of zeros and returns where the next one begins. */
    static int writeZeros(byte[] to, int at, int count) {
        int written = count - 1;
        if (count <= ZEROS_MAX) {
            to[at] = (byte) written;
            return at + 1;
        }
        to[at] = (byte) (LONG_ZEROS | (written >> 8));
        to[at + 1] = (byte) written;
        return at + 2;
    }

    /** Sets a register where {@code value} is above what it has, with the runs that Redis would leave. */
    Raised raise(int index, int value, long bytesMax) {
        if (value > VALUE_MAX) {
            return Raised.DOES_NOT_FIT;
        }
        int before = HyperLogLog.HEADER;
        int at = HyperLogLog.HEADER;
        int first = 0;
        while (at < length && index >= first + runLength(at)) {
            first += runLength(at);
            before = at;
            at += runBytes(at);
        }
        if (at >= length) {
            return Raised.CORRUPT;
        }
        if (valueAt(at) >= value) {
            return Raised.SAME;
        }
        if (runLength(at) == 1 && runBytes(at) == 1) {
            bytes[at] = valueRun(value, 1);
        } else if (!split(at, first, index, value, bytesMax)) {
            return Raised.DOES_NOT_FIT;
        }
        mergeFrom(before);
        return Raised.RAISED;
    }

    /** Replaces the run at {@code at} by what is before the register, the register, and what is behind it. */
    private boolean split(int at, int first, int index, int value, long bytesMax) {
        int behind = first + runLength(at) - 1 - index;
        byte[] runs = new byte[SPLIT_MAX];
        int n = writeRun(runs, 0, valueAt(at), index - first);
        runs[n++] = valueRun(value, 1);
        n = writeRun(runs, n, valueAt(at), behind);
        int next = Math.min(at + runBytes(at), length);
        int longer = n - runBytes(at);
        if (longer > 0 && length + longer > bytesMax) {
            return false;
        }
        byte[] grown = length + longer > bytes.length ? Arrays.copyOf(bytes, length + longer + SPLIT_MAX) : bytes;
        System.arraycopy(bytes, next, grown, next + longer, length - next);
        System.arraycopy(runs, 0, grown, at, n);
        bytes = grown;
        length += longer;
        return true;
    }

    private static int writeRun(byte[] to, int at, int value, int count) {
        if (count == 0) {
            return at;
        }
        if (value == 0) {
            return writeZeros(to, at, count);
        }
        to[at] = valueRun(value, count);
        return at + 1;
    }

    /** Makes one of two neighbours with the same value, within a few runs from {@code from} on. */
    private void mergeFrom(int from) {
        int at = from;
        for (int left = MERGED_RUNS_MAX; left > 0 && at < length; left--) {
            boolean two = isValue(at) && at + 1 < length && isValue(at + 1);
            int together = two ? runLength(at) + runLength(at + 1) : 0;
            if (two && valueAt(at) == valueAt(at + 1) && together <= RUN_MAX) {
                bytes[at + 1] = valueRun(valueAt(at), together);
                System.arraycopy(bytes, at + 1, bytes, at, length - at - 1);
                length--;
            } else {
                at += runBytes(at);
            }
        }
    }

    /** {@code Z:10 v:2,1 z:5}: long and short runs of zeros, and values with the length of their runs. */
    @Override
    public String toString() {
        var text = new StringBuilder();
        for (int at = HyperLogLog.HEADER; at < length; at += runBytes(at)) {
            text.append(text.isEmpty() ? "" : " ");
            if (isValue(at)) {
                text.append("v:").append(valueAt(at)).append(',').append(runLength(at));
            } else {
                text.append(runBytes(at) == 1 ? "z:" : "Z:").append(runLength(at));
            }
        }
        return text.toString();
    }
}
