package io.holdfast.sync.mirror;

/**
 * Bounds of the warm copy.
 *
 * @param keysMax keys in the copy; beyond it new ones are not taken in
 * @param elementsMax elements of a collection; a bigger one is not copied
 * @param grownElementsMax elements of a collection that was copied and has grown since; a bigger one is let go
 * @param stringBytesMax length of a string, bytes; a longer one is not copied
 * @param absentMax keys remembered as not being upstream, and as many as being too big
 * @param tooBigForMs how long a key that was too big is not asked for again, milliseconds
 * @param fetchesMax fetches under way at a time; beyond it a key is fetched when it is touched again
 */
public record MirrorLimits(
        int keysMax,
        int elementsMax,
        int grownElementsMax,
        int stringBytesMax,
        int absentMax,
        long tooBigForMs,
        int fetchesMax) {
    public static final MirrorLimits DEFAULT =
            new MirrorLimits(1_000_000, 10_000, 100_000, 1024 * 1024, 10_000, 60_000, 1024);
}
