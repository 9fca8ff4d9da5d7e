package io.holdfast.sync.mirror;

import io.holdfast.engine.keyspace.Watches.Watched;
import io.holdfast.resp.Bytes;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Tells a key that the upstream does not have from one that is not known: under a glob that was read to its end, and whose
 * changes are heard of since, a miss is true. Keys that were seen there and have no copy are the exceptions, and are
 * remembered as lacking. Owned by the engine loop.
 */
final class Completeness {
    private final int lackingMax;
    private final Set<Bytes> lacking = new HashSet<>();
    private List<Pin> pins = List.of();

    /** @param lackingMax keys that are remembered as lacking; where there are more no pin is complete */
    Completeness(int lackingMax) {
        this.lackingMax = lackingMax;
    }

    void pins(List<Pin> globs) {
        pins = globs;
        lacking.clear();
    }

    List<Pin> pins() {
        return pins;
    }

    boolean isPinned(int db, Bytes key) {
        if (db == Pins.DATABASE) {
            for (Pin pin : pins) {
                if (pin.pattern.matches(key)) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Whether a miss here means that the upstream does not have the key. */
    boolean covers(Watched key) {
        return !pins.isEmpty()
                && key.db() == Pins.DATABASE
                && isUnderComplete(key.key())
                && !lacking.contains(key.key());
    }

    private boolean isUnderComplete(Bytes key) {
        if (isOverflowing()) {
            return false;
        }
        for (Pin pin : pins) {
            if (pin.isComplete() && pin.pattern.matches(key)) {
                return true;
            }
        }
        return false;
    }

    /** The upstream may have this key, and it is not here. */
    void lacks(Watched key) {
        if (!isOverflowing() && isPinned(key.db(), key.key())) {
            lacking.add(key.key());
        }
    }

    /** It is known whether the upstream has this key, and if so it is here. */
    void settled(Watched key) {
        if (!lacking.isEmpty() && key.db() == Pins.DATABASE && !isOverflowing()) {
            lacking.remove(key.key());
        }
    }

    int lacking() {
        return lacking.size();
    }

    /** More keys lack a copy than are remembered, until all is read again. */
    boolean isOverflowing() {
        return lacking.size() > lackingMax;
    }

    /** All over again: nothing is complete. */
    void begin(String why, long nowMs) {
        lacking.clear();
        pins.forEach(pin -> pin.become(false, why, nowMs));
    }
}
