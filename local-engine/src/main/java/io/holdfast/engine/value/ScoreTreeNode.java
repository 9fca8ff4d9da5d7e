package io.holdfast.engine.value;

import io.holdfast.resp.Bytes;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A node of a {@link ScoreTree}: keys in order, in parallel arrays that grow with them. A key is a score and a member. Not
 * thread-safe.
 */
abstract class ScoreTreeNode {
    /** A node is joined with its neighbour, or filled from it, when less than one place in so many is used. */
    private static final int SPARSE_FACTOR = 4;
    /** Neighbours become one where that leaves so much of a node free: the next few insertions shall not split it again. */
    private static final int FREE_FACTOR = 4;
    /** A node that is split for a key at its end keeps all but one in so many: keys that only rise fill nodes well. */
    private static final int SPLIT_FACTOR = 8;

    private static final int CAPACITY_MIN = 4;
    /** Larger arrays grow by so many places. */
    private static final int CAPACITY_STEP = 32;

    private static final int ARRAY_HEADER = 16;

    int size;
    private double[] scores;
    private @Nullable Bytes[] members;

    private ScoreTreeNode() {
        scores = new double[0];
        members = new Bytes[0];
    }

    private ScoreTreeNode(ScoreTreeNode other) {
        scores = other.scores.clone();
        members = other.members.clone();
        size = other.size;
    }

    /** A node of its own with the same members below it. */
    abstract ScoreTreeNode copy();

    /** How many members there are below. */
    abstract int total();

    /** Heap bytes of this node and its arrays, without nodes below it and members. */
    abstract long bytes();

    abstract int sizeMax();

    /** Throws where it is broken; keys must be from {@code low} up to {@code high}. Returns the bytes of all nodes. */
    abstract long check(int depth, int height, @Nullable ScoredMember low, @Nullable ScoredMember high);

    final double score(int at) {
        return scores[at];
    }

    final Bytes member(int at) {
        return Objects.requireNonNull(members[at]);
    }

    final boolean isFull() {
        return size == sizeMax();
    }

    final boolean isSparse() {
        return size < sizeMax() / SPARSE_FACTOR;
    }

    /** True where the key at a place comes behind the given one. */
    final boolean isAfter(int at, Bytes member, double score) {
        double other = scores[at];
        return other > score || (other == score && member(at).compareTo(member) > 0);
    }

    /** How many keys come before this one. */
    final int countBefore(Bytes member, double score) {
        return countBefore(member, score, 0, size);
    }

    /** As {@link #countBefore(Bytes, double)}, where it is known to be from {@code from} to {@code to}, both inclusive. */
    final int countBefore(Bytes member, double score, int from, int to) {
        double[] keys = scores;
        int low = from;
        int high = to;
        while (low < high) {
            int middle = (low + high) >>> 1;
            double key = keys[middle];
            if (key < score || (key == score && member(middle).compareTo(member) < 0)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** The first place, {@code from} or behind it, for whose key {@code before} does not hold. */
    final int countWhile(ScoreTree.Before before, int from) {
        int low = from;
        int high = size;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (before.test(member(middle), scores[middle])) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** Where to split for a key that shall stand at {@code at}. */
    final int splitPoint(int at) {
        int few = size / SPLIT_FACTOR;
        return at == size ? size - few : at == 0 ? few : size / 2;
    }

    /** Puts the last keys, from {@code from} on, before those of the node behind this one. */
    final void giveTail(int from, ScoreTreeNode behind) {
        int count = size - from;
        behind.open(0, count);
        copyTo(from, count, behind, 0);
        close(from, count);
    }

    /** Puts the first {@code count} keys behind those of the node before this one. */
    final void giveHead(int count, ScoreTreeNode before) {
        int at = before.size;
        before.open(at, count);
        copyTo(0, count, before, at);
        close(0, count);
    }

    /** Makes room for {@code count} keys at {@code at}. */
    final void open(int at, int count) {
        int needed = size + count;
        if (needed > scores.length) {
            resize(capacityFor(needed));
        }
        shift(at, at + count, size - at);
        size = needed;
    }

    /** Takes {@code count} keys out at {@code at}. */
    final void close(int at, int count) {
        int left = size - count;
        shift(at + count, at, left - at);
        forget(left, size);
        size = left;
        int capacity = capacityFor(left);
        if (2 * capacity <= scores.length) {
            resize(capacity);
        }
    }

    void resize(int capacity) {
        scores = Arrays.copyOf(scores, capacity);
        members = Arrays.copyOf(members, capacity);
    }

    /** Moves {@code count} keys within this node. */
    void shift(int from, int to, int count) {
        System.arraycopy(scores, from, scores, to, count);
        System.arraycopy(members, from, members, to, count);
    }

    /** Copies keys into room that was made for them. */
    void copyTo(int from, int count, ScoreTreeNode other, int at) {
        System.arraycopy(scores, from, other.scores, at, count);
        System.arraycopy(members, from, other.members, at, count);
    }

    /** Lets go of what stands at places that are no longer used. */
    void forget(int from, int to) {
        Arrays.fill(members, from, to, null);
    }

    final void set(int at, Bytes member, double score) {
        scores[at] = score;
        members[at] = member;
    }

    final int capacity() {
        return scores.length;
    }

    private static int capacityFor(int keys) {
        if (keys <= CAPACITY_STEP) {
            return Math.max(CAPACITY_MIN, Integer.highestOneBit(Math.max(1, keys - 1)) << 1);
        }
        return (keys + CAPACITY_STEP - 1) / CAPACITY_STEP * CAPACITY_STEP;
    }

    final void checkKeys(int from, @Nullable ScoredMember low, @Nullable ScoredMember high) {
        for (int i = from; i < size; i++) {
            require(i == from || isAfter(i, member(i - 1), scores[i - 1]), "order at " + i);
            require(low == null || order(i, low) >= 0, "too low at " + i);
            require(high == null || order(i, high) < 0, "too high at " + i);
        }
        for (int i = size; i < members.length; i++) {
            require(members[i] == null, "something left at " + i);
        }
        require(size <= sizeMax(), "size " + size);
    }

    private int order(int at, ScoredMember other) {
        if (scores[at] == other.score()) {
            return member(at).compareTo(other.member());
        }
        return scores[at] < other.score() ? -1 : 1;
    }

    static void require(boolean holds, String invariant) {
        if (!holds) {
            throw new IllegalStateException("broken: " + invariant);
        }
    }

    /** Members with their scores. */
    static final class Leaf extends ScoreTreeNode {
        /** As many as a listpack may hold by default. */
        static final int SIZE_MAX = 128;

        private static final int HEADERS = 24 + 2 * ARRAY_HEADER;
        private static final int PLACE = 8 + 4;

        Leaf() {}

        private Leaf(Leaf other) {
            super(other);
        }

        @Override
        Leaf copy() {
            return new Leaf(this);
        }

        @Override
        int total() {
            return size;
        }

        @Override
        int sizeMax() {
            return SIZE_MAX;
        }

        @Override
        long bytes() {
            return HEADERS + (long) PLACE * capacity();
        }

        void insert(int at, Bytes member, double score) {
            open(at, 1);
            set(at, member, score);
        }

        /** Gives the member at {@code at} another score, and the place that belongs to it. */
        void move(int at, double score) {
            Bytes member = member(at);
            int to;
            if (score > score(at)) {
                to = countBefore(member, score, at + 1, size) - 1;
                shift(at + 1, at, to - at);
            } else {
                to = countBefore(member, score, 0, at);
                shift(to, to + 1, at - to);
            }
            set(to, member, score);
        }

        /** Leaves the first keys here and puts the others into a new leaf; {@code at} is where a key shall be added. */
        Leaf split(int at) {
            var right = new Leaf();
            giveTail(splitPoint(at), right);
            return right;
        }

        @Override
        long check(int depth, int height, @Nullable ScoredMember low, @Nullable ScoredMember high) {
            require(depth == height, "a leaf at depth " + depth + " of " + height);
            require(depth == 0 || size > 0, "an empty leaf");
            checkKeys(0, low, high);
            return bytes();
        }
    }

    /** Nodes below, each with its lowest key and how many members it has; the key of the first is never looked at. */
    static final class Inner extends ScoreTreeNode {
        static final int SIZE_MAX = 64;

        private static final int HEADERS = 32 + 4 * ARRAY_HEADER;
        private static final int PLACE = 8 + 4 + 4 + 4;

        private int[] counts = {};
        private @Nullable ScoreTreeNode[] children = {};

        private Inner() {}

        /** A new root above the halves of the old one. */
        Inner(ScoreTreeNode left, ScoreTreeNode right) {
            open(0, 1);
            put(0, left);
            adopt(0, left, right);
        }

        private Inner(Inner other) {
            super(other);
            counts = other.counts.clone();
            children = new ScoreTreeNode[other.children.length];
            for (int i = 0; i < size; i++) {
                children[i] = other.child(i).copy();
            }
        }

        @Override
        Inner copy() {
            return new Inner(this);
        }

        @Override
        int total() {
            return countBeforeSlot(size);
        }

        @Override
        int sizeMax() {
            return SIZE_MAX;
        }

        @Override
        long bytes() {
            return HEADERS + (long) PLACE * capacity();
        }

        ScoreTreeNode child(int slot) {
            return Objects.requireNonNull(children[slot]);
        }

        /** The child that a key belongs to. */
        int slotOf(Bytes member, double score) {
            int slot = countBefore(member, score, 1, size);
            return slot < size && !isAfter(slot, member, score) ? slot : slot - 1;
        }

        /** How many members there are below the children before {@code slot}. */
        int countBeforeSlot(int slot) {
            int count = 0;
            for (int i = 0; i < slot; i++) {
                count += counts[i];
            }
            return count;
        }

        /** The child with the member that {@code rank} others below this node stand before. */
        int slotOfRank(int rank) {
            int left = rank;
            int slot = 0;
            while (left >= counts[slot]) {
                left -= counts[slot++];
            }
            return slot;
        }

        void count(int slot, int change) {
            counts[slot] += change;
        }

        /** The child at {@code slot} was split: it is the left half now, and the right half comes behind it. */
        void adopt(int slot, ScoreTreeNode left, ScoreTreeNode right) {
            counts[slot] = left.total();
            open(slot + 1, 1);
            put(slot + 1, right);
        }

        /** As {@link Leaf#split}. */
        Inner split(int at) {
            var right = new Inner();
            giveTail(splitPoint(at), right);
            return right;
        }

        /** Joins a sparse child with a neighbour, or evens the two out. Returns by how many bytes the nodes have grown. */
        long refill(int slot) {
            int first = Math.max(0, slot - 1);
            ScoreTreeNode left = child(first);
            ScoreTreeNode right = child(first + 1);
            long before = bytes() + left.bytes() + right.bytes();
            int both = left.size + right.size;
            if (both <= left.sizeMax() - left.sizeMax() / FREE_FACTOR) {
                right.giveHead(right.size, left);
                counts[first] = left.total();
                close(first + 1, 1);
                return bytes() + left.bytes() - before;
            }
            if (left.size > both / 2) {
                left.giveTail(both / 2, right);
            } else {
                right.giveHead(both / 2 - left.size, left);
            }
            counts[first] = left.total();
            put(first + 1, right);
            return bytes() + left.bytes() + right.bytes() - before;
        }

        private void put(int slot, ScoreTreeNode child) {
            set(slot, child.member(0), child.score(0));
            counts[slot] = child.total();
            children[slot] = child;
        }

        @Override
        void resize(int capacity) {
            super.resize(capacity);
            counts = Arrays.copyOf(counts, capacity);
            children = Arrays.copyOf(children, capacity);
        }

        @Override
        void shift(int from, int to, int count) {
            super.shift(from, to, count);
            System.arraycopy(counts, from, counts, to, count);
            System.arraycopy(children, from, children, to, count);
        }

        @Override
        void copyTo(int from, int count, ScoreTreeNode other, int at) {
            super.copyTo(from, count, other, at);
            Inner inner = (Inner) other; // neighbours are of one height
            System.arraycopy(counts, from, inner.counts, at, count);
            System.arraycopy(children, from, inner.children, at, count);
        }

        @Override
        void forget(int from, int to) {
            super.forget(from, to);
            Arrays.fill(children, from, to, null);
        }

        @Override
        long check(int depth, int height, @Nullable ScoredMember low, @Nullable ScoredMember high) {
            require(size > 1, "an inner node with " + size + " children");
            checkKeys(1, low, high);
            long bytes = bytes();
            for (int i = 0; i < size; i++) {
                require(counts[i] == child(i).total(), "count of child " + i);
                ScoredMember from = i == 0 ? low : key(i);
                bytes += child(i).check(depth + 1, height, from, i + 1 == size ? high : key(i + 1));
            }
            return bytes;
        }

        private ScoredMember key(int slot) {
            return new ScoredMember(member(slot), score(slot));
        }
    }
}
