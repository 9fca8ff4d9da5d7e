package io.holdfast.sync.replay;

/**
 * How hard replay works. Immutable.
 *
 * @param batchEntriesMax most entries in one transaction
 * @param entriesPerSecondMax 0: as many as go
 */
public record ReplaySettings(int batchEntriesMax, int entriesPerSecondMax) {
    public static final int BATCH_ENTRIES_MAX = 500;

    public static final ReplaySettings DEFAULT = new ReplaySettings(BATCH_ENTRIES_MAX, 0);

    public ReplaySettings {
        if (batchEntriesMax < 1 || entriesPerSecondMax < 0) {
            throw new IllegalArgumentException(
                    "batches of " + batchEntriesMax + " entries, " + entriesPerSecondMax + " entries a second");
        }
    }

    public ReplaySettings withBatchEntriesMax(int other) {
        return new ReplaySettings(other, entriesPerSecondMax);
    }

    public ReplaySettings withEntriesPerSecondMax(int other) {
        return new ReplaySettings(batchEntriesMax, other);
    }
}
