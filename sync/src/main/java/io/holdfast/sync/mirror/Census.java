package io.holdfast.sync.mirror;

import io.holdfast.engine.LocalEngine;
import io.holdfast.engine.keyspace.KeyRecord;
import java.util.List;

/** Counts what is here, a slice of keys at a time, so that no client waits for it long. Owned by the engine loop. */
public final class Census {
    private final Knowledge knowledge;
    private final TouchedKeys touched;
    private final List<Pin> pins;
    private final Sweep sweep;
    private final long[] pinned;
    private long keys;
    private long followed;
    private long inDoubt;
    private long bytes;

    Census(LocalEngine engine, Knowledge knowledge, TouchedKeys touched) {
        this.knowledge = knowledge;
        this.touched = touched;
        this.pins = knowledge.completeness().pins();
        this.pinned = new long[pins.size()];
        this.sweep = new Sweep(engine, engine.keyspaces().count(), this::isCounted, record -> {});
    }

    /** Counts one more slice; true when all are counted. */
    public boolean step() {
        return sweep.step();
    }

    /** Nothing of what it looks at goes. */
    private boolean isCounted(KeyRecord record) {
        keys++;
        followed += touched.isFollowed(record) ? 1 : 0;
        inDoubt += knowledge.isVouched(record) ? 0 : 1;
        bytes += record.approximateBytes();
        for (int i = 0; i < pinned.length; i++) {
            boolean named = record.db() == Pins.DATABASE && pins.get(i).pattern.matches(record.key());
            pinned[i] += named ? 1 : 0;
        }
        return false;
    }

    long keys() {
        return keys;
    }

    long followed() {
        return followed;
    }

    long inDoubt() {
        return inDoubt;
    }

    long bytes() {
        return bytes;
    }

    /** Of the pin at this place. */
    long keysOf(int pin) {
        return pinned[pin];
    }

    List<Pin> pins() {
        return pins;
    }
}
