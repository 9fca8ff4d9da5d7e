package io.holdfast.proxy.routing;

import io.holdfast.engine.command.CommandKind;
import io.holdfast.engine.command.CommandSpec;
import io.holdfast.proxy.client.ClientHandler;
import io.holdfast.proxy.client.Slot;
import io.holdfast.proxy.upstream.UpstreamLink;
import io.holdfast.resp.RequestFrame;
import io.holdfast.resp.RespVersion;
import io.holdfast.sync.mirror.SentWrite;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/** A client's request on its way upstream. Lives on the engine loop. */
final class Forwarded extends Slot {
    private final Forwarder forwarder;
    final ClientHandler client;
    final @Nullable CommandSpec spec;
    final RequestFrame frame;
    final UpstreamLink link;
    final int db;
    final RespVersion resp;
    /** It goes in company: its reply is the client's to see as it is. */
    boolean escorted;
    /** What should go in its company goes behind it instead, as Holdfast's own. */
    boolean followed;
    /** What the mirror wants to hear of again; null when the command changes no keys. */
    @Nullable SentWrite write;

    Forwarded(
            Forwarder forwarder,
            ClientHandler client,
            @Nullable CommandSpec spec,
            RequestFrame frame,
            UpstreamLink link) {
        this.forwarder = forwarder;
        this.client = client;
        this.spec = spec;
        this.frame = frame;
        this.link = link;
        this.db = client.session().db();
        this.resp = client.session().resp();
    }

    @Override
    public boolean mayWait() {
        return spec != null && spec.kind() == CommandKind.BLOCKING;
    }

    @Override
    public void onReply(ByteBuf reply, byte type) {
        forwarder.answered(this, reply, type);
    }

    @Override
    public void onLost(boolean maybeSent) {
        forwarder.settlement().lost(this, maybeSent);
    }
}
