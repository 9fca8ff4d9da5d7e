package io.holdfast.sync.mirror;

import io.holdfast.engine.rule.GlobPattern;
import io.holdfast.resp.Bytes;

/** A glob whose keys are copied whether they are touched or not, and how far that got. Owned by the engine loop. */
final class Pin {
    final Bytes glob;
    final GlobPattern pattern;
    private boolean complete;
    private long sinceMs;
    private String why = "";

    Pin(Bytes glob, long nowMs) {
        this.glob = glob;
        this.pattern = GlobPattern.of(glob);
        this.sinceMs = nowMs;
    }

    /** Every key that it names and the upstream has is here, but for those noted as lacking. */
    boolean isComplete() {
        return complete;
    }

    /** Since when it is complete, or is not, Unix milliseconds. */
    long sinceMs() {
        return sinceMs;
    }

    /** Why it is not complete; empty where it is. */
    String why() {
        return why;
    }

    /** @param reason empty where it is complete */
    void become(boolean nowComplete, String reason, long nowMs) {
        if (complete != nowComplete) {
            complete = nowComplete;
            sinceMs = nowMs;
        }
        why = reason;
    }
}
