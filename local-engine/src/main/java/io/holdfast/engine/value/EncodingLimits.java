package io.holdfast.engine.value;

/**
 * Where Redis changes from a compact encoding to a larger one: counts of elements, and bytes of one element. Every value
 * asks the one it was made with before it grows, and so follows CONFIG SET. Used on the engine loop.
 */
public interface EncodingLimits {
    EncodingLimits REDIS_7_0 = new Standard(false, false);
    EncodingLimits REDIS_7_2 = new Standard(true, true);

    /** What a standalone Holdfast reports itself as. */
    EncodingLimits DEFAULT = REDIS_7_2;

    /** A limit, by its name in redis.conf. */
    enum Limit {
        HASH_MAX_LISTPACK_ENTRIES("hash-max-listpack-entries", 512),
        /** Bytes of a field or of its value. */
        HASH_MAX_LISTPACK_VALUE("hash-max-listpack-value", 64),
        /** Positive: elements of a listpack; -1 to -5: 4, 8, 16, 32, 64 kB. */
        LIST_MAX_LISTPACK_SIZE("list-max-listpack-size", -2),
        SET_MAX_INTSET_ENTRIES("set-max-intset-entries", 512),
        SET_MAX_LISTPACK_ENTRIES("set-max-listpack-entries", 128),
        SET_MAX_LISTPACK_VALUE("set-max-listpack-value", 64),
        ZSET_MAX_LISTPACK_ENTRIES("zset-max-listpack-entries", 128),
        ZSET_MAX_LISTPACK_VALUE("zset-max-listpack-value", 64),
        /** Bytes of a sparse HyperLogLog, header included. */
        HLL_SPARSE_MAX_BYTES("hll-sparse-max-bytes", 3000),
        /** Bytes of one node of a stream; 0: as many as a node can have. */
        STREAM_NODE_MAX_BYTES("stream-node-max-bytes", 4096),
        /** Entries of one node of a stream, deleted ones included; 0: any number. */
        STREAM_NODE_MAX_ENTRIES("stream-node-max-entries", 100);

        private final String redisName;
        private final long standard;

        Limit(String redisName, long standard) {
            this.redisName = redisName;
            this.standard = standard;
        }

        public String redisName() {
            return redisName;
        }

        long standard() {
            return standard;
        }
    }

    long of(Limit limit);

    /** Small sets that hold more than integers are listpacks (Redis 7.2), not hash tables (7.0). */
    boolean setListpack();

    /** Small lists are listpacks (Redis 7.2), not quicklists (7.0). */
    boolean listListpack();

    /** The limits that Redis comes with. */
    record Standard(boolean setListpack, boolean listListpack) implements EncodingLimits {
        @Override
        public long of(Limit limit) {
            return limit.standard();
        }
    }
}
