package io.holdfast.engine.failpoint;

/** Thrown at a step that was told to throw: nothing is wrong but that. */
public final class FailpointException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    FailpointException(Failpoint step) {
        super("failpoint " + step.word());
    }
}
