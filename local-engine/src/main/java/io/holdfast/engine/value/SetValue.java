package io.holdfast.engine.value;

import io.holdfast.engine.rule.RedisInteger;
import io.holdfast.engine.value.EncodingLimits.Limit;
import io.holdfast.resp.Bytes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * Members without order. A small set of integers is a sorted array of them, so that its members come in rising order
 * as they do in Redis. Owned by the engine loop.
 */
public final class SetValue implements Value {
    private static final long[] NO_INTEGERS = {};

    private final EncodingLimits limits;
    private final ChangedElements changes = new ChangedElements();
    private Encoding encoding = Encoding.INTSET;
    private long[] integers = NO_INTEGERS;
    private int integerCount;
    private DenseSet members = new DenseSet(); // empty while the set is an intset
    private long contentBytes;

    public SetValue(EncodingLimits limits) {
        this.limits = limits;
    }

    private SetValue(SetValue other) {
        limits = other.limits;
        encoding = other.encoding;
        integers = other.integers.clone();
        integerCount = other.integerCount;
        members = other.members.copy();
        contentBytes = other.contentBytes;
    }

    @Override
    public int warm(int[] wanted, int[] indexes, int count) {
        return members.warm(wanted, indexes, count);
    }

    public boolean contains(Bytes member) {
        if (encoding == Encoding.INTSET) {
            return RedisInteger.isLong(member) && placeOf(RedisInteger.parse(member)) >= 0;
        }
        return members.contains(member);
    }

    /** True where the member is new. */
    public boolean add(Bytes member) {
        boolean added = insert(member);
        if (added) {
            changes.add(member, count());
        }
        return added;
    }

    private boolean insert(Bytes member) {
        return switch (encoding) {
            case INTSET -> addToIntegers(member);
            case LISTPACK -> addToListpack(member);
            default -> addToTable(member);
        };
    }

    /** Is encoded as if its members had just been put into a new set, though one of other than integers stays one. */
    public void encodeAnew() {
        List<Bytes> all = new ArrayList<>(count());
        forEach(all::add);
        encoding = encoding != Encoding.INTSET && limits.setListpack() ? Encoding.LISTPACK : Encoding.INTSET;
        integers = NO_INTEGERS;
        integerCount = 0;
        members = new DenseSet();
        contentBytes = 0;
        all.forEach(this::insert);
    }

    /** True where the member was there. */
    public boolean remove(Bytes member) {
        boolean removed = switch (encoding) {
            case INTSET -> removeInteger(member);
            case LISTPACK -> members.removeKeepingOrder(member);
            default -> members.remove(member);
        };
        if (removed) {
            contentBytes -= encoding == Encoding.INTSET ? 0 : HeapEstimate.of(member);
            changes.add(member, count());
        }
        return removed;
    }

    /** The member at an index from 0 to {@link #size} (exclusive), which holds until the next change. */
    public Bytes memberAt(int index) {
        if (encoding == Encoding.INTSET) {
            return Bytes.of(integers[Objects.checkIndex(index, integerCount)]);
        }
        return members.memberAt(index);
    }

    public void forEach(Consumer<Bytes> visitor) {
        for (int i = 0; i < count(); i++) {
            visitor.accept(memberAt(i));
        }
    }

    /** As {@link DenseSet#scan}; a compact set is visited whole in one call, as in Redis. */
    public long scan(long cursor, int count, Consumer<Bytes> visitor) {
        if (encoding == Encoding.HASHTABLE) {
            return members.scan(cursor, count, visitor);
        }
        forEach(visitor);
        return 0;
    }

    @Override
    public ValueType type() {
        return ValueType.SET;
    }

    @Override
    public Encoding encoding() {
        return encoding;
    }

    @Override
    public long size() {
        return count();
    }

    @Override
    public boolean isEmpty() {
        return count() == 0;
    }

    @Override
    public SetValue copy() {
        return new SetValue(this);
    }

    @Override
    public boolean hasChanges() {
        return !changes.isNone();
    }

    @Override
    public void drainChanges(RowSink sink) {
        if (changes.isAll()) {
            sink.clear();
            forEach(sink::member);
        } else {
            changes.forEachName(member -> drainMember(member, sink));
        }
        changes.clear();
    }

    private void drainMember(Bytes member, RowSink sink) {
        if (contains(member)) {
            sink.member(member);
        } else {
            sink.memberGone(member);
        }
    }

    @Override
    public void markAllChanged() {
        changes.addAll();
    }

    @Override
    public void markClean() {
        changes.clear();
    }

    @Override
    public long approximateBytes() {
        return HeapEstimate.VALUE + 8L * integers.length + members.arrayBytes() + contentBytes;
    }

    private int count() {
        return encoding == Encoding.INTSET ? integerCount : members.size();
    }

    private boolean addToIntegers(Bytes member) {
        if (!RedisInteger.isLong(member)) {
            convert(
                    fitsListpack(member, integerCount) && integersFitListpack()
                            ? Encoding.LISTPACK
                            : Encoding.HASHTABLE);
            return addToTable(member);
        }
        long integer = RedisInteger.parse(member);
        int place = placeOf(integer);
        if (place >= 0) {
            return false;
        }
        insertInteger(-place - 1, integer);
        if (integerCount > limits.of(Limit.SET_MAX_INTSET_ENTRIES)) {
            convert(Encoding.HASHTABLE);
        }
        return true;
    }

    private boolean addToListpack(Bytes member) {
        if (members.contains(member)) {
            return false;
        }
        if (!fitsListpack(member, members.size())) {
            encoding = Encoding.HASHTABLE;
        }
        return addToTable(member);
    }

    private boolean addToTable(Bytes member) {
        boolean added = members.add(member);
        if (added) {
            contentBytes += HeapEstimate.of(member);
        }
        return added;
    }

    private boolean removeInteger(Bytes member) {
        int place = RedisInteger.isLong(member) ? placeOf(RedisInteger.parse(member)) : -1;
        if (place < 0) {
            return false;
        }
        System.arraycopy(integers, place + 1, integers, place, integerCount - place - 1);
        integerCount--;
        if (integers.length > 16 && integerCount < integers.length / 4) {
            integers = Arrays.copyOf(integers, integers.length / 2);
        }
        return true;
    }

    private void insertInteger(int place, long integer) {
        if (integerCount == integers.length) {
            integers = Arrays.copyOf(integers, Math.max(4, integerCount * 2));
        }
        System.arraycopy(integers, place, integers, place + 1, integerCount - place);
        integers[place] = integer;
        integerCount++;
    }

    private int placeOf(long integer) {
        return Arrays.binarySearch(integers, 0, integerCount, integer);
    }

    private boolean fitsListpack(Bytes member, int sizeBefore) {
        return limits.setListpack()
                && sizeBefore < limits.of(Limit.SET_MAX_LISTPACK_ENTRIES)
                && member.length() <= limits.of(Limit.SET_MAX_LISTPACK_VALUE);
    }

    /** The longest spelling is that of the smallest or of the largest integer. */
    private boolean integersFitListpack() {
        if (integerCount == 0) {
            return true;
        }
        int longest = Math.max(
                Bytes.of(integers[0]).length(),
                Bytes.of(integers[integerCount - 1]).length());
        return longest <= limits.of(Limit.SET_MAX_LISTPACK_VALUE);
    }

    private void convert(Encoding to) {
        for (int i = 0; i < integerCount; i++) {
            addToTable(Bytes.of(integers[i]));
        }
        integers = NO_INTEGERS;
        integerCount = 0;
        encoding = to;
    }
}
