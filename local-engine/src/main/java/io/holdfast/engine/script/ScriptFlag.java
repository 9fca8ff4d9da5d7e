package io.holdfast.engine.script;

import io.holdfast.engine.command.Scripting;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

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

    /** What code that declares these flags says of itself. */
    static Scripting.Intent intent(Set<ScriptFlag> declared) {
        return declared.contains(NO_WRITES) ? Scripting.Intent.READS : Scripting.Intent.WRITES;
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
