package io.holdfast.sync.replay;

/** Nothing is to be replayed until a person has decided. The message says why, without values and secrets. */
final class HaltedException extends Exception {
    private static final long serialVersionUID = 1L;

    HaltedException(String reason) {
        super(reason);
    }
}
