package io.holdfast.proxy.upstream;

/**
 * Bounds of the links that clients have for themselves, because they block, watch or subscribe, or have large requests or
 * replies.
 *
 * @param pinnedMax open at a time, idle ones included; who would need one more is refused
 * @param spareMax idle ones of one {@link LinkKey} that are kept for the next client
 * @param spareIdleMs how long one may lie idle, milliseconds
 */
public record LinkLimits(int pinnedMax, int spareMax, long spareIdleMs) {
    /** Where the upstream lets in few, as small plans of hosted ones do, large replies must not be what goes beyond that. */
    private static final int HEAVY_MAX = 16;

    /** The upstream takes 10,000 clients unless it was told otherwise: some of them are not ours. */
    public static final LinkLimits DEFAULT = new LinkLimits(8000, 16, 60_000);

    /** So many of the {@link #pinnedMax} may be had by clients that could do without: most are for those that could not. */
    int heavyMax() {
        return Math.min(HEAVY_MAX, pinnedMax / 2);
    }

    public LinkLimits withPinnedMax(int other) {
        return new LinkLimits(other, spareMax, spareIdleMs);
    }
}
