package io.holdfast.sync.replay;

import java.util.ArrayList;
import java.util.List;

/**
 * What one upstream process lets Holdfast's user do, and how it keeps its data. Immutable.
 *
 * @param runId of the process that was asked; empty: none was
 * @param flavour such as {@code redis} or {@code valkey}
 * @param version that it reports; may be empty
 * @param killsClients whether {@code CLIENT KILL} is allowed
 * @param transactions whether {@code MULTI} and {@code DISCARD} are
 * @param cursor whether the cursor can be watched, read and written
 * @param tracking whether {@code CLIENT TRACKING} is allowed
 * @param idleTime whether it says how long a key was not used
 * @param frequency whether it says how often a key is used
 * @param streamCounts whether it counts what streams and their groups were ever given
 * @param refusedEffects commands that the journal may hold and that it does not take
 * @param evictionPolicy its {@code maxmemory-policy}; empty where it does not say
 * @param appendFsync {@code off} without an append-only file, else when that is synced; {@code unknown} where it does not say
 * @param replicas that follow it; -1 where it does not say
 * @param quietMs what stands in for {@code CLIENT KILL}
 * @param limits how much it takes
 */
public record Capabilities(
        String runId,
        String flavour,
        String version,
        boolean killsClients,
        boolean transactions,
        boolean cursor,
        boolean tracking,
        boolean idleTime,
        boolean frequency,
        boolean streamCounts,
        List<String> refusedEffects,
        String evictionPolicy,
        String appendFsync,
        int replicas,
        long quietMs,
        UpstreamLimits limits) {
    static final String OFF = "off";
    static final String UNSAID = "unknown";

    /** Before any upstream was asked. */
    static final Capabilities UNASKED = new Capabilities(
            "",
            "",
            "",
            false,
            false,
            false,
            false,
            false,
            false,
            true,
            List.of(),
            "",
            UNSAID,
            -1,
            0,
            UpstreamLimits.UNKNOWN);

    public Capabilities {
        refusedEffects = List.copyOf(refusedEffects);
    }

    public Guarantee guarantee() {
        if (runId.isEmpty()) {
            return Guarantee.UNKNOWN;
        } else if (!transactions || !cursor) {
            return Guarantee.NONE;
        }
        return killsClients ? Guarantee.EXACTLY_ONCE : Guarantee.TIME_BOUND;
    }

    /** Whether the key that proves what was replayed may be evicted like any other (contract, rule 12). */
    boolean mayEvictTheCursor() {
        return evictionPolicy.startsWith("allkeys-");
    }

    /** The guarantee, and what limits it, for a person; one line. */
    public String sentence() {
        var clauses = new ArrayList<String>();
        clauses.add(
                switch (guarantee()) {
                    case UNKNOWN -> "not known yet: no upstream was asked";
                    case EXACTLY_ONCE -> "exactly once: earlier connections are killed before anything is replayed";
                    case TIME_BOUND ->
                        "exactly once within a bound of time: it refuses CLIENT KILL, so " + quietMs
                                + " ms of quiet stand in for a proof; grant +client|kill";
                    case NONE ->
                        "none, nothing can be replayed: it refuses "
                                + (transactions ? "to watch, read or write the cursor" : "MULTI or DISCARD");
                });
        if (mayEvictTheCursor()) {
            clauses.add("its maxmemory-policy " + evictionPolicy
                    + " may evict the cursor, which leaves what is in flight in doubt");
        }
        if (appendFsync.equals(OFF)) {
            clauses.add("it has no append-only file, so a crash there takes what it had acknowledged");
        }
        if (!refusedEffects.isEmpty()) {
            clauses.add("it does not take " + String.join(", ", refusedEffects) + ": such entries become dead letters");
        }
        if (guarantee() != Guarantee.UNKNOWN && !idleTime) {
            clauses.add("how long a key was untouched by others is not known");
        }
        if (guarantee() != Guarantee.UNKNOWN && !tracking) {
            clauses.add(
                    "it refuses CLIENT TRACKING, so nobody says what others change: copied keys are only read again each"
                            + " minute, pinned ones are never complete, and the caches of clients here may go stale; grant +client|tracking");
        }
        if (!streamCounts) {
            clauses.add("of streams it keeps no count of entries added and read, as Redis before 7.0");
        }
        return String.join("; ", clauses);
    }

    Dialect dialect() {
        return streamCounts ? Dialect.NEWEST : Dialect.BEFORE_7_0;
    }

    /** Such as {@code client_kill:1,transactions:1,cursor:1,tracking:1,idletime:1,freq:0,refused:}. */
    public String rights() {
        return "client_kill:" + digit(killsClients) + ",transactions:" + digit(transactions) + ",cursor:"
                + digit(cursor) + ",tracking:" + digit(tracking) + ",idletime:" + digit(idleTime) + ",freq:"
                + digit(frequency) + ",refused:" + String.join("/", refusedEffects);
    }

    /** Such as {@code policy:noeviction,appendfsync:everysec,replicas:1}. */
    public String keeping() {
        return "policy:" + evictionPolicy + ",appendfsync:" + appendFsync + ",replicas:" + replicas;
    }

    private static int digit(boolean yes) {
        return yes ? 1 : 0;
    }
}
