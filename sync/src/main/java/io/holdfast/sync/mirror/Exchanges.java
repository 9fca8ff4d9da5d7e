package io.holdfast.sync.mirror;

import io.holdfast.engine.keyspace.Watches.Watched;
import io.holdfast.resp.Bytes;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Databases that are changing places upstream (SWAPDB), and the keys that were answered for meanwhile: in which of them
 * they were then is not ours to see. Owned by the engine loop.
 */
final class Exchanges {
    private @Nullable FetchPort link;
    private int underWay;
    private final Set<Bytes> met = new LinkedHashSet<>();

    void clear() {
        link = null;
        underWay = 0;
        met.clear();
    }

    void sent(FetchPort by) {
        link = by;
        underWay++;
    }

    boolean isUnderWay() {
        return underWay > 0;
    }

    /** Whether what {@code by} brings may have been done before one of them, or after it. */
    boolean mayHaveMet(FetchPort by) {
        return underWay > 1 || (underWay == 1 && link != by);
    }

    void met(Watched key) {
        met.add(key.key());
    }

    /** One has been answered; gives the keys that met it or an earlier one when no other is under way. */
    Set<Bytes> landed() {
        if (--underWay > 0) {
            return Set.of();
        }
        Set<Bytes> all = Set.copyOf(met);
        met.clear();
        return all;
    }
}
