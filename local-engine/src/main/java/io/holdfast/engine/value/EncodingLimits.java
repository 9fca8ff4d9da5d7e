package io.holdfast.engine.value;

/**
 * Where Redis changes from a compact encoding to a larger one: counts of elements, and bytes of one element. Immutable;
 * every value keeps the one it was made with. The names are those of redis.conf.
 *
 * @param listMaxListpackSize positive: elements; -1 to -5: 4, 8, 16, 32, 64 kB
 * @param streamNodeMaxBytes of one node of a stream; 0: as many as a node can have
 * @param streamNodeMaxEntries of one node of a stream, deleted ones included; 0: any number
 * @param setListpack small sets that hold more than integers are listpacks (Redis 7.2), not hash tables (7.0)
 * @param listListpack small lists are listpacks (Redis 7.2), not quicklists (7.0)
 */
public record EncodingLimits(
        int hashMaxListpackEntries,
        int hashMaxListpackValue,
        int listMaxListpackSize,
        int setMaxIntsetEntries,
        int setMaxListpackEntries,
        int setMaxListpackValue,
        int zsetMaxListpackEntries,
        int zsetMaxListpackValue,
        int streamNodeMaxBytes,
        int streamNodeMaxEntries,
        boolean setListpack,
        boolean listListpack) {
    public static final EncodingLimits REDIS_7_0 =
            new EncodingLimits(128, 64, -2, 512, 128, 64, 128, 64, 4096, 100, false, false);
    public static final EncodingLimits REDIS_7_2 =
            new EncodingLimits(128, 64, -2, 512, 128, 64, 128, 64, 4096, 100, true, true);

    /** What a standalone Holdfast reports itself as. */
    public static final EncodingLimits DEFAULT = REDIS_7_2;

    private static final int SAFE_BYTES = 8192;
    private static final int STREAM_NODE_BYTES_MAX = 1 << 30;

    int streamNodeBytesMax() {
        return streamNodeMaxBytes <= 0 ? STREAM_NODE_BYTES_MAX : Math.min(streamNodeMaxBytes, STREAM_NODE_BYTES_MAX);
    }

    /** True where a list of this size is no longer one listpack. */
    boolean exceedsListpack(long bytes, long elements) {
        if (listMaxListpackSize >= 0) {
            return elements > listMaxListpackSize || bytes > SAFE_BYTES;
        }
        return bytes > 2048L << Math.min(-listMaxListpackSize, 5);
    }
}
