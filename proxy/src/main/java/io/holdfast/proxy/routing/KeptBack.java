package io.holdfast.proxy.routing;

import org.jspecify.annotations.Nullable;

/** Why people, or what only people can judge, keep everything from being replayed. Lives on the engine loop. */
final class KeptBack {
    static final String PAUSED = "an operator has paused the replay";
    static final String SYNC_OFF = "sync.enabled is false in the configuration";

    private boolean paused;
    private boolean syncOff;
    private @Nullable String heldOffline;
    private @Nullable String fenced;
    private @Nullable String halted;

    /** What of it applies, the operator's word first; null when nothing does. */
    @Nullable String by() {
        String pause = pausedBy();
        return pause != null ? pause : heldOffline != null ? heldOffline : fenced != null ? fenced : halted;
    }

    /** Why nothing is to be replayed even beside an upstream in charge; null when it may be. */
    @Nullable String pausedBy() {
        return paused ? PAUSED : syncOff();
    }

    /** What was wrong has been seen to, a fence included. */
    void allowOnline() {
        heldOffline = null;
        fenced = null;
        halted = null;
    }

    void pause(boolean now) {
        paused = now;
    }

    void syncOff(boolean now) {
        syncOff = now;
    }

    /** Why nothing is replayed where the configuration says so; null where it does not. */
    @Nullable String syncOff() {
        return syncOff ? SYNC_OFF : null;
    }

    void holdOffline(@Nullable String reason) {
        heldOffline = reason;
    }

    @Nullable String heldOffline() {
        return heldOffline;
    }

    void fence(String reason) {
        fenced = reason;
    }

    @Nullable String fenced() {
        return fenced;
    }

    void halt(@Nullable String reason) {
        halted = reason;
    }

    @Nullable String halted() {
        return halted;
    }
}
