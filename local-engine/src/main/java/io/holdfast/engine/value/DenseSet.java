package io.holdfast.engine.value;

import io.holdfast.resp.Bytes;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A hash set of strings without an object for each entry, whose members also have a dense index from 0 to size - 1, so
 * that taking a random one costs the same as taking the first. Not thread-safe.
 *
 * <pre>
 *   table   [ . #3 . #1 . . #2 . ]  hash, and index + 1 into the array below; 0: free; open addressing
 *   members [ a b c - ]             in order of arrival, until a removal moves the last one into the hole
 * </pre>
 *
 * <p>A set of at most {@value #SEARCHED_UP_TO} members has no table: it compares the hashes, in an array of their own, one after
 * another.
 */
public final class DenseSet {
    static final int SEARCHED_UP_TO = 8;
    private static final long[] NO_TABLE = {};
    private static final int[] NO_HASHES = {};
    private static final Bytes[] NO_MEMBERS = {};
    /** The table is at most three quarters full. */
    private static final int LOAD_NUMERATOR = 3;

    private static final int LOAD_DENOMINATOR = 4;
    /** How far a scan looks through empty slots. */
    private static final long SCANNED_SLOTS_A_MEMBER = 10;

    /** Arrays of which less than one in eight places is used shrink. */
    private static final int SPARSE_FACTOR = 8;

    private long[] table;
    /** Of the members, at their indexes; empty where there is a table. */
    private int[] hashes;

    private @Nullable Bytes[] members;
    private int size;

    public DenseSet() {
        table = NO_TABLE;
        hashes = NO_HASHES;
        members = NO_MEMBERS;
    }

    private DenseSet(DenseSet other) {
        table = other.table.clone();
        hashes = other.hashes.clone();
        members = other.members.clone();
        size = other.size;
    }

    public DenseSet copy() {
        return new DenseSet(this);
    }

    public int size() {
        return size;
    }

    public boolean isEmpty() {
        return size == 0;
    }

    public boolean contains(Bytes member) {
        return indexOf(member) >= 0;
    }

    private static long entry(int hash, int index) {
        return (long) hash << Integer.SIZE | (index + 1);
    }

    private static int hash(long entry) {
        return (int) (entry >> Integer.SIZE);
    }

    private static int index(long entry) {
        return (int) entry - 1;
    }

    /** The index of {@code member}, or -1. It holds until the next change. */
    public int indexOf(Bytes member) {
        int hash = member.hashCode();
        if (table.length == 0) {
            for (int i = 0; i < size; i++) {
                if (hashes[i] == hash && member.equals(members[i])) {
                    return i;
                }
            }
            return -1;
        }
        int mask = table.length - 1;
        for (int slot = hash & mask; table[slot] != 0; slot = (slot + 1) & mask) {
            long entry = table[slot];
            if (hash(entry) == hash && member.equals(members[index(entry)])) {
                return index(entry);
            }
        }
        return -1;
    }

    /**
     * Brings into the processor's caches what looking for each of the members with the first {@code count} hashes will read,
     * and leaves where each is likely to stand in {@code indexes}, or -1. One look-up after another waits for memory several times each;
     * here the same step is made for all before the next, so that they wait together.
     *
     * @return what was read, summed, for the caller to keep: without a use the reads could be left out
     */
    int warm(int[] wanted, int[] indexes, int count) {
        warmTable(wanted, indexes, count);
        int read = 0;
        for (int i = 0; i < count; i++) {
            int index = indexes[i];
            Bytes member = index < 0 ? null : members[index];
            if (member != null) {
                read += member.length();
            }
        }
        for (int i = 0; i < count; i++) {
            int index = indexes[i];
            Bytes member = index < 0 ? null : members[index];
            if (member != null && !member.isEmpty()) {
                read += member.at(0);
            }
        }
        return read;
    }

    /** As {@link #warm}, for who looks at no member: only the table is read. */
    void warmTable(int[] wanted, int[] indexes, int count) {
        if (table.length == 0) {
            Arrays.fill(indexes, 0, count, -1); // a few members are cached anyway
            return;
        }
        int mask = table.length - 1;
        for (int i = 0; i < count; i++) {
            long entry = table[wanted[i] & mask];
            indexes[i] = hash(entry) == wanted[i] ? index(entry) : entry == 0 ? -1 : indexOfHash(wanted[i]);
        }
    }

    /** The index of a member with this hash, most likely the one that is meant; or -1. */
    int indexOfHash(int hash) {
        if (table.length == 0) {
            for (int i = 0; i < size; i++) {
                if (hashes[i] == hash) {
                    return i;
                }
            }
            return -1;
        }
        int mask = table.length - 1;
        for (int slot = hash & mask; table[slot] != 0; slot = (slot + 1) & mask) {
            if (hash(table[slot]) == hash) {
                return index(table[slot]);
            }
        }
        return -1;
    }

    /** The member at an index from 0 (inclusive) to {@link #size} (exclusive). */
    public Bytes memberAt(int index) {
        Bytes member = index < size ? members[index] : null;
        if (member == null) {
            throw new IndexOutOfBoundsException(index);
        }
        return member;
    }

    /** True where {@code member} was not there before; it then has the last index. */
    public boolean add(Bytes member) {
        if (indexOf(member) >= 0) {
            return false;
        }
        append(member);
        return true;
    }

    /** Adds a member that is known to be absent, at the last index. */
    void append(Bytes member) {
        if (size == members.length) {
            resize(grown(size));
        }
        members[size] = member;
        size++;
        if (table.length != 0) {
            enter(member.hashCode(), size - 1);
        } else if (size > SEARCHED_UP_TO) {
            rebuildTable();
        } else {
            hashes[size - 1] = member.hashCode();
        }
    }

    /** Removes by moving the last member into the hole: constant time, the order changes. */
    public boolean remove(Bytes member) {
        int index = indexOf(member);
        if (index < 0) {
            return false;
        }
        removeAt(index);
        return true;
    }

    /** Removes and keeps the order of the others: for small sets, as it takes a step for every one of them. */
    public boolean removeKeepingOrder(Bytes member) {
        int index = indexOf(member);
        if (index < 0) {
            return false;
        }
        removeKeepingOrderAt(index);
        return true;
    }

    void removeAt(int index) {
        int last = size - 1;
        leave(index);
        if (index != last) {
            int slot = slotOf(last);
            if (slot >= 0) {
                table[slot] = entry(hash(table[slot]), index);
            } else {
                hashes[index] = hashes[last];
            }
            members[index] = members[last];
        }
        members[last] = null;
        size = last;
        shrink();
    }

    void removeKeepingOrderAt(int index) {
        leave(index);
        for (int slot = 0; slot < table.length; slot++) {
            if (index(table[slot]) > index) {
                table[slot]--;
            }
        }
        int behind = size - index - 1;
        System.arraycopy(members, index + 1, members, index, behind);
        if (table.length == 0) {
            System.arraycopy(hashes, index + 1, hashes, index, behind);
        }
        size--;
        members[size] = null;
        shrink();
    }

    /**
     * Visits about {@code count} members and returns the cursor to go on with, 0 at the end. Begin with 0. A member that
     * is there from the first call to the last is visited at least once, whatever comes and goes in between, also when
     * all were put into another set meanwhile, in another order: the scan follows the hashes, and counts their slots
     * from the highest bit downwards, so that it means the same in a table of another length, as in Redis ({@code dictScan}).
     *
     * @param cursor unsigned; any is taken
     */
    public long scan(long cursor, int count, Consumer<Bytes> visitor) {
        return scanIndexes(cursor, count, index -> visitor.accept(memberAt(index)));
    }

    /** As {@link #scan}, for the indexes of the members. */
    long scanIndexes(long cursor, int count, IntConsumer visitor) {
        if (table.length == 0) {
            for (int i = 0; i < size; i++) {
                visitor.accept(i);
            }
            return 0;
        }
        int mask = table.length - 1;
        long slotsLeft = Math.max(1, count) * SCANNED_SLOTS_A_MEMBER;
        long at = cursor;
        int visited = 0;
        do {
            visited += visitHome((int) (at & mask), visitor);
            at = Long.reverse(Long.reverse(at | ~(long) mask) + 1);
            slotsLeft--;
        } while (at != 0 && visited < count && slotsLeft > 0);
        return at;
    }

    /** Those whose search begins at the slot {@code home}: each of them stands before the next free one. */
    private int visitHome(int home, IntConsumer visitor) {
        int mask = table.length - 1;
        int visited = 0;
        for (int slot = home; table[slot] != 0; slot = (slot + 1) & mask) {
            if ((hash(table[slot]) & mask) == home) {
                visitor.accept(index(table[slot]));
                visited++;
            }
        }
        return visited;
    }

    public void forEach(Consumer<Bytes> visitor) {
        for (int i = 0; i < size; i++) {
            visitor.accept(memberAt(i));
        }
    }

    public void clear() {
        table = NO_TABLE;
        hashes = NO_HASHES;
        members = NO_MEMBERS;
        size = 0;
    }

    /** The bytes of the arrays, not those of the members. */
    long arrayBytes() {
        return 8L * table.length + 4L * hashes.length + 4L * members.length + 48;
    }

    /** The places there are for members; parallel arrays follow it. */
    int capacity() {
        return members.length;
    }

    private static int grown(int capacity) {
        if (capacity < 1 << 16) {
            return Math.max(4, capacity * 2);
        }
        return Math.addExact(capacity, capacity >> 1);
    }

    private void shrink() {
        if (members.length > SPARSE_FACTOR * SPARSE_FACTOR && size < members.length / SPARSE_FACTOR) {
            resize(size * 2);
            rebuildTable();
        }
    }

    private void resize(int capacity) {
        members = Arrays.copyOf(members, capacity);
        if (table.length == 0) {
            hashes = Arrays.copyOf(hashes, capacity);
        }
    }

    private void rebuildTable() {
        if (size <= SEARCHED_UP_TO) {
            table = NO_TABLE;
            hashes = new int[members.length];
            for (int i = 0; i < size; i++) {
                hashes[i] = memberAt(i).hashCode();
            }
            return;
        }
        long[] before = table;
        table = new long[tableLength(Math.max(size, members.length))];
        hashes = NO_HASHES;
        if (before.length == 0) {
            for (int i = 0; i < size; i++) {
                place(entry(memberAt(i).hashCode(), i));
            }
        }
        for (long entry : before) {
            if (entry != 0) {
                place(entry);
            }
        }
    }

    private void place(long entry) {
        int mask = table.length - 1;
        int slot = hash(entry) & mask;
        while (table[slot] != 0) {
            slot = (slot + 1) & mask;
        }
        table[slot] = entry;
    }

    private static int tableLength(int entries) {
        long least = (long) entries * LOAD_DENOMINATOR / LOAD_NUMERATOR + 1;
        return Math.toIntExact(Long.highestOneBit(least - 1) << 1);
    }

    private void enter(int hash, int index) {
        if ((long) size * LOAD_DENOMINATOR > (long) table.length * LOAD_NUMERATOR) {
            rebuildTable();
        }
        place(entry(hash, index));
    }

    /** The slot that points to {@code index}, or -1 where there is no table. */
    private int slotOf(int index) {
        if (table.length == 0) {
            return -1;
        }
        int mask = table.length - 1;
        int slot = memberAt(index).hashCode() & mask;
        while (index(table[slot]) != index) {
            slot = (slot + 1) & mask;
        }
        return slot;
    }

    /** Frees the slot of {@code index} and closes the gap, so that no search ends too early: no tombstones. */
    private void leave(int index) {
        int hole = slotOf(index);
        if (hole < 0) {
            return;
        }
        int mask = table.length - 1;
        for (int slot = (hole + 1) & mask; table[slot] != 0; slot = (slot + 1) & mask) {
            int home = hash(table[slot]) & mask;
            boolean mayMove = ((slot - home) & mask) >= ((slot - hole) & mask);
            if (mayMove) {
                table[hole] = table[slot];
                hole = slot;
            }
        }
        table[hole] = 0;
    }
}
