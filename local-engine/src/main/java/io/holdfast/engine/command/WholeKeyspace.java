package io.holdfast.engine.command;

/**
 * What a command tells of keys, or does to keys, that it does not name. Where the upstream also holds a key of Holdfast's
 * own, that is not for clients to see or to lose.
 */
public enum WholeKeyspace {
    /** The reply is an array of keys (KEYS). */
    LISTED,
    /** The reply is a cursor and an array of keys (SCAN). */
    SCANNED,
    /** The reply is how many keys there are (DBSIZE). */
    COUNTED,
    /** The reply is any one key (RANDOMKEY). */
    PICKED_FROM,
    /** Nothing is left in the selected database (FLUSHDB). */
    FLUSHED_HERE,
    /** Nothing is left in any database (FLUSHALL). */
    FLUSHED_EVERYWHERE,
    /** Two databases change places (SWAPDB). */
    SWAPPED;

    /** Whether keys go, or come, that the command does not name. */
    public boolean isChanged() {
        return switch (this) {
            case LISTED, SCANNED, COUNTED, PICKED_FROM -> false;
            case FLUSHED_HERE, FLUSHED_EVERYWHERE, SWAPPED -> true;
        };
    }
}
