package io.holdfast.proxy.upstream;

/**
 * Bounds of the links that clients have for themselves, because they block, watch or subscribe.
 *
 * @param pinnedMax open at a time, idle ones included; who would need one more is refused
 * @param spareMax idle ones of one {@link LinkKey} that are kept for the next client
 * @param spareIdleMs how long one may lie idle, milliseconds
 */
public record LinkLimits(int pinnedMax, int spareMax, long spareIdleMs) {
    /** The upstream takes 10,000 clients unless it was told otherwise: some of them are not ours. */
    public static final LinkLimits DEFAULT = new LinkLimits(8000, 16, 60_000);

    public LinkLimits withPinnedMax(int other) {
        return new LinkLimits(other, spareMax, spareIdleMs);
    }
}
