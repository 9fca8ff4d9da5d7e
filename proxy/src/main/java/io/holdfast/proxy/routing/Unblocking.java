package io.holdfast.proxy.routing;

import io.holdfast.proxy.client.ClientHandler;
import io.holdfast.proxy.client.Slot;
import io.holdfast.resp.Reply;
import io.netty.buffer.ByteBuf;

/** A client's CLIENT UNBLOCK of one that waits upstream, on its way there. Lives on the engine loop. */
final class Unblocking extends Slot {
    private final ClientHandler client;

    Unblocking(ClientHandler client) {
        this.client = client;
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
