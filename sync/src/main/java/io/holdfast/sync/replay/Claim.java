package io.holdfast.sync.replay;

import io.holdfast.sync.journal.ReplayState;
import io.holdfast.sync.replay.Lineage.Kinship;
import java.util.Optional;

/**
 * What the upstream's cursor means, given what this side remembers: the state table of the contract ("Replay protocol").
 * Immutable.
 */
sealed interface Claim {
    /** This node has never claimed anything here. */
    record FirstContact() implements Claim {}

    /** The upstream stands where it was last known to. */
    record Agreed(long cursor) implements Claim {}

    /** The upstream has more than was known: it took a batch, and the reply was lost or not noted before a crash. */
    record ReplyLost(long cursor) implements Claim {}

    /** The upstream has less than it had: a failover to a stale replica, an older backup; 0 where our cursor was not yet there. */
    record WentBack(long cursor) implements Claim {}

    /** The same upstream, or a replica of it, without our cursor: evicted, flushed, deleted. No proof that it lost data. */
    record Evicted() implements Claim {}

    /** Another upstream process, of which nothing says that it has the data, without our cursor: it came back without it. */
    record Lost() implements Claim {}

    /** Not ours to write: see {@link FencedException}. */
    record Foreign(String reason) implements Claim {}

    /**
     * What this side remembers.
     *
     * @param acknowledged newest entry that the upstream was known to hold
     * @param lastSent newest entry that may have been sent
     * @param claimedBefore whether a claim was ever completed
     * @param kinship of the data that answers now with that in which it was completed
     */
    record Memory(long epoch, String boot, long acknowledged, long lastSent, boolean claimedBefore, Kinship kinship) {
        /** @param remembered of the lineage in which the cursor was claimed */
        static Memory of(ReplayConfig config, ReplayState state, Greeting.Met met, Optional<String> remembered) {
            return new Memory(
                    config.epoch(),
                    config.bootId(),
                    state.acknowledged(),
                    state.lastSent(),
                    state.everWroteCursor() && state.runId().isPresent(),
                    state.runId().map(met.runId()::equals).orElse(false)
                            ? Kinship.SAME_PROCESS
                            : met.lineage().to(remembered));
        }
    }

    static Claim of(Cursor upstream, Memory memory) {
        if (upstream.epoch() > memory.epoch) {
            return new Foreign("the upstream has seen epoch " + upstream.epoch() + " of this node, and this is epoch "
                    + memory.epoch + ": a copy of the data directory was used after this one");
        }
        if (upstream.epoch() == memory.epoch && !upstream.boot().equals(memory.boot)) {
            return new Foreign("another process replays as this node in epoch " + memory.epoch
                    + ": the data directory was copied");
        }
        Long cursor = upstream.sequence();
        if (cursor == null) {
            if (!memory.claimedBefore) {
                return new FirstContact();
            }
            return switch (memory.kinship) {
                case SAME_PROCESS, SAME_HISTORY -> new Evicted();
                case BEFORE_CLAIM -> new WentBack(0);
                case STRANGER -> new Lost();
            };
        }
        if (cursor > memory.lastSent) {
            return new Foreign("the upstream has entry " + cursor + " of this node, which sent none after "
                    + memory.lastSent + ": a copy of the data directory was used, or this one was restored");
        }
        if (cursor > memory.acknowledged) {
            return new ReplyLost(cursor);
        }
        return cursor < memory.acknowledged ? new WentBack(cursor) : new Agreed(cursor);
    }
}
