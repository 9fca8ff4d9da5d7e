package io.holdfast.engine.keyspace;

import org.jspecify.annotations.Nullable;

/** A value that is not in memory cannot be had: storage is damaged or out of reach. Nothing else was touched. */
public final class ValueLostException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public ValueLostException(String message, @Nullable Throwable cause) {
        super(message, cause, false, true);
    }
}
