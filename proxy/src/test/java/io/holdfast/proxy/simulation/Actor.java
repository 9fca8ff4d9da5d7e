package io.holdfast.proxy.simulation;

/** Something that can be the next to do something: a loop's turn, a thread's task, a packet that arrives, a client, a fault. */
interface Actor {
    /** Whether it has something to do now. */
    boolean isReady();

    /** Does one thing. */
    void act();

    /** When it will be ready if nobody else does anything, nanoseconds of the schedule; {@link Long#MAX_VALUE}: never. */
    default long wakesAtNanos() {
        return Long.MAX_VALUE;
    }
}
