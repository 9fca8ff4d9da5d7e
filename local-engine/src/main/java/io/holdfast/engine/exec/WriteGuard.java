package io.holdfast.engine.exec;

import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.config.Settings;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Says why no client may write now, whatever the key. Owned by the engine loop. */
public final class WriteGuard {
    private final Journal journal;
    private final BooleanSupplier hasUpstream;
    private @Nullable RedisError forbidden;
    private @Nullable RedisError noRoom;
    private boolean isExhausted;
    private long replicasWanted;
    private long lagMaxSeconds;

    /** @param hasUpstream then its replicas are what counts, and it says itself when they are too few */
    public WriteGuard(Journal journal, Settings settings, BooleanSupplier hasUpstream) {
        this.journal = journal;
        this.hasUpstream = hasUpstream;
        settings.onChange("min-replicas-to-write", replicas -> replicasWanted = Long.parseLong(replicas));
        settings.onChange("min-replicas-max-lag", seconds -> lagMaxSeconds = Long.parseLong(seconds));
    }

    /** From now on nobody may write, or, with null, everybody again. */
    public void forbid(@Nullable RedisError error) {
        forbidden = error;
    }

    /**
     * Asks the journal for the room on the disk; until the next time its answer holds. Other threads change it, so that asking at each
     * command would cost more than many commands do.
     */
    public void lookAtRoom() {
        String shortage = journal.shortage();
        noRoom = shortage == null ? null : RedisError.diskFull(shortage);
        isExhausted = shortage != null && journal.isExhausted();
    }

    /** Null when clients may write. */
    public @Nullable RedisError refusal() {
        if (journal.hasFailed()) {
            return RedisError.journalFailed();
        }
        if (forbidden != null) {
            return forbidden;
        }
        if (isExhausted) {
            return noRoom;
        }
        return wantsReplicas(replicasWanted, lagMaxSeconds) && !hasUpstream.getAsBoolean()
                ? RedisError.noReplicas() // there never is one here
                : null;
    }

    /** Null when there is room on the disk for what a command adds; those that add nothing may go on meanwhile. */
    public @Nullable RedisError noRoom() {
        return noRoom;
    }

    /** Whether a server with these settings writes only where it is replicated; without a bound on their lag none counts. */
    static boolean wantsReplicas(long replicas, long lagMaxSeconds) {
        return replicas > 0 && lagMaxSeconds > 0;
    }
}
