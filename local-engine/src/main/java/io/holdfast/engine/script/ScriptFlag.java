package io.holdfast.engine.script;

import java.util.Locale;
import java.util.Optional;

/** What a script or function says of itself. */
enum ScriptFlag {
    /** It writes nothing, so it may run where nothing can be written. */
    NO_WRITES,
    ALLOW_OOM,
    ALLOW_STALE,
    NO_CLUSTER,
    ALLOW_CROSS_SLOT_KEYS;

    String redisName() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static Optional<ScriptFlag> named(String redisName) {
        for (ScriptFlag flag : values()) {
            if (flag.redisName().equals(redisName)) {
                return Optional.of(flag);
            }
        }
        return Optional.empty();
    }
}
