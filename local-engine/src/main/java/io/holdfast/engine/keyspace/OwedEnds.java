package io.holdfast.engine.keyspace;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Keys that an outage changed here and that end: where they do so before the upstream has them, it has to hear of that, for what
 * was done to them before would make them anew there. Owned by the engine loop.
 */
final class OwedEnds {
    private final Set<KeyRecord> records = new HashSet<>();
    /** None of them ends before. */
    private long earliestMs = Long.MAX_VALUE;

    void add(KeyRecord record) {
        records.add(record);
        earliestMs = Math.min(earliestMs, record.expiresAtMs);
    }

    /** False when it was not there. */
    boolean remove(KeyRecord record) {
        return !records.isEmpty() && records.remove(record);
    }

    void clear() {
        records.clear();
        earliestMs = Long.MAX_VALUE;
    }

    /** Those that have expired by {@code nowMs} and that nobody has met since. */
    List<KeyRecord> expired(long nowMs) {
        if (nowMs <= earliestMs) {
            return List.of();
        }
        List<KeyRecord> found = new ArrayList<>();
        earliestMs = Long.MAX_VALUE;
        for (KeyRecord record : records) {
            if (record.isExpired(nowMs)) {
                found.add(record);
            } else if (record.hasExpiry()) {
                earliestMs = Math.min(earliestMs, record.expiresAtMs);
            }
        }
        return found;
    }
}
