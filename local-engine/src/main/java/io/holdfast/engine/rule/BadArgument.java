package io.holdfast.engine.rule;

/**
 * An argument that a rule of Redis refuses. The message is Redis's own, without the leading {@code ERR}; handlers turn
 * it into the client's error. It carries no stack trace: a client may cause it as often as it likes.
 */
public final class BadArgument extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    public BadArgument(String message) {
        super(message);
    }

    @Override
    public synchronized Throwable fillInStackTrace() {
        return this;
    }
}
