package io.holdfast.sync.journal;

import java.util.Locale;

/** When a commit reaches the disk itself, beyond the kernel: Redis's {@code appendfsync}. */
public enum AppendFsync {
    /** Before the commit returns: a power loss takes nothing that was acknowledged. */
    ALWAYS,
    /** Each second, on another thread: a power loss takes at most the last second and one sync. */
    EVERYSEC,
    /** When the kernel likes; only a full segment and a clean close are synced. */
    NO;

    /**
     * The setting that {@code CONFIG SET appendfsync} calls {@code name}.
     *
     * @throws IllegalArgumentException for any other name
     */
    public static AppendFsync named(String name) {
        for (AppendFsync setting : values()) {
            if (setting.configName().equalsIgnoreCase(name)) {
                return setting;
            }
        }
        throw new IllegalArgumentException("appendfsync is always, everysec or no, not '" + name + "'");
    }

    /** As redis.conf writes it. */
    public String configName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
