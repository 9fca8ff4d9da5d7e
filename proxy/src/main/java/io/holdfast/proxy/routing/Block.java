package io.holdfast.proxy.routing;

import io.holdfast.engine.command.CommandKind;
import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.Session.Queued;
import io.holdfast.proxy.upstream.InFlight;
import io.holdfast.proxy.upstream.UpstreamLink;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.resp.ReplyArray;
import io.holdfast.resp.ReplyEncoder;
import io.holdfast.resp.RespVersion;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Commands on their way upstream between one MULTI and its EXEC: each followed by its company (see {@link CursorKey}),
 * without those that concern only a client's connection to us, and with the link left in its own database. For one EXEC;
 * lives on the engine loop.
 */
final class Block {
    private static final Bytes MULTI = Bytes.of("MULTI");
    private static final Bytes EXEC = Bytes.of("EXEC");
    private static final Bytes SELECT = Bytes.of("SELECT");
    private static final int PART_BYTES = 64;

    /**
     * Which command chooses a database.
     *
     * @param databases how many there are; SELECT of another is refused here, as it is outside of transactions
     */
    record Selecting(CommandSpec select, int databases) {
        /** The one that this command chooses; −1 for none. */
        int database(Queued command) {
            if (command.spec() != select || command.args().length != 2) {
                return -1;
            }
            try {
                int index = Integer.parseInt(command.args()[1].latin1());
                return index < databases ? Math.max(-1, index) : -1;
            } catch (NumberFormatException e) {
                return -1;
            }
        }
    }

    /** One of the client's commands; {@code here} when it is carried out in this process. */
    private record Part(Queued command, int db, List<Bytes[]> company, boolean here) {}

    private final @Nullable CursorKey cursor;
    private final UpstreamLink link;
    private final Selecting selecting;
    private final List<Part> parts = new ArrayList<>();
    private final boolean movesLink;
    private int dbAtEnd;
    private final QueueReplies queueing;

    /** @param cursor null: nothing goes with the client's commands */
    Block(
            @Nullable CursorKey cursor,
            Selecting selecting,
            UpstreamLink link,
            List<Queued> commands,
            ErrorVerdict verdict) {
        this.queueing = new QueueReplies(verdict);
        this.cursor = cursor;
        this.link = link;
        this.selecting = selecting;
        dbAtEnd = link.key().db();
        boolean selects = false;
        for (Queued command : commands) {
            CommandSpec spec = command.spec();
            List<Bytes[]> company =
                    spec == null || cursor == null ? List.of() : cursor.companyOf(spec, command.args(), dbAtEnd);
            int chosen = selecting.database(command);
            boolean here = spec != null && spec.kind() == CommandKind.CONNECTION && chosen < 0;
            parts.add(new Part(command, dbAtEnd, company, here));
            if (chosen >= 0) {
                selects = true;
                dbAtEnd = chosen;
            }
        }
        movesLink = selects;
    }

    /** Whether a transaction has anything in it that cannot just be passed on. */
    static boolean isNeededFor(List<Queued> commands) {
        for (Queued command : commands) {
            CommandSpec spec = command.spec();
            if (spec != null && (spec.wholeKeyspace() != null || spec.kind() == CommandKind.CONNECTION)) {
                return true;
            }
        }
        return false;
    }

    /** In which database the command at {@code position} runs. */
    int db(int position) {
        return parts.get(position).db();
    }

    /** Which database is selected when everything has gone well. */
    int dbAtEnd() {
        return dbAtEnd;
    }

    /** @param exec hears of EXEC's reply, or that there is none */
    void send(InFlight exec) {
        send(MULTI);
        for (Part part : parts) {
            if (!part.here()) {
                link.send(part.command().args(), queueing.next());
                part.company().forEach(command -> link.send(command, queueing.next()));
            }
        }
        if (movesLink) {
            send(SELECT, Bytes.of(link.key().db()));
        }
        link.send(new Bytes[] {EXEC}, exec);
    }

    private void send(Bytes... command) {
        link.send(command, queueing.next());
    }

    /** Whether any of it is carried out here, when EXEC is answered. */
    boolean hasPartsHere() {
        return parts.stream().anyMatch(Part::here);
    }

    /** How many commands it has on the wire between MULTI and EXEC. */
    int sent() {
        int sent = movesLink ? 1 : 0;
        for (Part part : parts) {
            sent += part.here() ? 0 : 1 + part.company().size();
        }
        return sent;
    }

    boolean isInCompany() {
        return cursor != null;
    }

    /** Whether the upstream refused to queue any of it, so that nothing was done. */
    boolean isRefused() {
        return queueing.isRefused();
    }

    /** Why it was refused, where that says that the upstream is unfit. */
    @Nullable String unfit() {
        return queueing.unfit();
    }

    /**
     * The replies to the client's commands, as it is to see them; the caller owns them.
     *
     * @param exec what EXEC answered, an array of {@link #sent} elements; stays the caller's
     * @param here carries out what concerns the connection to us
     */
    List<ByteBuf> replies(ByteBuf exec, Function<Queued, Reply> here) {
        Iterator<ByteBuf> elements = ReplyArray.elements(exec).iterator();
        List<ByteBuf> replies = new ArrayList<>(parts.size());
        RespVersion resp = link.key().resp();
        int selected = link.key().db();
        for (Part part : parts) {
            CommandSpec spec = part.command().spec();
            if (part.here()) {
                ByteBuf reply = Unpooled.buffer(PART_BYTES);
                ReplyEncoder.encode(here.apply(part.command()), resp, reply);
                replies.add(reply);
                continue;
            }
            List<ByteBuf> together = new ArrayList<>(1 + part.company().size());
            for (int i = 0; i <= part.company().size(); i++) {
                together.add(elements.next());
            }
            int chosen = selecting.database(part.command());
            if (chosen >= 0 && together.get(0).getByte(together.get(0).readerIndex()) == '+') {
                selected = chosen;
            }
            replies.add(
                    spec == null || cursor == null
                            ? together.get(0)
                            : cursor.seen(spec, part.command().args(), part.db(), resp, together));
        }
        elements.forEachRemaining(ByteBuf::release); // the link's own SELECT
        dbAtEnd = selected;
        return replies;
    }
}
