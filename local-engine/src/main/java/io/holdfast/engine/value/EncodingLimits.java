package io.holdfast.engine.value;

import java.util.List;

/**
 * Where Redis changes from a compact encoding to a larger one: counts of elements, and bytes of one element. Immutable;
 * every value keeps the one it was made with. The names are those of redis.conf.
 *
 * @param listMaxListpackSize positive: elements; -1 to -5: 4, 8, 16, 32, 64 kB
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
        boolean setListpack,
        boolean listListpack) {
    public static final EncodingLimits REDIS_7_0 = new EncodingLimits(512, 64, -2, 512, 128, 64, 128, 64, false, false);
    public static final EncodingLimits REDIS_7_2 = new EncodingLimits(512, 64, -2, 512, 128, 64, 128, 64, true, true);

    /** What a standalone Holdfast reports itself as. */
    public static final EncodingLimits DEFAULT = REDIS_7_2;

    /** The parameters of redis.conf that {@link #with} takes. */
    public static final List<String> NAMES = List.of(
            "hash-max-listpack-entries",
            "hash-max-listpack-value",
            "list-max-listpack-size",
            "set-max-intset-entries",
            "set-max-listpack-entries",
            "set-max-listpack-value",
            "zset-max-listpack-entries",
            "zset-max-listpack-value");

    private static final int SAFE_BYTES = 8192;

    /** The same, with another value of one of redis.conf's parameters. */
    public EncodingLimits with(String name, long value) {
        return copy(name, value, setListpack);
    }

    /** The same sizes, with small sets and lists held as Redis 7.2 holds them, or as 7.0. */
    public EncodingLimits likeSevenTwo(boolean listpacks) {
        return copy("", 0, listpacks);
    }

    private EncodingLimits copy(String name, long value, boolean listpacks) {
        int limit = (int) Math.max(Integer.MIN_VALUE, Math.min(Integer.MAX_VALUE, value));
        return new EncodingLimits(
                name.equals("hash-max-listpack-entries") ? limit : hashMaxListpackEntries,
                name.equals("hash-max-listpack-value") ? limit : hashMaxListpackValue,
                name.equals("list-max-listpack-size") ? limit : listMaxListpackSize,
                name.equals("set-max-intset-entries") ? limit : setMaxIntsetEntries,
                name.equals("set-max-listpack-entries") ? limit : setMaxListpackEntries,
                name.equals("set-max-listpack-value") ? limit : setMaxListpackValue,
                name.equals("zset-max-listpack-entries") ? limit : zsetMaxListpackEntries,
                name.equals("zset-max-listpack-value") ? limit : zsetMaxListpackValue,
                listpacks,
                listpacks);
    }

    /** True where a list of this size is no longer one listpack. */
    boolean exceedsListpack(long bytes, long elements) {
        if (listMaxListpackSize >= 0) {
            return elements > listMaxListpackSize || bytes > SAFE_BYTES;
        }
        return bytes > 2048L << Math.min(-listMaxListpackSize, 5);
    }
}
