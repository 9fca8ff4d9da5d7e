package io.holdfast.sync.mirror;

/** Which keys are copied while the upstream answers; {@code fallback.mirror}. */
public enum MirrorMode {
    /** None: an outage knows what was written in it. */
    OFF,
    /** Those that clients touch, and those that {@code fallback.mirror_pin} names. */
    TOUCHED,
    /** Those that {@code fallback.mirror_pin} names. */
    PINNED
}
