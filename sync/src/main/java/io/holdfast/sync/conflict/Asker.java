package io.holdfast.sync.conflict;

import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.io.IOException;
import java.util.List;

/** The upstream, on the connection that replays: what is WATCHed here guards the batch that follows. */
@FunctionalInterface
public interface Asker {
    /**
     * The replies to {@code commands}, in order, in RESP2.
     *
     * @throws IOException when the connection is lost
     */
    List<Reply> ask(List<List<Bytes>> commands) throws IOException;
}
