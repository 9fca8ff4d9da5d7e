package io.holdfast.engine.value;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Collection;

/** How many nodes Redis's radix tree (rax) has for a set of stream ids: XINFO STREAM tells. Pure. */
final class RadixNodes {
    private static final int KEY_BYTES = 16;

    private RadixNodes() {}

    /** @param ascending the keys, in order */
    static long count(Collection<StreamId> ascending) {
        byte[][] keys = ascending.stream().map(RadixNodes::key).toArray(byte[][]::new);
        return keys.length == 0 ? 1 : count(keys, 0, keys.length, 0);
    }

    private static byte[] key(StreamId id) {
        return ByteBuffer.allocate(KEY_BYTES).putLong(id.ms()).putLong(id.seq()).array();
    }

    /** The nodes below a position that all keys from {@code from} to {@code to} (exclusive) have in common. */
    private static long count(byte[][] keys, int from, int to, int depth) {
        int same = to - from == 1 ? KEY_BYTES : Arrays.mismatch(keys[from], keys[to - 1]);
        long nodes = same > depth ? 2 : 1; // a run of bytes without a branch is one node; then a branch or the end
        if (same == KEY_BYTES) {
            return nodes;
        }
        for (int begin = from; begin < to; ) {
            int end = begin + 1;
            while (end < to && keys[end][same] == keys[begin][same]) {
                end++;
            }
            nodes += count(keys, begin, end, same + 1);
            begin = end;
        }
        return nodes;
    }
}
