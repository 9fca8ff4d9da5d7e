package io.holdfast.sync.journal;

/** Entries were asked for that the journal no longer holds: they were confirmed, past retention, and trimmed. */
public final class JournalGapException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final long firstAvailable;

    JournalGapException(long asked, long firstAvailable) {
        super("the journal no longer holds entry " + asked + "; its first is " + firstAvailable);
        this.firstAvailable = firstAvailable;
    }

    /** The sequence of the oldest entry that can still be read. */
    public long firstAvailable() {
        return firstAvailable;
    }
}
