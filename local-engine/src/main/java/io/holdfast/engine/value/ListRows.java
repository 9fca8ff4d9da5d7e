package io.holdfast.engine.value;

import io.holdfast.resp.Bytes;
import java.util.HashSet;
import java.util.Set;
import java.util.function.LongFunction;

/**
 * Which rows of a list storage has, by position, and which of them are still right.
 *
 * <pre>
 *   rows in storage        [ - - - - - - - - - - - - )        storedFrom, storedTo
 *   still right                  [ = = = = x = )              keptFrom, keptTo, except the changed ones (x)
 *   the list now       [ + + + + + = = = = x = + + )
 * </pre>
 *
 * <p>So pushes, pops and trims cost nothing to remember, whatever their number.
 */
final class ListRows {
    /** Up to so many single rows are remembered, more only where the list is more than twice as long. */
    private static final int CHANGED_MAX = 1024;

    private boolean known; // false: storage has nothing that is worth keeping
    private long storedFrom;
    private long storedTo;
    private long keptFrom;
    private long keptTo;
    private final Set<Long> changed = new HashSet<>();

    void changed(long position, int size) {
        if (known && position >= keptFrom && position < keptTo) {
            changed.add(position);
            if (changed.size() > Math.max(CHANGED_MAX, size / 2)) {
                forget();
            }
        }
    }

    /** The list now ends at these positions. */
    void shrunkTo(long first, int size) {
        keptFrom = Math.max(keptFrom, first);
        keptTo = Math.min(keptTo, first + size);
    }

    /** What is before {@code position} is no longer what it was. */
    void movedBefore(long position) {
        keptFrom = Math.max(keptFrom, position);
    }

    /** What is at {@code position} and behind is no longer what it was. */
    void movedFrom(long position) {
        keptTo = Math.min(keptTo, position);
    }

    void forget() {
        known = false;
        changed.clear();
    }

    void stored(long first, int size) {
        known = true;
        storedFrom = first;
        storedTo = first + size;
        keptFrom = storedFrom;
        keptTo = storedTo;
        changed.clear();
    }

    boolean hasChanges(long first, int size) {
        boolean asStored = storedFrom == first && storedTo == first + size;
        boolean allKept = keptFrom == storedFrom && keptTo == storedTo;
        return !known || !asStored || !allKept || !changed.isEmpty();
    }

    void drain(long first, int size, RowSink sink, LongFunction<Bytes> elementAt) {
        long end = first + size;
        if (known && keptFrom < keptTo) {
            drainEnds(first, end, sink, elementAt);
        } else if (!known || storedFrom != storedTo || size != 0) {
            sink.clear();
            items(first, end, sink, elementAt);
        }
        stored(first, size);
    }

    private void drainEnds(long first, long end, RowSink sink, LongFunction<Bytes> elementAt) {
        gone(storedFrom, Math.min(first, storedTo), sink);
        gone(Math.max(end, storedFrom), storedTo, sink);
        items(first, keptFrom, sink, elementAt);
        for (long position : changed) {
            if (position >= keptFrom && position < keptTo) {
                sink.item(position, elementAt.apply(position));
            }
        }
        items(keptTo, end, sink, elementAt);
    }

    private static void gone(long from, long to, RowSink sink) {
        if (from < to) {
            sink.itemsGone(from, to - 1);
        }
    }

    private static void items(long from, long to, RowSink sink, LongFunction<Bytes> elementAt) {
        for (long position = from; position < to; position++) {
            sink.item(position, elementAt.apply(position));
        }
    }
}
