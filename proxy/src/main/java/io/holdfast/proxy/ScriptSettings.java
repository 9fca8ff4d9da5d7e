package io.holdfast.proxy;

import io.holdfast.engine.script.ScriptLimits;

/**
 * What the local engine is told of scripts.
 *
 * @param enabled no: EVAL and FCALL answer an error ({@code lua-enabled})
 * @param busyAfterMs after so long other clients get BUSY and the script may be killed; 0: never ({@code
 *     busy-reply-threshold})
 * @param memoryBytesMax what Lua may hold ({@code lua-memory-limit})
 */
public record ScriptSettings(boolean enabled, long busyAfterMs, long memoryBytesMax) {
    public static final ScriptSettings DEFAULT =
            new ScriptSettings(true, ScriptLimits.BUSY_AFTER_MS, ScriptLimits.MEMORY_BYTES_MAX);
}
