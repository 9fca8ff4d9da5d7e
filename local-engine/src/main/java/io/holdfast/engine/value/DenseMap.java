package io.holdfast.engine.value;

import io.holdfast.resp.Bytes;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A hash map from strings without an object for each entry, whose entries also have a dense index from 0 to size - 1: a
 * {@link DenseSet} of keys with an array of values beside it. Not thread-safe.
 */
public final class DenseMap<V> {
    private static final Object[] NO_VALUES = {};

    private final DenseSet keys;
    private @Nullable Object[] values;

    public DenseMap() {
        this(new DenseSet(), NO_VALUES);
    }

    private DenseMap(DenseSet keys, @Nullable Object[] values) {
        this.keys = keys;
        this.values = values;
    }

    /** A map of its own with the same keys and the same value objects. */
    public DenseMap<V> copy() {
        return new DenseMap<>(keys.copy(), values.clone());
    }

    public int size() {
        return keys.size();
    }

    public boolean isEmpty() {
        return keys.isEmpty();
    }

    public boolean containsKey(Bytes key) {
        return keys.contains(key);
    }

    /** The index of {@code key}, or -1. It holds until the next change. */
    public int indexOf(Bytes key) {
        return keys.indexOf(key);
    }

    public @Nullable V get(Bytes key) {
        int index = keys.indexOf(key);
        return index < 0 ? null : valueAt(index);
    }

    /** As {@link DenseSet#warm}. */
    int warmKeys(int[] wanted, int[] indexes, int count) {
        return keys.warm(wanted, indexes, count);
    }

    /**
     * As {@link DenseSet#warm}, but for the values alone, not for their keys.
     *
     * @param found gets the values that are likely to be found, null where none is
     */
    public void warm(int[] wanted, int[] indexes, @Nullable Object[] found, int count) {
        keys.warmTable(wanted, indexes, count);
        for (int i = 0; i < count; i++) {
            found[i] = indexes[i] < 0 ? null : values[indexes[i]];
        }
    }

    /** The value of a key with this hash, most likely of the one that is meant; or null. */
    public @Nullable V likely(int hash) {
        int index = keys.indexOfHash(hash);
        return index < 0 ? null : valueAt(index);
    }

    public Bytes keyAt(int index) {
        return keys.memberAt(index);
    }

    public V valueAt(int index) {
        Objects.checkIndex(index, keys.size());
        @SuppressWarnings("unchecked") // only a V is ever put
        V value = (V) Objects.requireNonNull(values[index]);
        return value;
    }

    public void setValueAt(int index, V value) {
        Objects.checkIndex(index, keys.size());
        values[index] = value;
    }

    /** Returns the value there was before; a new key has the last index. */
    public @Nullable V put(Bytes key, V value) {
        int index = keys.indexOf(key);
        if (index >= 0) {
            V old = valueAt(index);
            values[index] = value;
            return old;
        }
        append(key, value);
        return null;
    }

    /** Adds an entry whose key is known to be absent, at the last index. */
    void append(Bytes key, V value) {
        keys.append(key);
        followCapacity();
        values[keys.size() - 1] = value;
    }

    /** Removes by moving the last entry into the hole: constant time, the order changes. Returns the value, or null. */
    public @Nullable V remove(Bytes key) {
        int index = keys.indexOf(key);
        return index < 0 ? null : removeAt(index);
    }

    /** Removes and keeps the order of the others: for small maps, as it takes a step for every entry. */
    public @Nullable V removeKeepingOrder(Bytes key) {
        int index = keys.indexOf(key);
        if (index < 0) {
            return null;
        }
        V old = valueAt(index);
        System.arraycopy(values, index + 1, values, index, keys.size() - index - 1);
        values[keys.size() - 1] = null;
        keys.removeKeepingOrderAt(index);
        followCapacity();
        return old;
    }

    private V removeAt(int index) {
        V old = valueAt(index);
        int last = keys.size() - 1;
        values[index] = values[last];
        values[last] = null;
        keys.removeAt(index);
        followCapacity();
        return old;
    }

    /** As {@link DenseSet#scan}. */
    public long scan(long cursor, int count, BiConsumer<Bytes, V> visitor) {
        return keys.scanIndexes(cursor, count, index -> visitor.accept(keyAt(index), valueAt(index)));
    }

    public void forEach(BiConsumer<Bytes, V> visitor) {
        for (int i = 0; i < size(); i++) {
            visitor.accept(keyAt(i), valueAt(i));
        }
    }

    public void clear() {
        keys.clear();
        values = NO_VALUES;
    }

    /** The bytes of the arrays, not those of keys and values. */
    long arrayBytes() {
        return keys.arrayBytes() + 4L * values.length + 24;
    }

    private void followCapacity() {
        if (values.length != keys.capacity()) {
            values = Arrays.copyOf(values, keys.capacity());
        }
    }
}
