package io.holdfast.sync.replay;

/**
 * The replay at one moment, for INFO and metrics. Immutable.
 *
 * @param fence how old connections are kept from writing
 * @param upstreamLost the upstream came back without the data it had; stays until an operator has seen to it
 * @param replayedEntries entries ever replayed by this data directory
 * @param deadLetters effects that wait for a decision
 * @param conflicts decisions that nobody has seen to
 * @param lastSyncMs when the upstream last took entries, Unix milliseconds; 0 before the first time
 * @param confirmedSequence everything up to this entry is upstream or was never for it
 * @param replicas such as {@code 1/2}: how many replicas have the newest batch, of how many that must; empty where none must
 * @param resurrectedKeys keys ever written back into an upstream that had lost its data
 * @param journalGap such as {@code 101-361}: entries that the upstream had, lost by going back, and cannot get again, since the
 *     journal no longer holds them; the last that this process met, empty where it met none
 * @param capabilities what the upstream lets us do, when it was last asked
 */
public record ReplayStatus(
        State state,
        Fence fence,
        boolean upstreamLost,
        long replayedEntries,
        long deadLetters,
        long conflicts,
        long lastSyncMs,
        long confirmedSequence,
        String replicas,
        long resurrectedKeys,
        String journalGap,
        Capabilities capabilities) {
    /** What the replay thread is doing. */
    public enum State {
        IDLE,
        CONNECTING,
        FENCING,
        CLAIMING,
        /** Writing keys back into an upstream that has lost its data. */
        RESURRECTING,
        REPLAYING,
        /** Too few replicas of the upstream have what was sent. */
        AWAITING_REPLICAS,
        CAUGHT_UP,
        FAILED,
        /** A person has to decide first. */
        HALTED,
        FENCED
    }

    /** What stands against bytes of an earlier connection that the upstream has not executed yet. */
    public enum Fence {
        /** Those connections are killed: a proof. */
        KILL,
        /** The upstream refuses CLIENT KILL: a quiet period, which is a bound in time and not a proof. */
        WAIT
    }

    /** Such as {@code state:replaying,fence:kill,upstream_lost:0}. */
    public String summary() {
        return "state:" + lower(state) + ",fence:" + lower(fence) + ",upstream_lost:" + (upstreamLost ? 1 : 0)
                + (replicas.isEmpty() ? "" : ",replicas:" + replicas);
    }

    private static String lower(Enum<?> value) {
        return value.name().toLowerCase(java.util.Locale.ROOT);
    }
}
