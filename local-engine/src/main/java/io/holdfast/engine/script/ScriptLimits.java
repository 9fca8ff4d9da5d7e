package io.holdfast.engine.script;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What scripts may take.
 *
 * @param nativesDirectory private, where Lua's native library is unpacked; null: scripts are refused
 * @param busyAfterMs after so long other clients are told that a script runs, and it may be killed
 * @param memoryBytesMax what Lua may hold before the script that wants more gets an error
 * @param whileBusy looks after other clients; called again and again while a script is overdue
 */
public record ScriptLimits(@Nullable Path nativesDirectory, long busyAfterMs, long memoryBytesMax, Runnable whileBusy) {
    public static final long BUSY_AFTER_MS = 5_000;
    public static final long MEMORY_BYTES_MAX = 256L * 1024 * 1024;
    public static final ScriptLimits DISABLED = new ScriptLimits(null, BUSY_AFTER_MS, MEMORY_BYTES_MAX, () -> {});

    /** The defaults, with the native library in this directory. */
    public static ScriptLimits in(Path nativesDirectory) {
        return new ScriptLimits(nativesDirectory, BUSY_AFTER_MS, MEMORY_BYTES_MAX, () -> {});
    }

    public ScriptLimits withBusyAfterMs(long other) {
        return new ScriptLimits(nativesDirectory, other, memoryBytesMax, whileBusy);
    }

    public ScriptLimits withMemoryBytesMax(long other) {
        return new ScriptLimits(nativesDirectory, busyAfterMs, other, whileBusy);
    }

    public ScriptLimits withWhileBusy(Runnable other) {
        return new ScriptLimits(nativesDirectory, busyAfterMs, memoryBytesMax, other);
    }
}
