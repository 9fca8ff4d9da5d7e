package io.holdfast.proxy.routing;

import io.holdfast.engine.command.Session;
import io.holdfast.proxy.client.ClientHandler;
import io.holdfast.proxy.client.Slot;
import io.holdfast.proxy.upstream.UpstreamLink;
import io.holdfast.resp.Reply;
import io.holdfast.resp.ReplyArray;
import io.holdfast.resp.RespVersion;
import io.holdfast.sync.mirror.SentWrite;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A whole MULTI … EXEC on its way upstream, as one contiguous block; this is the slot of EXEC's reply. Lives on the
 * engine loop.
 */
final class ForwardedTransaction extends Slot {
    private final TransactionForwarder forwarder;
    final ClientHandler client;
    final List<Session.Queued> commands;
    final UpstreamLink link;
    final int db;
    final RespVersion resp;
    final QueueReplies queueing;
    /** Whether its client tracked keys when it was sent. */
    final boolean tracked;
    /** How its commands were sent; null when they were just passed on. */
    @Nullable Block block;
    /** What the mirror wants to hear of again, and where among the commands each stands. */
    final List<SentWrite> writes = new ArrayList<>();

    final List<Integer> positions = new ArrayList<>();

    ForwardedTransaction(
            TransactionForwarder forwarder,
            ClientHandler client,
            List<Session.Queued> commands,
            UpstreamLink link,
            ErrorVerdict verdict) {
        this.forwarder = forwarder;
        this.queueing = new QueueReplies(verdict);
        this.client = client;
        this.commands = commands;
        this.link = link;
        this.db = client.session().db();
        this.resp = client.session().resp();
        this.tracked = client.session().tracker().isOn();
    }

    @Override
    public void onReply(ByteBuf reply, byte type) {
        if (!ExecReply.answers(reply, type, block == null ? commands.size() : block.sent())) {
            reply.release();
            link.misanswered(this, ExecReply.BREACH);
            return;
        }
        forwarder.answered(this, reply, type);
    }

    /**
     * EXEC's reply as the client is to see it, which has the database selected then that it chose in the transaction.
     *
     * @param reply taken
     * @param here carries out what concerns the client's connection to us
     */
    ByteBuf seen(ByteBuf reply, Function<Session.Queued, Reply> here) {
        if (block == null || !ReplyArray.isWhole(reply)) {
            selectBefore();
            return reply;
        }
        List<ByteBuf> parts = block.replies(reply, here);
        client.session().select(block.dbAtEnd());
        ByteBuf whole = reply.alloc().buffer(reply.readableBytes());
        ReplyArray.writeHeader(whole, parts.size());
        for (ByteBuf part : parts) {
            whole.writeBytes(part);
            part.release();
        }
        reply.release();
        return whole;
    }

    /** Nothing of it was done, or nobody knows: the database is the one selected before. */
    void selectBefore() {
        if (block != null) {
            client.session().select(db);
        }
    }

    @Override
    public void onLost(boolean maybeSent) {
        forwarder.settlement().lost(this, maybeSent);
    }

    /** Why the upstream refused to queue one of its commands, where that says that it is unfit. */
    @Nullable String unfit() {
        return block == null ? queueing.unfit() : block.unfit();
    }
}
