package io.holdfast.engine.rdb;

/** Bytes that are no value in RDB format. Carries no stack trace: whoever sent them is told, and nobody else. */
public final class CorruptDataException extends Exception {
    private static final long serialVersionUID = 1L;

    CorruptDataException(String what) {
        super(what, null, false, false);
    }
}
