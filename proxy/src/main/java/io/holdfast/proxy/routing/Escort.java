package io.holdfast.proxy.routing;

import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.Session.Queued;
import io.holdfast.proxy.upstream.InFlight;
import io.holdfast.proxy.upstream.UpstreamLink;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.resp.ReplyArray;
import io.netty.buffer.ByteBuf;
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

    private Escort(
            CursorKey cursor, Block.Selecting selecting, UpstreamLink link, Forwarded request, CommandSpec spec) {
        this.cursor = cursor;
        this.link = link;
        this.request = request;
        this.spec = spec;
        block = new Block(cursor, selecting, link, List.of(new Queued(spec, request.frame.arguments())));
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
        request.carriedBy(this);
        ByteBuf refusal = block.takeRefusal();
        if (refusal != null) {
            exec.release();
            answer(refusal);
        } else if (block.isCompanyRefused()) {
            exec.release();
            sendAlone();
        } else if (ReplyArray.isWhole(exec)) {
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

    /** Out of memory, or not allowed: better without the company than not at all, and the cursor as soon as may be. */
    private void sendAlone() {
        Bytes[] args = request.frame.arguments();
        link.send(args, request);
        if (spec.writes()) {
            cursor.companyOf(spec, args, request.db)
                    .forEach(command -> link.send(command, new ForwardedTransaction.Inner()));
        }
    }

    @Override
    public void onLost(boolean maybeSent) {
        request.onLost(maybeSent);
    }
}
