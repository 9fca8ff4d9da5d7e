package io.holdfast.sync.replay;

/** What happens to a connection in the middle of a session of a replay, to the node, or to the upstream. */
enum Fault {
    RESET,
    /** kill -9 of the node. */
    CRASH,
    /** Of the node's machine. */
    POWER_LOSS,
    /** The bytes arrive, but after the connection was given up. */
    LATE_BYTES,
    /** They arrive, and once more when the next connection is under way. */
    DUPLICATE_BYTES,
    FREEZE,
    /** kill -9 of the upstream, which keeps its data. */
    UPSTREAM_RESTART,
    UPSTREAM_EMPTY,
    /** Somebody else's FLUSHALL. */
    FLUSH,
    /** The cursor goes, and nothing else. */
    EVICT,
    STALE_REPLICA,
    /** Somebody writes what the replay is about to write. */
    STRANGER
}
