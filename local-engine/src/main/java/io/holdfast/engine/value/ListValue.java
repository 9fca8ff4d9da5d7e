package io.holdfast.engine.value;

import io.holdfast.engine.value.EncodingLimits.Limit;
import io.holdfast.resp.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Elements in order, a circular array: both ends grow and shrink in constant time, any index is read in constant time,
 * and a change in the middle moves the shorter side. Owned by the engine loop.
 *
 * <p>In storage the element at index {@code i} has the position {@code first + i}, where {@code first} falls with each
 * push at the head. So an element keeps its row while only the ends change.
 */
public final class ListValue implements Value {
    private static final int CAPACITY_MIN = 4;
    private static final @Nullable Bytes[] NO_SLOTS = new Bytes[0];
    private static final int SLOT_BYTES = 4;
    /** However many elements a listpack may have. */
    private static final int LISTPACK_BYTES_MAX = 8192;

    /** What Redis reckons an element of a node to take at most beyond its own bytes. */
    private static final int NODE_SPARE_BYTES = 8;

    private final EncodingLimits limits;
    /** Whether it is a listpack while it is small; as it was when it was made, for its bytes are counted from then on. */
    private final boolean listpackWhileSmall;

    private final ListRows rows;
    private @Nullable Bytes[] slots = NO_SLOTS; // its length is a power of two, or 0
    private int head;
    private int size;
    private long firstPosition;
    private long contentBytes;
    private long listpackBytes = ListpackSize.EMPTY;
    private boolean listpack;

    public ListValue(EncodingLimits limits) {
        this(limits, 0);
    }

    /**
     * An empty list that is about to be loaded.
     *
     * @param firstPosition the position in storage of the first element that {@link #pushTail} is going to add
     */
    public ListValue(EncodingLimits limits, long firstPosition) {
        this(limits, firstPosition, limits.listListpack());
    }

    private ListValue(EncodingLimits limits, long firstPosition, boolean listpackWhileSmall) {
        this.limits = limits;
        this.firstPosition = firstPosition;
        this.listpackWhileSmall = listpackWhileSmall;
        this.listpack = listpackWhileSmall;
        this.rows = new ListRows();
    }

    private ListValue(ListValue other) {
        this(other.limits, other.firstPosition, other.listpackWhileSmall);
        slots = other.slots.clone();
        head = other.head;
        size = other.size;
        contentBytes = other.contentBytes;
        listpackBytes = other.listpackBytes;
        listpack = other.listpack;
    }

    public void pushHead(Bytes element) {
        count(element);
        makeRoom();
        head = slot(-1);
        slots[head] = element;
        firstPosition--;
        size++;
    }

    public void pushTail(Bytes element) {
        count(element);
        makeRoom();
        slots[slot(size)] = element;
        size++;
    }

    /** Removes the first element; the list must not be empty. */
    public Bytes popHead() {
        Bytes element = get(0);
        dropHead(1);
        removed();
        return element;
    }

    /** Removes the last element; the list must not be empty. */
    public Bytes popTail() {
        Bytes element = get(size - 1);
        dropTail(1);
        removed();
        return element;
    }

    /** The element at an index from 0 to {@link #size} (exclusive). */
    public Bytes get(int index) {
        Objects.checkIndex(index, size);
        return Objects.requireNonNull(slots[slot(index)]);
    }

    public void set(int index, Bytes element) {
        uncount(get(index));
        count(element);
        slots[slot(index)] = element;
        rows.changed(firstPosition + index, size);
        tryListpack();
    }

    /** Puts {@code element} before the one at {@code index}, or at the end where that is {@link #size}. */
    public void insert(int index, Bytes element) {
        Objects.checkIndex(index, size + 1);
        if (index < size / 2) {
            pushHead(element);
            for (int i = 0; i < index; i++) {
                slots[slot(i)] = slots[slot(i + 1)];
            }
            rows.movedBefore(firstPosition + index + 1);
        } else {
            pushTail(element);
            for (int i = size - 1; i > index; i--) {
                slots[slot(i)] = slots[slot(i - 1)];
            }
            rows.movedFrom(firstPosition + index);
        }
        slots[slot(index)] = element;
    }

    public Bytes remove(int index) {
        Bytes element = get(index);
        if (index < size / 2) {
            rows.movedBefore(firstPosition + index + 1);
            for (int i = index; i > 0; i--) {
                slots[slot(i)] = slots[slot(i - 1)];
            }
            slots[head] = element; // what goes is counted off at the end that goes
            dropHead(1);
        } else {
            rows.movedFrom(firstPosition + index);
            for (int i = index; i < size - 1; i++) {
                slots[slot(i)] = slots[slot(i + 1)];
            }
            slots[slot(size - 1)] = element;
            dropTail(1);
        }
        removed();
        return element;
    }

    /** Keeps the elements from {@code from} (inclusive) to {@code to} (exclusive). */
    public void trim(int from, int to) {
        Objects.checkFromToIndex(from, to, size);
        dropTail(size - to);
        dropHead(from);
        removed();
    }

    /**
     * Removes elements that equal {@code element}: the first {@code count} of them, the last {@code -count} where that
     * is negative, all where it is 0 (LREM). Returns how many.
     */
    public int removeMatching(long count, Bytes element) {
        boolean fromTail = count < 0;
        long most = count == 0 || count == Long.MIN_VALUE ? Long.MAX_VALUE : Math.abs(count);
        int found = fromTail ? lastIndexOf(element, size - 1) : indexOf(element, 0);
        if (found < 0) {
            return 0;
        }
        int next = fromTail ? lastIndexOf(element, found - 1) : indexOf(element, found + 1);
        if (most == 1 || next < 0) {
            remove(found);
            return 1;
        }
        int gone = fromTail ? compactTowardsTail(found, most, element) : compactTowardsHead(found, most, element);
        removed();
        return gone;
    }

    /** The first index from {@code from} on at which {@code element} is, or -1. */
    public int indexOf(Bytes element, int from) {
        for (int i = from; i < size; i++) {
            if (element.equals(slots[slot(i)])) {
                return i;
            }
        }
        return -1;
    }

    /** The last index up to {@code from} (inclusive) at which {@code element} is, or -1. */
    public int lastIndexOf(Bytes element, int from) {
        for (int i = from; i >= 0; i--) {
            if (element.equals(slots[slot(i)])) {
                return i;
            }
        }
        return -1;
    }

    /** Visits the elements from {@code from} (inclusive) to {@code to} (exclusive). */
    public void forEach(int from, int to, Consumer<Bytes> visitor) {
        for (int i = from; i < to; i++) {
            visitor.accept(get(i));
        }
    }

    /** The elements from {@code from} (inclusive) to {@code to} (exclusive). */
    public List<Bytes> range(int from, int to) {
        var elements = new ArrayList<Bytes>(to - from);
        forEach(from, to, elements::add);
        return elements;
    }

    @Override
    public ValueType type() {
        return ValueType.LIST;
    }

    @Override
    public Encoding encoding() {
        return listpack ? Encoding.LISTPACK : Encoding.QUICKLIST;
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public boolean isEmpty() {
        return size == 0;
    }

    @Override
    public ListValue copy() {
        return new ListValue(this);
    }

    @Override
    public boolean hasChanges() {
        return rows.hasChanges(firstPosition, size);
    }

    @Override
    public void drainChanges(RowSink sink) {
        rows.drain(firstPosition, size, sink, position -> get((int) (position - firstPosition)));
    }

    @Override
    public void markAllChanged() {
        rows.forget();
    }

    @Override
    public void markClean() {
        rows.stored(firstPosition, size);
    }

    @Override
    public long approximateBytes() {
        return HeapEstimate.VALUE + (long) SLOT_BYTES * slots.length + contentBytes;
    }

    private int compactTowardsHead(int first, long most, Bytes element) {
        rows.movedFrom(firstPosition + first);
        int gone = 0;
        for (int i = first; i < size; i++) {
            Bytes candidate = get(i);
            if (gone < most && candidate.equals(element)) {
                gone++;
            } else {
                slots[slot(i - gone)] = candidate;
            }
        }
        fill(size - gone, size, element); // what goes is counted off at the end that goes
        dropTail(gone);
        return gone;
    }

    private int compactTowardsTail(int last, long most, Bytes element) {
        rows.movedBefore(firstPosition + last + 1);
        int gone = 0;
        for (int i = last; i >= 0; i--) {
            Bytes candidate = get(i);
            if (gone < most && candidate.equals(element)) {
                gone++;
            } else {
                slots[slot(i + gone)] = candidate;
            }
        }
        fill(0, gone, element);
        dropHead(gone);
        return gone;
    }

    private void fill(int from, int to, Bytes element) {
        for (int i = from; i < to; i++) {
            slots[slot(i)] = element;
        }
    }

    private void dropHead(int count) {
        for (int i = 0; i < count; i++) {
            uncount(get(0));
            slots[head] = null;
            head = slot(1);
            firstPosition++;
            size--;
        }
        rows.shrunkTo(firstPosition, size);
    }

    private void dropTail(int count) {
        for (int i = 0; i < count; i++) {
            uncount(get(size - 1));
            slots[slot(size - 1)] = null;
            size--;
        }
        rows.shrunkTo(firstPosition, size);
    }

    private int slot(int index) {
        return (head + index) & (slots.length - 1);
    }

    private void makeRoom() {
        if (size == slots.length) {
            resize(size == 0 ? CAPACITY_MIN : Math.multiplyExact(size, 2));
        }
    }

    private void removed() {
        if (slots.length > CAPACITY_MIN * 4 && size < slots.length / 4) {
            resize(Math.max(CAPACITY_MIN, Integer.highestOneBit(Math.max(1, size)) * 2));
        }
        tryListpack();
    }

    private void resize(int capacity) {
        var resized = new Bytes[capacity];
        for (int i = 0; i < size; i++) {
            resized[i] = get(i);
        }
        slots = resized;
        head = 0;
    }

    private void count(Bytes element) {
        if (listpack && exceedsListpack(listpackBytes + element.length(), size + 1L)) {
            listpack = false;
        }
        contentBytes += HeapEstimate.of(element);
        listpackBytes += listpackWhileSmall ? ListpackSize.of(element) : 0;
    }

    private void uncount(Bytes element) {
        contentBytes -= HeapEstimate.of(element);
        listpackBytes -= listpackWhileSmall ? ListpackSize.of(element) : 0;
    }

    /** True where a list of this size is no longer one listpack. */
    private boolean exceedsListpack(long bytes, long elements) {
        long max = limits.of(Limit.LIST_MAX_LISTPACK_SIZE);
        return max >= 0
                ? elements > Math.max(max, 1) || bytes > LISTPACK_BYTES_MAX
                : bytes > 2048L << Math.min(-max, 5);
    }

    /** Whether another element of so many bytes goes into a node of a quicklist that is of that size and holds so many. */
    public boolean nodeTakes(int elementBytes, int nodeBytes, int elements) {
        return !exceedsListpack((long) nodeBytes + elementBytes + NODE_SPARE_BYTES, elements + 1L);
    }

    /** Redis turns a quicklist back into a listpack when it is down to half of the limit. */
    private void tryListpack() {
        if (!listpack && listpackWhileSmall && !exceedsListpack(listpackBytes * 2, size * 2L)) {
            listpack = true;
        }
    }
}
