package io.holdfast.engine.command;

import java.util.Locale;

/** What is true of a command as a whole; the names are those of COMMAND INFO. */
public enum Flag {
    WRITE,
    READONLY,
    DENYOOM,
    ADMIN,
    PUBSUB,
    NOSCRIPT,
    BLOCKING,
    LOADING,
    STALE,
    SKIP_MONITOR,
    SKIP_SLOWLOG,
    ASKING,
    FAST,
    NO_AUTH,
    MAY_REPLICATE,
    NO_MANDATORY_KEYS,
    NO_ASYNC_LOADING,
    NO_MULTI,
    MOVABLEKEYS,
    ALLOW_BUSY;

    /** As COMMAND INFO prints it. */
    public String redisName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
