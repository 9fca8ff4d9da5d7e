package io.holdfast.sync.mirror;

import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.List;

/**
 * A link to the upstream as the mirror sees it, one object a link: requests given here take their place behind everything that was sent on
 * the link before. Used on the engine loop.
 */
public interface FetchPort {
    /** Hears what became of a fetch; exactly one of the two is called, once. */
    interface Replies {
        /** All are there, in the order of the commands. */
        void arrived(List<Reply> replies);

        /** The link is gone, and some will never come. */
        void lost();
    }

    /** What is asked now would get no reply. */
    boolean isClosed();

    /** Sends commands and collects their replies. */
    void fetch(List<Bytes[]> commands, Replies replies);
}
