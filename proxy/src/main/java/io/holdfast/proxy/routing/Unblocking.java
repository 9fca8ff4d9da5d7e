package io.holdfast.proxy.routing;

import io.holdfast.engine.rule.RedisInteger;
import io.holdfast.proxy.client.ClientHandler;
import io.holdfast.proxy.client.Slot;
import io.holdfast.proxy.upstream.LinkKey;
import io.holdfast.proxy.upstream.UpstreamLink;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.resp.RequestFrame;
import io.holdfast.resp.RespVersion;
import io.netty.buffer.ByteBuf;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** A client's CLIENT UNBLOCK of one that waits upstream, on its way there. Lives on the engine loop. */
final class Unblocking extends Slot {
    /** CLIENT UNBLOCK id [TIMEOUT | ERROR] */
    private static final int ID_AT = 2;

    private static final int HOW_AT = 3;

    private final ClientHandler client;

    private Unblocking(ClientHandler client) {
        this.client = client;
    }

    /**
     * Asks the upstream to end what another client waits in there, and answers {@code client} what it says of that.
     *
     * @param frame CLIENT UNBLOCK; released where it is sent
     * @return false where it names nobody who waits upstream, or is malformed
     */
    static boolean send(
            ClientHandler client, RequestFrame frame, Collection<ClientHandler> clients, ClientLinks links) {
        UpstreamLink link =
                isWellFormed(frame) ? waitsOn(RedisInteger.parseOr(frame.argument(ID_AT), 0), clients) : null;
        if (link == null) {
            return false;
        }
        Bytes[] args = frame.arguments();
        args[ID_AT] = Bytes.of(link.clientId());
        frame.release();
        var request = new Unblocking(client);
        client.reserve(request);
        links.require().shared(new LinkKey(0, RespVersion.RESP2)).send(args, request);
        return true;
    }

    private static boolean isWellFormed(RequestFrame frame) {
        return frame.size() == HOW_AT
                || (frame.size() == HOW_AT + 1
                        && (frame.argument(HOW_AT).equalsIgnoreCase("TIMEOUT")
                                || frame.argument(HOW_AT).equalsIgnoreCase("ERROR")));
    }

    private static @Nullable UpstreamLink waitsOn(long id, Collection<ClientHandler> clients) {
        for (ClientHandler client : clients) {
            UpstreamLink link = client.session().id() == id ? client.upstream().pinned() : null;
            if (link != null && link.head() instanceof Forwarded its && its.client == client && its.mayWait()) {
                return link;
            }
        }
        return null;
    }

    @Override
    public void onReply(ByteBuf reply, byte type) {
        client.fill(this, reply);
    }

    /** What ended the link has ended the waiting too, or gone on with it here: either way it was not this that did. */
    @Override
    public void onLost(boolean maybeSent) {
        client.fill(this, Reply.ZERO, client.session().resp());
    }
}
