package io.holdfast.sync.replay;

/**
 * How replay works. Immutable.
 *
 * @param batchEntriesMax most commands in one transaction: of one effect each, or of several that were folded
 * @param entriesPerSecondMax 0: as many as go
 * @param replicas how many replicas of the upstream must have an entry before it counts as confirmed
 * @param replicasWaitMs how long they may take before that is worth a warning
 * @param lagMax entries that may wait before writers are slowed, while more are written than replay carries away; 0: any number
 * @param whenLost what is done where the upstream has lost its data
 * @param compacts whether effects of a transaction are folded
 * @param stamps whether other nodes replay into the same upstream, and each says there when it wrote what
 */
public record ReplaySettings(
        int batchEntriesMax,
        int entriesPerSecondMax,
        int replicas,
        int replicasWaitMs,
        int lagMax,
        UpstreamLoss whenLost,
        boolean compacts,
        boolean stamps) {
    public static final int BATCH_ENTRIES_MAX = 500;

    /** Of a batch while clients are served here: on few cores they wait for whoever prepares it, or carries it out upstream. */
    public static final int GENTLE_ENTRIES_MAX = 64;

    public static final int REPLICAS_WAIT_MS = 1000;
    public static final int LAG_MAX = 1_000_000;

    public static final ReplaySettings DEFAULT = new ReplaySettings(
            BATCH_ENTRIES_MAX, 0, 0, REPLICAS_WAIT_MS, LAG_MAX, UpstreamLoss.PENDING_ONLY, true, false);

    public ReplaySettings {
        if (batchEntriesMax < 1 || entriesPerSecondMax < 0 || replicas < 0 || replicasWaitMs < 1 || lagMax < 0) {
            throw new IllegalArgumentException(
                    "batches of " + batchEntriesMax + " entries, " + entriesPerSecondMax + " entries a second, "
                            + replicas + " replicas within " + replicasWaitMs + " ms, a lag of " + lagMax);
        }
    }

    /** The same in small batches. */
    ReplaySettings gentle() {
        return batchEntriesMax <= GENTLE_ENTRIES_MAX ? this : withBatchEntriesMax(GENTLE_ENTRIES_MAX);
    }

    public ReplaySettings withBatchEntriesMax(int other) {
        return new ReplaySettings(
                other, entriesPerSecondMax, replicas, replicasWaitMs, lagMax, whenLost, compacts, stamps);
    }

    public ReplaySettings withEntriesPerSecondMax(int other) {
        return new ReplaySettings(batchEntriesMax, other, replicas, replicasWaitMs, lagMax, whenLost, compacts, stamps);
    }

    public ReplaySettings withReplicas(int other, int otherWaitMs) {
        return new ReplaySettings(
                batchEntriesMax, entriesPerSecondMax, other, otherWaitMs, lagMax, whenLost, compacts, stamps);
    }
}
