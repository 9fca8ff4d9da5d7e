package io.holdfast.proxy.routing;

import io.holdfast.engine.command.CommandSpec;
import io.holdfast.proxy.upstream.InFlight;
import io.holdfast.proxy.upstream.UpstreamLink;
import io.holdfast.resp.Bytes;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;

/**
 * What a command that only looks should have had for company (see {@link CursorKey}) is asked when its reply is there: its user may
 * not touch our keys. Who writes in between is counted or not, as beside any command. Lives on the engine loop.
 */
final class Afterwards {
    private final CursorKey cursor;
    private final Forwarded request;
    private final CommandSpec spec;
    private final List<ByteBuf> replies = new ArrayList<>();
    private int missing;

    private Afterwards(CursorKey cursor, Forwarded request, CommandSpec spec, ByteBuf reply) {
        this.cursor = cursor;
        this.request = request;
        this.spec = spec;
        replies.add(reply);
    }

    /** Answers {@code request} when {@code link}, which is our own, has answered too, or will not. */
    static void ask(CursorKey cursor, Forwarded request, CommandSpec spec, ByteBuf reply, UpstreamLink link) {
        List<Bytes[]> company = cursor.companyOf(spec, request.frame.arguments(), request.db);
        var afterwards = new Afterwards(cursor, request, spec, reply);
        afterwards.missing = company.size();
        company.forEach(command -> link.send(command, afterwards.new Part()));
    }

    private void came() {
        missing--;
        if (missing == 0) {
            ByteBuf seen = cursor.seen(spec, request.frame.arguments(), request.db, request.resp, replies);
            request.frame.release();
            request.client.fill(request, seen);
        }
    }

    private final class Part extends InFlight {
        @Override
        public void onReply(ByteBuf reply, byte type) {
            replies.add(reply);
            came();
        }

        @Override
        public void onLost(boolean maybeSent) {
            came(); // the command itself was answered: that is better than no reply
        }
    }
}
