package io.holdfast.engine.value;

import io.holdfast.engine.value.EncodingLimits.Limit;
import io.holdfast.resp.Bytes;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Fields with their values. While Redis would hold it as a listpack, fields stay in the order in which they came. Owned
 * by the engine loop.
 */
public final class HashValue implements Value {
    private final EncodingLimits limits;
    private final DenseMap<Bytes> map;
    private final ChangedElements changes = new ChangedElements();
    private boolean listpack = true;
    private long contentBytes;

    public HashValue(EncodingLimits limits) {
        this.limits = limits;
        this.map = new DenseMap<>();
    }

    private HashValue(HashValue other) {
        limits = other.limits;
        map = other.map.copy();
        listpack = other.listpack;
        contentBytes = other.contentBytes;
    }

    @Override
    public int warm(int[] fields, int[] indexes, int count) {
        return map.warmKeys(fields, indexes, count);
    }

    public @Nullable Bytes get(Bytes field) {
        return map.get(field);
    }

    public boolean contains(Bytes field) {
        return map.containsKey(field);
    }

    /** True where the field is new. */
    public boolean put(Bytes field, Bytes value) {
        Bytes old = map.put(field, value);
        contentBytes += HeapEstimate.of(value) - (old == null ? -HeapEstimate.of(field) : HeapEstimate.of(old));
        changes.add(field, map.size());
        listpack = listpack
                && map.size() <= limits.of(Limit.HASH_MAX_LISTPACK_ENTRIES)
                && field.length() <= limits.of(Limit.HASH_MAX_LISTPACK_VALUE)
                && value.length() <= limits.of(Limit.HASH_MAX_LISTPACK_VALUE);
        return old == null;
    }

    /** True where the field was there. */
    public boolean remove(Bytes field) {
        Bytes old = listpack ? map.removeKeepingOrder(field) : map.remove(field);
        if (old == null) {
            return false;
        }
        contentBytes -= HeapEstimate.of(field) + HeapEstimate.of(old);
        changes.add(field, map.size());
        return true;
    }

    /** The field at an index from 0 to {@link #size} (exclusive), which holds until the next change. */
    public Bytes fieldAt(int index) {
        return map.keyAt(index);
    }

    public Bytes valueAt(int index) {
        return map.valueAt(index);
    }

    public void forEach(BiConsumer<Bytes, Bytes> visitor) {
        map.forEach(visitor);
    }

    /** As {@link DenseSet#scan}; a listpack is visited whole in one call, as in Redis. */
    public long scan(long cursor, int count, BiConsumer<Bytes, Bytes> visitor) {
        if (listpack) {
            map.forEach(visitor);
            return 0;
        }
        return map.scan(cursor, count, visitor);
    }

    @Override
    public ValueType type() {
        return ValueType.HASH;
    }

    @Override
    public Encoding encoding() {
        return listpack ? Encoding.LISTPACK : Encoding.HASHTABLE;
    }

    @Override
    public long size() {
        return map.size();
    }

    @Override
    public boolean isEmpty() {
        return map.isEmpty();
    }

    @Override
    public HashValue copy() {
        return new HashValue(this);
    }

    @Override
    public boolean hasChanges() {
        return !changes.isNone();
    }

    @Override
    public void drainChanges(RowSink sink) {
        if (changes.isAll()) {
            sink.clear();
            map.forEach(sink::field);
        } else {
            changes.forEachName(field -> drainField(field, sink));
        }
        changes.clear();
    }

    private void drainField(Bytes field, RowSink sink) {
        Bytes value = map.get(field);
        if (value == null) {
            sink.fieldGone(field);
        } else {
            sink.field(field, value);
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
        return HeapEstimate.VALUE + map.arrayBytes() + contentBytes;
    }
}
