package io.holdfast.sync.mirror;

/**
 * Bounds of the warm copy.
 *
 * @param keysMax keys in the copy; beyond it new ones are not taken in
 * @param elementsMax elements of a collection; a bigger one is not copied
 * @param stringBytesMax length of a string, bytes; a longer one is not copied
 * @param absentMax keys remembered as not being upstream
 * @param fetchesMax fetches under way at a time; beyond it a key is fetched when it is touched again
 */
public record MirrorLimits(int keysMax, int elementsMax, int stringBytesMax, int absentMax, int fetchesMax) {
    public static final MirrorLimits DEFAULT = new MirrorLimits(1_000_000, 10_000, 1024 * 1024, 10_000, 1024);
}
