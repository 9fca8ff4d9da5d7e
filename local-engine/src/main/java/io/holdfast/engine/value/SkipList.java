package io.holdfast.engine.value;

import io.holdfast.resp.Bytes;
import java.util.Arrays;
import java.util.Objects;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Members ordered by score, then by their bytes; each link knows how many members it skips, so that a rank is found, and
 * a member by its rank, in logarithmic time (W. Pugh, "Skip Lists", with spans as in his cookbook). Not thread-safe.
 *
 * <pre>
 *   level 2   head ───────────3──────────► c ─────────► end
 *   level 1   head ─────2────► b ────1───► c ─────────► end
 *   level 0   head ──► a ────► b ────────► c ──► d ───► end
 * </pre>
 */
final class SkipList {
    static final int LEVELS_MAX = 32;
    /** One node in four reaches the next level. */
    private static final int LEVEL_BITS = 2;

    private static final @Nullable Node[] NO_NODES = new Node[0];
    private static final int[] NO_SPANS = {};

    /** A member and its links. Three nodes in four have one level only, and no arrays. */
    static final class Node {
        private final Bytes member;
        private double score;
        private @Nullable Node previous;
        private @Nullable Node next;
        private @Nullable Node[] upper; // the links of level 1 and above
        private int[] spans; // how many nodes on level 0 each of them leads forward

        private Node(Bytes member, double score, int levels) {
            this.member = member;
            this.score = score;
            this.upper = levels == 1 ? NO_NODES : new Node[levels - 1];
            this.spans = levels == 1 ? NO_SPANS : new int[levels - 1];
        }

        Bytes member() {
            return member;
        }

        double score() {
            return score;
        }

        /** The next higher one, or null at the end. */
        @Nullable Node next() {
            return next;
        }

        /** The next lower one, or null at the front. */
        @Nullable Node previous() {
            return previous;
        }

        private int levels() {
            return upper.length + 1;
        }

        private @Nullable Node link(int level) {
            return level == 0 ? next : upper[level - 1];
        }

        private void link(int level, @Nullable Node to, int span) {
            if (level == 0) {
                next = to;
            } else {
                upper[level - 1] = to;
                spans[level - 1] = span;
            }
        }

        private int span(int level) {
            return level == 0 ? 1 : spans[level - 1];
        }

        private boolean isBefore(double otherScore, Bytes otherMember) {
            return score < otherScore || (score == otherScore && member.compareTo(otherMember) < 0);
        }
    }

    /** True for the members before some place in the order, false for all behind it. */
    interface Before {
        boolean test(Bytes member, double score);
    }

    private final SplittableRandom random;
    private final Node head = new Node(Bytes.EMPTY, 0, 1); // as many levels as the highest node
    private @Nullable Node tail;
    private int size;

    SkipList(SplittableRandom random) {
        this.random = random;
    }

    int size() {
        return size;
    }

    @Nullable Node first() {
        return head.next;
    }

    @Nullable Node last() {
        return tail;
    }

    /** Adds a member that is not there yet. */
    Node insert(Bytes member, double score) {
        int levels = randomLevels();
        raiseHead(levels);
        var path = new Node[head.levels()];
        var ranks = new int[head.levels()];
        descend(member, score, path, ranks);
        var node = new Node(member, score, levels);
        int rank = ranks[0];
        for (int level = 0; level < head.levels(); level++) {
            Node before = path[level];
            int skipped = rank - ranks[level]; // nodes between the one before, on this level, and the new one
            if (level < levels) {
                node.link(level, before.link(level), before.span(level) - skipped);
                before.link(level, node, skipped + 1);
            } else {
                before.spans[level - 1]++;
            }
        }
        joinBackwards(node, path[0]);
        size++;
        return node;
    }

    /** Removes a node of this list. */
    void delete(Node node) {
        var path = new Node[head.levels()];
        descend(node.member, node.score, path, new int[head.levels()]);
        for (int level = 0; level < head.levels(); level++) {
            Node before = path[level];
            if (before.link(level) == node) {
                before.link(level, node.link(level), before.span(level) + node.span(level) - 1);
            } else {
                before.spans[level - 1]--;
            }
        }
        Node next = node.next;
        if (next == null) {
            tail = node.previous;
        } else {
            next.previous = node.previous;
        }
        size--;
    }

    /** Gives a node of this list another score; returns the node that stands for the member from then on. */
    Node rescore(Node node, double score) {
        Node previous = node.previous;
        Node next = node.next;
        boolean afterPrevious = previous == null || previous.isBefore(score, node.member);
        boolean beforeNext = next == null || !next.isBefore(score, node.member);
        if (afterPrevious && beforeNext) {
            node.score = score;
            return node;
        }
        delete(node);
        return insert(node.member, score);
    }

    /** How many members stand before this node. */
    int rankOf(Node node) {
        return countWhile(
                (member, score) -> score < node.score || (score == node.score && member.compareTo(node.member) < 0));
    }

    /** The node that {@code rank} others stand before, from 0 to {@link #size} (exclusive). */
    Node atRank(int rank) {
        Objects.checkIndex(rank, size);
        Node node = head;
        int left = rank + 1;
        for (int level = head.levels() - 1; level >= 0; level--) {
            Node next = node.link(level);
            while (next != null && node.span(level) <= left) {
                left -= node.span(level);
                node = next;
                next = node.link(level);
            }
        }
        return node;
    }

    /** How many members {@code before} holds for; it must hold for the first so many of them and for no other. */
    int countWhile(Before before) {
        Node node = head;
        int count = 0;
        for (int level = head.levels() - 1; level >= 0; level--) {
            Node next = node.link(level);
            while (next != null && before.test(next.member, next.score)) {
                count += node.span(level);
                node = next;
                next = node.link(level);
            }
        }
        return count;
    }

    /** Throws where a link, a span or the order is wrong; for tests. */
    void checkInvariants() {
        for (int level = 0; level < head.levels(); level++) {
            int rank = 0;
            for (Node node = head; node.link(level) != null; ) {
                Node next = Objects.requireNonNull(node.link(level));
                rank += node.span(level);
                check(atRank(rank - 1) == next, "span of level " + level + " before rank " + rank);
                check(node == head || node.isBefore(next.score, next.member), "order at rank " + rank);
                check(level > 0 || next.previous == (node == head ? null : node), "way back at rank " + rank);
                check(level > 0 || next.next != null || next == tail, "tail");
                node = next;
            }
            check(level > 0 || rank == size, "size " + size + " but " + rank + " nodes");
        }
        check(size > 0 || tail == null, "tail of an empty list");
    }

    private static void check(boolean holds, String invariant) {
        if (!holds) {
            throw new IllegalStateException("broken: " + invariant);
        }
    }

    /** Finds the last node before a place on each level, and how many nodes there are up to it, itself included. */
    private void descend(Bytes member, double score, Node[] path, int[] ranks) {
        Node node = head;
        int rank = 0;
        for (int level = head.levels() - 1; level >= 0; level--) {
            Node next = node.link(level);
            while (next != null && next.isBefore(score, member)) {
                rank += node.span(level);
                node = next;
                next = node.link(level);
            }
            path[level] = node;
            ranks[level] = rank;
        }
    }

    private void joinBackwards(Node node, Node before) {
        node.previous = before == head ? null : before;
        Node next = node.next;
        if (next == null) {
            tail = node;
        } else {
            next.previous = node;
        }
    }

    /** A new level of the head leads over all nodes to the end. */
    private void raiseHead(int levels) {
        int before = head.levels();
        if (levels > before) {
            head.upper = Arrays.copyOf(head.upper, levels - 1);
            head.spans = Arrays.copyOf(head.spans, levels - 1);
            Arrays.fill(head.spans, before - 1, levels - 1, size);
        }
    }

    private int randomLevels() {
        int zeros = Long.numberOfTrailingZeros(random.nextLong());
        return Math.min(LEVELS_MAX, 1 + zeros / LEVEL_BITS);
    }
}
