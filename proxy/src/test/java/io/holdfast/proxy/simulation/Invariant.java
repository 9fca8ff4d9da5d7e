package io.holdfast.proxy.simulation;

/** What must be true, whatever fails and in whatever order things happen; the names stand in failures. */
enum Invariant {
    /** What was acknowledged is there at the end, unless the upstream itself lost it. */
    NOTHING_LOST,
    /** Nothing took effect twice, and nothing that was refused took effect. */
    NOTHING_DOUBLED,
    /** One connection's writes to a key took effect in the order it sent them. */
    ORDER_KEPT,
    /** A client that was told that its write is done reads it. */
    READ_YOUR_WRITES,
    /** Nothing is written here while the upstream is in charge, and nothing there while it is not. */
    ONE_HOME,
    /** Nothing but that keys have ended is journaled while the last entries drain, and no write is answered that was asked for only then. */
    NO_WRITE_WHILE_DRAINING,
    /** Of the node at each start, of the phase at each change. */
    EPOCHS_RISE,
    /** What an operator was told that is done holds until he orders otherwise, over restarts too, and no order is refused. */
    OPERATORS_ARE_OBEYED,
    /** Nobody reads a value whose time is over. */
    EXPIRED_STAYS_DEAD,
    /** A command is answered UNCERTAIN or UNBLOCKED only where the upstream was lost while it was under way. */
    UNCERTAIN_ONLY_IN_FLIGHT,
    /** What can be done a second time without harm is done, and answered. */
    UNCERTAIN_ONLY_WHERE_IT_MATTERS,
    /** While the upstream is in charge the bound is the time that a reply is waited for; behind a switch it is longer. */
    ANSWERED_WITHIN_THE_BOUND,
    /** When the upstream is put in charge it has everything that was acknowledged. */
    ONLINE_MEANS_NOTHING_LEFT,
    /** A transaction took effect whole or not at all. */
    WHOLE_TRANSACTIONS,
    /** A transaction is carried out only where what its client watches is as it was, and on the side that it was read on. */
    WATCHED_MEANS_UNCHANGED,
    /** When faults end the upstream is soon in charge, and what is known here is what is there. */
    CONVERGES;

    /** Fails the run unless {@code holds}. */
    void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new Broken(this, otherwise);
        }
    }

    /** An invariant does not hold. */
    static final class Broken extends AssertionError {
        private static final long serialVersionUID = 1;

        Broken(Invariant invariant, String text) {
            super(invariant.name().toLowerCase(java.util.Locale.ROOT).replace('_', '-') + ": " + text);
        }
    }
}
