package io.holdfast.sync.journal;

/**
 * What a user may choose about the journal.
 *
 * @param segmentBytesMax a segment that would grow beyond it is closed and a new one begun; one record may exceed it
 * @param appendFsync when commits are synced; can be changed later
 * @param retention how long confirmed entries stay; can be changed later
 */
public record JournalOptions(long segmentBytesMax, AppendFsync appendFsync, Retention retention) {
    public static final JournalOptions DEFAULT =
            new JournalOptions(64L * 1024 * 1024, AppendFsync.EVERYSEC, Retention.DEFAULT);

    public JournalOptions {
        if (segmentBytesMax < 1) {
            throw new IllegalArgumentException("a segment needs at least one byte, not " + segmentBytesMax);
        }
    }
}
