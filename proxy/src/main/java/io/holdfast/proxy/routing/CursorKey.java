package io.holdfast.proxy.routing;

import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.WholeKeyspace;
import io.holdfast.engine.rule.GlobPattern;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.ReplyArray;
import io.holdfast.resp.RequestFrame;
import io.holdfast.resp.RespVersion;
import io.holdfast.sync.conflict.Sidecar;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * The key in the upstream that proves what was replayed: clients neither see it among theirs nor lose it when they flush
 * (contract, "Replay protocol"). It lies in database 0, as do the stamps that nodes leave for each other ({@link Sidecar}), which are
 * hidden with it and go with the data they speak of. Where a reply alone does not do, commands of our own go right behind
 * the client's, in one transaction: its company. Lives on the engine loop.
 */
public final class CursorKey {
    /**
     * RANDOMKEY is asked so often again: with one other key in the database, one in 2^32 finds none, were all of ours there. At once,
     * for what the client sends behind it may be a flush.
     */
    private static final int PICKS = 77;

    private static final Bytes EXISTS = Bytes.of("EXISTS");
    private static final Bytes RANDOMKEY = Bytes.of("RANDOMKEY");
    private static final Bytes SELECT = Bytes.of("SELECT");
    private static final Bytes MOVE = Bytes.of("MOVE");
    private static final Bytes ZERO = Bytes.of(0);
    private static final int ARRAY_OF_TWO_BYTES = 4;

    /** The cursor, and what else of ours lies beside it. */
    private final List<Bytes> hidden = new ArrayList<>();

    private final Map<Bytes, ByteBuf> asBulks = new HashMap<>();
    private final Supplier<Bytes[]> restore;

    /**
     * @param key of the cursor
     * @param restore the command that writes it as it stands
     */
    public CursorKey(Bytes key, Supplier<Bytes[]> restore) {
        this.restore = restore;
        hidden.add(key);
        hidden.addAll(Sidecar.KEYS);
        hidden.forEach(each -> asBulks.put(each, bulk(each)));
    }

    private static ByteBuf bulk(Bytes text) {
        ByteBuf bulk = Unpooled.buffer();
        bulk.writeCharSequence("$" + text.length() + "\r\n", StandardCharsets.US_ASCII);
        bulk.writeBytes(text.array());
        bulk.writeCharSequence("\r\n", StandardCharsets.US_ASCII);
        return bulk;
    }

    /** All of them lie in database 0. */
    List<Bytes> hidden() {
        return hidden;
    }

    /** What has to be carried out right behind a command, and with it or not at all; mostly nothing. */
    List<Bytes[]> companyOf(CommandSpec spec, Bytes[] args, int db) {
        WholeKeyspace touched = spec.wholeKeyspace();
        if (touched == null) {
            return List.of();
        }
        return switch (touched) {
            case LISTED, SCANNED -> List.of();
            case COUNTED -> db == 0 ? List.<Bytes[]>of(exists()) : List.of();
            case PICKED_FROM -> db == 0 ? Collections.nCopies(PICKS, new Bytes[] {RANDOMKEY}) : List.of();
            case FLUSHED_HERE -> db == 0 ? List.<Bytes[]>of(restore.get()) : List.of();
            case FLUSHED_EVERYWHERE -> inDatabase(0, restore.get(), db);
            case SWAPPED -> broughtBack(args, db);
        };
    }

    private Bytes[] exists() {
        List<Bytes> question = new ArrayList<>(List.of(EXISTS));
        question.addAll(hidden);
        return question.toArray(Bytes[]::new);
    }

    /** Whether a command cannot go alone. */
    boolean asksForCompany(CommandSpec spec, RequestFrame frame, int db) {
        return spec.wholeKeyspace() != null
                && !companyOf(spec, frame.arguments(), db).isEmpty();
    }

    private static List<Bytes[]> inDatabase(int wanted, Bytes[] command, int selected) {
        return wanted == selected
                ? List.<Bytes[]>of(command)
                : List.of(new Bytes[] {SELECT, Bytes.of(wanted)}, command, new Bytes[] {SELECT, Bytes.of(selected)});
    }

    /** The cursor has changed places with its database: it goes back to where replay looks for it. */
    private List<Bytes[]> broughtBack(Bytes[] args, int selected) {
        if (args.length != 3 || args[1].equals(args[2]) || !(args[1].equals(ZERO) || args[2].equals(ZERO))) {
            return List.of();
        }
        Bytes other = args[1].equals(ZERO) ? args[2] : args[1];
        List<Bytes[]> company = new ArrayList<>();
        company.add(new Bytes[] {SELECT, other});
        hidden.forEach(each -> company.add(new Bytes[] {MOVE, each, ZERO}));
        company.add(new Bytes[] {SELECT, Bytes.of(selected)});
        return company;
    }

    /**
     * The reply as the client is to see it.
     *
     * @param replies to the command and to its company, in order; this owns them
     */
    ByteBuf seen(CommandSpec spec, Bytes[] args, int db, RespVersion resp, List<ByteBuf> replies) {
        WholeKeyspace touched = spec.wholeKeyspace();
        ByteBuf reply = replies.get(0);
        if (touched == null || db != 0) {
            return only(0, replies);
        }
        return switch (touched) {
            case LISTED -> withoutListed(args, reply);
            case SCANNED -> mayScan(args) ? withoutScanned(reply) : reply;
            case COUNTED -> counted(replies);
            case PICKED_FROM -> picked(replies, resp);
            case FLUSHED_HERE, FLUSHED_EVERYWHERE, SWAPPED -> only(0, replies);
        };
    }

    private ByteBuf withoutListed(Bytes[] args, ByteBuf all) {
        ByteBuf reply = all;
        for (Bytes each : hidden) {
            if (mayList(args, 1, each)) {
                reply = ReplyArray.without(reply, reply.readerIndex(), each);
            }
        }
        return reply;
    }

    private static boolean mayList(Bytes[] args, int patternAt, Bytes listed) {
        return args.length > patternAt && GlobPattern.of(args[patternAt]).matches(listed);
    }

    private boolean mayScan(Bytes[] args) {
        for (int i = 2; i + 1 < args.length; i += 2) {
            int patternAt = i + 1;
            if (args[i].equalsIgnoreCase("MATCH")
                    && hidden.stream().noneMatch(each -> mayList(args, patternAt, each))) {
                return false;
            }
        }
        return true;
    }

    private ByteBuf withoutScanned(ByteBuf scanned) {
        if (!ReplyArray.isWhole(scanned)) {
            return scanned;
        }
        ByteBuf reply = scanned;
        for (Bytes each : hidden) {
            int keysAt = ReplyArray.afterBulk(reply, reply.readerIndex() + ARRAY_OF_TWO_BYTES);
            reply = ReplyArray.without(reply, keysAt, each);
        }
        return reply;
    }

    private static ByteBuf counted(List<ByteBuf> replies) {
        ByteBuf all = replies.get(0);
        ByteBuf ours = replies.size() > 1 ? replies.get(1) : null;
        if (ours == null || all.getByte(all.readerIndex()) != ':' || ours.getByte(ours.readerIndex()) != ':') {
            return only(0, replies);
        }
        long count = Math.max(0, number(all) - number(ours));
        replies.forEach(ByteBuf::release);
        return Unpooled.copiedBuffer(":" + count + "\r\n", StandardCharsets.US_ASCII);
    }

    private static long number(ByteBuf integer) {
        return Long.parseLong(
                integer.toString(integer.readerIndex() + 1, integer.readableBytes() - 3, StandardCharsets.US_ASCII));
    }

    private ByteBuf picked(List<ByteBuf> replies, RespVersion resp) {
        for (int i = 0; i < replies.size(); i++) {
            ByteBuf picked = replies.get(i);
            if (asBulks.values().stream().noneMatch(ours -> ByteBufUtil.equals(ours, picked))) {
                return only(i, replies);
            }
        }
        replies.forEach(ByteBuf::release);
        return Unpooled.copiedBuffer(resp == RespVersion.RESP3 ? "_\r\n" : "$-1\r\n", StandardCharsets.US_ASCII);
    }

    private static ByteBuf only(int kept, List<ByteBuf> replies) {
        for (int i = 0; i < replies.size(); i++) {
            if (i != kept) {
                replies.get(i).release();
            }
        }
        return replies.get(kept);
    }
}
