package io.holdfast.proxy.client;

import io.holdfast.engine.command.Session;
import io.holdfast.resp.RequestFrame;
import io.netty.buffer.ByteBuf;

/** Who decides what becomes of clients' requests. Used on the engine loop. */
public interface RequestHandler {
    /** A client has connected; addresses are {@code host:port}. */
    Session connect(ClientHandler client, String address, String localAddress);

    /** A request, which now belongs to the handler. It is answered, forwarded, or held by {@link ClientHandler#hold}. */
    void handle(ClientHandler client, RequestFrame frame);

    /**
     * Requests are about to be handed over, one after the other; a hint.
     *
     * @param received their bytes; {@code session} is whose they are
     * @return after how many of them it is worth to be told again
     */
    int lookAhead(Session session, ByteBuf received);

    /** The client's requests or replies are large: others should not stand behind them. */
    void becameHeavy(ClientHandler client);

    /** The time as commands see it, Unix milliseconds. */
    long nowMs();

    /** The client has gone; replies to it may still come and are dropped. */
    void disconnected(ClientHandler client);
}
