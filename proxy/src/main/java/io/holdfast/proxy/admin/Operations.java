package io.holdfast.proxy.admin;

import io.holdfast.resp.Bytes;
import io.holdfast.sync.journal.DeadLetters;
import java.util.List;

/** What an operator can have done. Used on the desk's thread, unless it says otherwise. */
public interface Operations {
    /** Where the work of this is done, and answered from. On the engine loop. */
    Desk desk();

    /** False in standalone mode, where there is nothing to switch. Any thread. */
    boolean hasUpstream();

    /** Go offline, and stay so until {@link #online}, also over a restart. */
    void offline(String reason);

    /** Go back to the upstream as soon as it is fit. */
    void online();

    /** What the upstream refused. */
    DeadLetters deadLetters();

    /**
     * Puts those that are open back into the journal for the upstream, each exactly once.
     *
     * @return those that were, as they were
     */
    List<DeadLetters.Stored> requeue(List<Long> ids);

    /** Gives up those that are open; returns them as they were. */
    List<DeadLetters.Stored> discard(List<Long> ids);

    /** Puts another effect in the place of a refused one; false when that is not open any more. */
    boolean edit(DeadLetters.Stored letter, List<Bytes> command, Bytes key);
}
