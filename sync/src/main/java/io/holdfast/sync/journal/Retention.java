package io.holdfast.sync.journal;

import java.time.Duration;

/**
 * How long entries stay after the upstream confirmed them, because a failover to a stale replica may ask for them again.
 * A segment goes when either bound is passed.
 *
 * @param bytesMax confirmed bytes that are kept at least, whole segments
 * @param ageMax time since confirmation
 */
public record Retention(long bytesMax, Duration ageMax) {
    public static final Retention DEFAULT = new Retention(256L * 1024 * 1024, Duration.ofHours(24));

    public Retention {
        if (bytesMax < 0 || ageMax.isNegative()) {
            throw new IllegalArgumentException("retention cannot be negative: " + bytesMax + " bytes, " + ageMax);
        }
    }
}
