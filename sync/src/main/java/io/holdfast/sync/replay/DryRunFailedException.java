package io.holdfast.sync.replay;

/** What replay would do cannot be said. The message says why, for a person, without values and secrets. */
public final class DryRunFailedException extends Exception {
    private static final long serialVersionUID = 1L;

    DryRunFailedException(String reason, Throwable cause) {
        super(reason, cause);
    }
}
