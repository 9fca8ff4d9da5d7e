package io.holdfast.engine.value;

import io.holdfast.resp.Bytes;

/** Sizes of objects on a 64-bit JVM with compressed references, near enough for memory bounds. */
final class HeapEstimate {
    /** A value object with its fields and its change tracking. */
    static final int VALUE = 160;

    private static final int BYTES_HEADERS = 40;

    private HeapEstimate() {}

    static long of(Bytes bytes) {
        return BYTES_HEADERS + ((bytes.length() + 7L) & ~7L);
    }
}
