package io.holdfast.sync.conflict;

import io.holdfast.engine.keyspace.Watches.Watched;
import io.holdfast.resp.Bytes;
import io.holdfast.sync.conflict.Merge.Target;
import org.jspecify.annotations.Nullable;

/**
 * One thing that an effect overwrites, and that somebody else has changed.
 *
 * @param hasEnded whether what was written here is over: sent now, it would remove what others wrote
 */
record Meeting(
        int effectIndex, Target target, Watched key, Divergence divergence, ConflictPolicy policy, boolean hasEnded) {
    /** When others wrote it, where that is known; else when they last used the key. */
    long writtenMs() {
        Stamp theirs = divergence.stamps().of(target.part());
        return theirs == null ? divergence.touchedMs() : theirs.ms();
    }

    /** The other node that wrote it; null when somebody else did, or it cannot be known. */
    @Nullable String writtenBy() {
        Stamp theirs = divergence.stamps().of(target.part());
        return theirs == null ? null : theirs.node();
    }

    /** The later write wins; where it is not known to be the other, ours. */
    boolean isOurs(boolean touchedBehind, Stamp ours) {
        if (hasEnded) {
            return policy == ConflictPolicy.LOCAL_WINS;
        }
        return switch (policy) {
            case LOCAL_WINS -> true;
            case UPSTREAM_WINS, PARK -> false;
            case MERGE, LAST_WRITE_WINS, KEEP_BOTH -> {
                Stamp theirs = divergence.stamps().of(target.part());
                yield theirs == null ? !touchedBehind : ours.compareTo(theirs) >= 0;
            }
        };
    }

    /** A collection is removed that others have changed, and what they wrote is to stay. */
    boolean isRemovalToMerge() {
        return policy == ConflictPolicy.MERGE && target.removes() && target.part() == null && !divergence.whole();
    }

    /** What was there before both wrote; null when nothing was, or it is not known. */
    @Nullable Bytes base() {
        Bytes part = target.part();
        if (part == null) {
            return divergence.base();
        }
        Divergence.Difference difference = divergence.parts().get(part);
        return difference == null ? null : difference.base();
    }
}
