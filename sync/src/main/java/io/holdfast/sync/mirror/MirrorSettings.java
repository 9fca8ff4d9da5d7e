package io.holdfast.sync.mirror;

import java.util.List;

/**
 * What is copied while the upstream answers. Immutable.
 *
 * @param pins globs of keys of database 0 that are copied whether they are touched or not; of no effect with {@link
 *     MirrorMode#OFF}
 */
public record MirrorSettings(MirrorMode mode, List<String> pins) {
    public static final MirrorSettings DEFAULT = new MirrorSettings(MirrorMode.TOUCHED, List.of());

    public MirrorSettings {
        pins = List.copyOf(pins);
    }
}
