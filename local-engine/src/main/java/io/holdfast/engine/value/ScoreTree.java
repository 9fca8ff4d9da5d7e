package io.holdfast.engine.value;

import io.holdfast.engine.value.ScoreTreeNode.Inner;
import io.holdfast.engine.value.ScoreTreeNode.Leaf;
import io.holdfast.resp.Bytes;
import java.util.Objects;

/**
 * Members ordered by score, then by their bytes, found by member, by rank and by any place in the order in logarithmic
 * time: a B+ tree that counts. Not thread-safe.
 *
 * <pre>
 *   inner   lowest keys   [ –  | 3 c | 7 a ]        of each child; the first one's is never looked at
 *           counts        [ 70 |  64 | 101 ]        members below each child
 *                           │     │     └────────┐
 *   leaf    scores        [ 1 1 2 … ]  [ 3 3 5 … ]  [ 7 8 8 … ]
 *           members       [ b d a … ]  [ c f a … ]  [ a b x … ]
 * </pre>
 *
 * <p>A search reads a few neighbouring places of one array a level, where a skip list follows two references for every
 * step; docs/decisions/0003 has the figures. A set that fits a listpack is one leaf.
 */
final class ScoreTree {
    private static final Inner[] NO_PATH = {};
    private static final int[] NO_SLOTS = {};
    /** This object, and the arrays of the path. */
    private static final int OWN_BYTES = 64;

    private ScoreTreeNode root;
    private int size;
    private long nodeBytes;
    /** The inner nodes from the root down to the leaf that {@link #descend} found, and the child it took in each. */
    private Inner[] path = NO_PATH;

    private int[] slots = NO_SLOTS;

    /** True for the members before some place in the order, false for all behind it. */
    interface Before {
        boolean test(Bytes member, double score);
    }

    ScoreTree() {
        this(new Leaf());
    }

    private ScoreTree(ScoreTreeNode root) {
        this.root = root;
        this.nodeBytes = root.bytes();
    }

    /** A tree of its own with the same members. */
    ScoreTree copy() {
        var copy = new ScoreTree(root.copy());
        copy.size = size;
        copy.nodeBytes = nodeBytes;
        copy.path = new Inner[path.length];
        copy.slots = new int[slots.length];
        return copy;
    }

    int size() {
        return size;
    }

    /** What the nodes take, not the members. */
    long bytes() {
        return OWN_BYTES + nodeBytes;
    }

    /** Adds a member that is not there yet. */
    void insert(Bytes member, double score) {
        Leaf leaf = descend(member, score);
        int at = leaf.countBefore(member, score);
        count(1);
        nodeBytes -= leaf.bytes();
        if (leaf.isFull()) {
            Leaf right = leaf.split(at);
            boolean toTheRight = at > leaf.size;
            (toTheRight ? right : leaf).insert(toTheRight ? at - leaf.size : at, member, score);
            nodeBytes += leaf.bytes() + right.bytes();
            adopt(leaf, right);
        } else {
            leaf.insert(at, member, score);
            nodeBytes += leaf.bytes();
        }
    }

    /** Removes a member that is there, with its score. */
    void delete(Bytes member, double score) {
        Leaf leaf = descend(member, score);
        deleteAt(leaf, leaf.countBefore(member, score));
    }

    /** Gives a member that is there another score than {@code from}; in place where its leaf has room in the order. */
    void move(Bytes member, double from, double to) {
        Leaf leaf = descend(member, from);
        int at = leaf.countBefore(member, from);
        if (leafHasPlaceFor(member, to)) {
            leaf.move(at, to);
        } else {
            deleteAt(leaf, at);
            insert(member, to);
        }
    }

    /** How many members stand before this one, which is there. */
    int rankOf(Bytes member, double score) {
        ScoreTreeNode node = root;
        int rank = 0;
        while (node instanceof Inner inner) {
            int slot = inner.slotOf(member, score);
            rank += inner.countBeforeSlot(slot);
            node = inner.child(slot);
        }
        return rank + node.countBefore(member, score);
    }

    /** How many members {@code before} holds for; it must hold for the first so many of them and for no other. */
    int countWhile(Before before) {
        ScoreTreeNode node = root;
        int count = 0;
        while (node instanceof Inner inner) {
            int slot = inner.countWhile(before, 1) - 1;
            count += inner.countBeforeSlot(slot);
            node = inner.child(slot);
        }
        return count + node.countWhile(before, 0);
    }

    /** The member that {@code rank} others stand before, from 0 to {@link #size} (exclusive). */
    ScoredMember atRank(int rank) {
        Objects.checkIndex(rank, size);
        ScoreTreeNode node = root;
        int left = rank;
        while (node instanceof Inner inner) {
            int slot = inner.slotOfRank(left);
            left -= inner.countBeforeSlot(slot);
            node = inner.child(slot);
        }
        return new ScoredMember(node.member(left), node.score(left));
    }

    /**
     * Visits the members with ranks from {@code from} to {@code to} (exclusive), upwards, or downwards where {@code
     * reverse} is true.
     */
    void forEach(int from, int to, boolean reverse, SortedSetValue.Visitor visitor) {
        int low = from;
        int high = to;
        while (low < high) { // a descent for each leaf
            ScoreTreeNode node = root;
            int first = 0; // the rank of the node's first member
            int searched = reverse ? high - 1 : low;
            while (node instanceof Inner inner) {
                int slot = inner.slotOfRank(searched - first);
                first += inner.countBeforeSlot(slot);
                node = inner.child(slot);
            }
            if (reverse) {
                int stop = Math.max(low - first, 0);
                for (int i = high - first - 1; i >= stop; i--) {
                    visitor.visit(node.member(i), node.score(i));
                }
                high = first + stop;
            } else {
                int stop = Math.min(high - first, node.size);
                for (int i = low - first; i < stop; i++) {
                    visitor.visit(node.member(i), node.score(i));
                }
                low = first + stop;
            }
        }
    }

    // ---- changes; the path leads to the leaf

    private Leaf descend(Bytes member, double score) {
        ScoreTreeNode node = root;
        for (int depth = 0; node instanceof Inner inner; depth++) {
            int slot = inner.slotOf(member, score);
            path[depth] = inner;
            slots[depth] = slot;
            node = inner.child(slot);
        }
        return (Leaf) node;
    }

    /** True where a descent to this key would end at the same leaf. */
    private boolean leafHasPlaceFor(Bytes member, double score) {
        boolean lowFound = false;
        boolean highFound = false;
        for (int depth = path.length - 1; depth >= 0 && !(lowFound && highFound); depth--) {
            Inner inner = path[depth];
            int slot = slots[depth];
            if (!lowFound && slot > 0) {
                lowFound = true;
                if (inner.isAfter(slot, member, score)) {
                    return false;
                }
            }
            if (!highFound && slot + 1 < inner.size) {
                highFound = true;
                if (!inner.isAfter(slot + 1, member, score)) {
                    return false;
                }
            }
        }
        return true;
    }

    private void count(int change) {
        size += change;
        for (int depth = 0; depth < path.length; depth++) {
            path[depth].count(slots[depth], change);
        }
    }

    private void deleteAt(Leaf leaf, int at) {
        count(-1);
        nodeBytes -= leaf.bytes();
        leaf.close(at, 1);
        nodeBytes += leaf.bytes();
        ScoreTreeNode node = leaf;
        for (int depth = path.length - 1; depth >= 0 && node.isSparse(); depth--) {
            nodeBytes += path[depth].refill(slots[depth]);
            node = path[depth];
        }
        while (root instanceof Inner inner && inner.size == 1) {
            nodeBytes -= inner.bytes();
            root = inner.child(0);
            setHeight(path.length - 1);
        }
    }

    /** A node was split: gives the right half its place in the parent, which may have to be split in turn. */
    private void adopt(ScoreTreeNode left, ScoreTreeNode right) {
        ScoreTreeNode halfLeft = left;
        ScoreTreeNode halfRight = right;
        for (int depth = path.length - 1; depth >= 0; depth--) {
            Inner parent = path[depth];
            int slot = slots[depth];
            nodeBytes -= parent.bytes();
            if (!parent.isFull()) {
                parent.adopt(slot, halfLeft, halfRight);
                nodeBytes += parent.bytes();
                return;
            }
            Inner sibling = parent.split(slot + 1);
            boolean inSibling = slot >= parent.size;
            (inSibling ? sibling : parent).adopt(inSibling ? slot - parent.size : slot, halfLeft, halfRight);
            nodeBytes += parent.bytes() + sibling.bytes();
            halfLeft = parent;
            halfRight = sibling;
        }
        var top = new Inner(halfLeft, halfRight);
        nodeBytes += top.bytes();
        root = top;
        setHeight(path.length + 1);
    }

    private void setHeight(int levels) {
        path = levels == 0 ? NO_PATH : new Inner[levels];
        slots = levels == 0 ? NO_SLOTS : new int[levels];
    }

    // ---- for tests

    /** How many levels of inner nodes there are above the leaves. */
    int height() {
        return path.length;
    }

    /** Throws where a count, a place in the order or a node's filling is wrong. */
    void checkInvariants() {
        long bytes = root.check(0, path.length, null, null);
        if (root.total() != size || bytes != nodeBytes) {
            throw new IllegalStateException(
                    "broken: %d members counted as %d, %d bytes as %d".formatted(root.total(), size, bytes, nodeBytes));
        }
    }
}
