package io.holdfast.engine.command;

import io.holdfast.resp.Reply;
import java.util.function.Consumer;

/** The clients that wait in the middle of a command. Used on the engine loop. */
public interface Blocking {
    /** The client of {@code c} waits from now on; its reply comes by {@link Session.Output#answer}. */
    void begin(CommandContext c, Wait wait);

    /** The client of {@code c} gets this reply after so long; nothing else ends its waiting. */
    void hold(CommandContext c, Reply reply, long ms);

    /**
     * The client of {@code c} gets its reply when another thread has made it; nothing else ends its waiting.
     *
     * @return takes the reply, on the engine loop, once; that of a client that has gone is dropped
     */
    Consumer<Reply> defer(CommandContext c);

    /** Ends a client's waiting by this reply; false when it does not wait. */
    boolean interrupt(Session session, Reply reply);

    /** Ends a client's waiting as if its time were over; false when it does not wait. */
    boolean timeOut(Session session);

    /** The client is cut off: it is not served any more, and gets no reply. */
    void abandon(Session session);

    /** Clients that wait. */
    int clients();

    /** Those of them whose waiting has an end. */
    int clientsWithTimeout();
}
