package io.holdfast.sync.journal;

import org.jspecify.annotations.Nullable;

/**
 * The journal at one moment, for INFO and metrics.
 *
 * @param bytes of all segments
 * @param segments files
 * @param firstSequence oldest entry that is still held, or the next to come when none is
 * @param committedSequence newest entry that was committed
 * @param syncedSequence newest entry that a power loss cannot take
 * @param lastSyncMs when the newest sync ended, Unix milliseconds; 0 before the first
 * @param delayedCommits commits that waited for an overdue sync (Redis: aof_delayed_fsync)
 * @param cutBytes length of the torn tail that was cut at opening
 * @param failure why the journal refuses writes; null while it does not
 */
public record JournalStatus(
        long bytes,
        int segments,
        long firstSequence,
        long committedSequence,
        long syncedSequence,
        long lastSyncMs,
        long delayedCommits,
        long cutBytes,
        @Nullable String failure) {}
