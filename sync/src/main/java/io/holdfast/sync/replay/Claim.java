package io.holdfast.sync.replay;

import io.holdfast.sync.journal.ReplayState;

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

    /** The upstream has less than it had: a failover to a stale replica, an older backup. */
    record WentBack(long cursor) implements Claim {}

    /** The same upstream process without our cursor: evicted, flushed, deleted. No proof that it lost data. */
    record Evicted() implements Claim {}

    /** Another upstream process, without our cursor: it came back without its data. */
    record Lost() implements Claim {}

    /** Not ours to write: see {@link FencedException}. */
    record Foreign(String reason) implements Claim {}

    /**
     * What this side remembers.
     *
     * @param acknowledged newest entry that the upstream was known to hold
     * @param lastSent newest entry that may have been sent
     * @param claimedBefore whether a claim was ever completed
     * @param sameProcess whether that was in the upstream process that answers now
     */
    record Memory(
            long epoch, String boot, long acknowledged, long lastSent, boolean claimedBefore, boolean sameProcess) {
        /** @param runId of the upstream process that answers now */
        static Memory of(ReplayConfig config, ReplayState state, String runId) {
            return new Memory(
                    config.epoch(),
                    config.bootId(),
                    state.acknowledged(),
                    state.lastSent(),
                    state.everWroteCursor() && state.runId().isPresent(),
                    state.runId().map(runId::equals).orElse(false));
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
            return memory.sameProcess ? new Evicted() : new Lost();
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
