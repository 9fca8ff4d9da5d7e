package io.holdfast.engine.value;

/**
 * A value of one of Redis's types, in memory. It knows neither its key nor clients nor commands. Owned by the engine
 * loop: no method may be called on another thread.
 *
 * <p>A value remembers what changed since storage last took it over, element by element:
 *
 * <pre>
 *   new ──► drainChanges: clear, all rows ──► clean ──► put a field ──► drainChanges: that field's row ──► clean
 *   loaded from storage ──► markClean ──────────┘
 * </pre>
 */
public sealed interface Value permits StringValue, HashValue, ListValue, SetValue, SortedSetValue, StreamValue {
    ValueType type();

    /** How Redis would hold this value. */
    Encoding encoding();

    /** Elements; of a string its bytes. */
    long size();

    /** True where no element is left, so that the key goes. A string never is. */
    boolean isEmpty();

    /** An independent value with the same content, all of it counting as changed. */
    Value copy();

    /** True where storage does not hold this value as it is. */
    boolean hasChanges();

    /** Writes what changed since the last call, and counts it as stored. */
    void drainChanges(RowSink sink);

    /** Storage holds nothing of this value (any more): the next drain writes it whole. */
    void markAllChanged();

    /** Storage holds this value exactly as it is, as after loading it. */
    void markClean();

    /**
     * Looks for several elements ahead of who will, for the processor's caches; see {@link DenseSet#warm}. A hint: a value
     * in which looking costs little does nothing.
     *
     * @param elements hashes of fields or members; only the first {@code count} count
     * @param indexes room for {@code count} numbers
     * @return a number without meaning that depends on what was read, for the caller to keep
     */
    default int warm(int[] elements, int[] indexes, int count) {
        return 0;
    }

    /** An estimate of the heap this value takes, in bytes, for memory bounds. Cheap. */
    long approximateBytes();
}
