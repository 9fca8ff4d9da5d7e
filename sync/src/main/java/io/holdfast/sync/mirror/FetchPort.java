package io.holdfast.sync.mirror;

import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.List;
import java.util.function.Consumer;

/**
 * A link to the upstream as the mirror sees it: requests given here take their place behind everything that was sent on
 * the link before. Used on the engine loop.
 */
public interface FetchPort {
    /**
     * Sends commands and collects their replies.
     *
     * @param replies gets the replies when all are there; is not called when the link is lost before
     */
    void fetch(List<Bytes[]> commands, Consumer<List<Reply>> replies);
}
