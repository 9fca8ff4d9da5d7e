package io.holdfast.sync.replay;

/** Replay cannot go on now; a later session may. The message says why, without values and secrets. */
final class ReplayFailedException extends Exception {
    private static final long serialVersionUID = 1L;

    ReplayFailedException(String reason) {
        super(reason);
    }
}
