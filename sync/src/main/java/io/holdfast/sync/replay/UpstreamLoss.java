package io.holdfast.sync.replay;

import java.util.Locale;

/** What is to become of the journal where the upstream has come back without its data. */
public enum UpstreamLoss {
    /** What was never confirmed is replayed; what was is gone upstream. */
    PENDING_ONLY,
    /** What it had is written back, as far as it is here and not there; then what was never confirmed is replayed. */
    RESURRECT,
    /** Nothing is replayed until a person has decided: the upstream may be restored from a backup first. */
    HALT;

    /** As it is configured. */
    public String configName() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
