package io.holdfast.proxy.routing;

import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.Session.Queued;
import io.holdfast.proxy.upstream.InFlight;
import io.holdfast.proxy.upstream.UpstreamLink;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.resp.ReplyArray;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;

/**
 * One client's command that goes upstream in company (see {@link CursorKey}), as a transaction that the client does not know
 * of; its request is answered as if it had gone alone. Lives on the engine loop.
 */
final class Escort extends InFlight {
    private final CursorKey cursor;
    private final UpstreamLink link;
    private final Forwarded request;
    private final CommandSpec spec;
    private final Block block;
    private boolean isLost;

    private Escort(
            CursorKey cursor, Block.Selecting selecting, UpstreamLink link, Forwarded request, CommandSpec spec) {
        this.cursor = cursor;
        this.link = link;
        this.request = request;
        this.spec = spec;
        block = new Block(
                cursor, selecting, link, List.of(new Queued(spec, request.frame.arguments())), ErrorVerdict.ALWAYS);
    }

    /** @param link not one that keys are watched on: EXEC would end that */
    static void send(
            CursorKey cursor, Block.Selecting selecting, UpstreamLink link, Forwarded request, CommandSpec spec) {
        request.escorted = true;
        var escort = new Escort(cursor, selecting, link, request, spec);
        escort.block.send(escort);
    }

    @Override
    public void onReply(ByteBuf exec, byte type) {
        if (!ExecReply.answers(exec, type, block.sent())) {
            exec.release();
            link.misanswered(this, ExecReply.BREACH);
            return;
        }
        request.carriedBy(this);
        if (block.isRefused() && !link.isClosed()) {
            exec.release();
            sendApart();
        } else if (!block.isRefused() && ReplyArray.isWhole(exec)) {
            ByteBuf reply = block.replies(exec, here -> Reply.OK).get(0);
            exec.release();
            answer(reply);
        } else {
            answer(exec);
        }
    }

    private void answer(ByteBuf reply) {
        request.onReply(reply, reply.getByte(reply.readerIndex()));
    }

    /**
     * Nothing was done, and perhaps only for the company's sake, or because an upstream that is out of memory queues nothing at
     * all: one after the other, then. Whoever looks or writes in between sees it.
     */
    private void sendApart() {
        Bytes[] args = request.frame.arguments();
        List<Bytes[]> commands = new ArrayList<>(List.<Bytes[]>of(args));
        commands.addAll(cursor.companyOf(spec, args, request.db));
        var replies = new ArrayList<ByteBuf>(commands.size());
        commands.forEach(command -> link.send(command, new Apart(replies, commands.size())));
    }

    /** One of the commands that were sent without a transaction; the last to be answered answers the request. */
    private final class Apart extends InFlight {
        private final List<ByteBuf> replies;
        private final int count;

        Apart(List<ByteBuf> replies, int count) {
            this.replies = replies;
            this.count = count;
        }

        @Override
        public void onReply(ByteBuf reply, byte type) {
            replies.add(reply);
            if (replies.size() == count) {
                request.carriedBy(this);
                answer(cursor.seen(spec, request.frame.arguments(), request.db, request.resp, replies));
            }
        }

        @Override
        public void onLost(boolean maybeSent) {
            if (!isLost) {
                isLost = true;
                boolean begun = !replies.isEmpty();
                replies.forEach(ByteBuf::release);
                request.onLost(maybeSent || begun);
            }
        }
    }

    @Override
    public void onLost(boolean maybeSent) {
        request.onLost(maybeSent);
    }
}
