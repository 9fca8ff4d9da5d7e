package io.holdfast.engine.value;

import io.holdfast.resp.Bytes;
import java.util.function.Consumer;

/** Which elements of one value changed since storage last took it over: each by name, or simply all of them. */
final class ChangedElements {
    /** Up to so many elements are remembered by name, more only where the value is more than twice as large. */
    private static final int NAMED_MAX = 1024;

    private final DenseSet names = new DenseSet();
    private boolean all = true;

    boolean isAll() {
        return all;
    }

    boolean isNone() {
        return !all && names.isEmpty();
    }

    /**
     * Remembers one element.
     *
     * @param size elements the value has now
     */
    void add(Bytes element, int size) {
        if (all) {
            return;
        }
        names.add(element);
        if (names.size() > Math.max(NAMED_MAX, size / 2)) {
            addAll();
        }
    }

    void addAll() {
        all = true;
        names.clear();
    }

    void clear() {
        all = false;
        names.clear();
    }

    void forEachName(Consumer<Bytes> visitor) {
        names.forEach(visitor);
    }
}
