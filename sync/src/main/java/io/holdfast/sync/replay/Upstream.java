package io.holdfast.sync.replay;

import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.io.IOException;
import java.util.List;

/**
 * One connection to the upstream, from {@link #connect} to its first failure: after an {@link IOException} it is only good
 * for closing, and it never connects again by itself. Lives on the replay thread, but for {@link #close}.
 */
public interface Upstream extends AutoCloseable {
    /** @throws IOException when it does not answer in time, or after {@link #close} */
    void connect() throws IOException;

    /**
     * Sends the commands, each a name and its arguments, in one go.
     *
     * @throws IOException when the connection is lost, or makes no progress in time: any part may have arrived
     */
    void send(List<List<Bytes>> commands) throws IOException;

    /**
     * The next {@code count} replies, in order; an error is a {@link Reply.Failure}, and a simple text a bulk.
     *
     * @throws IOException when the connection is lost, or nothing comes in time
     */
    List<Reply> receive(int count) throws IOException;

    /** Resets the connection, so that what the system still holds is not sent. Any thread; whoever waits here wakes. */
    @Override
    void close();
}
