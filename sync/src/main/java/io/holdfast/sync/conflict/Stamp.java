package io.holdfast.sync.conflict;

import io.holdfast.resp.Bytes;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/**
 * When a node wrote something, in the order that all nodes agree on: a hybrid logical clock (Kulkarni et al., "Logical Physical
 * Clocks", 2014). Immutable.
 *
 * @param ms Unix milliseconds of the node that wrote, or of one whose writes it had seen and whose clock is ahead
 * @param count tells writes apart whose milliseconds say nothing
 * @param node tells the rest apart
 */
public record Stamp(long ms, long count, String node) implements Comparable<Stamp> {
    private static final Comparator<Stamp> ORDER =
            Comparator.comparingLong(Stamp::ms).thenComparingLong(Stamp::count).thenComparing(Stamp::node);

    @Override
    public int compareTo(Stamp other) {
        return ORDER.compare(this, other);
    }

    /** Three words: {@code 1764350000000 0 0123…}. */
    @Override
    public String toString() {
        return ms + " " + count + " " + node;
    }

    /** Null where {@code text} does not begin with a stamp. */
    static @Nullable Stamp parse(Bytes text) {
        String[] words = text.latin1().split(" ", -1);
        if (words.length < 3 || !words[0].matches("\\d{1,15}") || !words[1].matches("\\d{1,15}")) {
            return null;
        }
        return new Stamp(Long.parseLong(words[0]), Long.parseLong(words[1]), words[2]);
    }
}
