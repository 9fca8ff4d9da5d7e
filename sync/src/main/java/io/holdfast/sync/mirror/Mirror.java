package io.holdfast.sync.mirror;

import io.holdfast.engine.LocalEngine;
import io.holdfast.engine.command.CommandKind;
import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.keyspace.KeyRecord;
import io.holdfast.engine.keyspace.Watches.Watched;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.resp.ReplyEncoder;
import io.holdfast.resp.ReplyParser;
import io.holdfast.resp.RequestFrame;
import io.holdfast.resp.RespLimits;
import io.holdfast.resp.RespProtocolException;
import io.holdfast.resp.RespVersion;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a copy of the keys that clients touch while the upstream answers, so that the right data is here at the instant
 * of the cut. A key that is touched and not known is fetched whole, behind the command that touched it; a write that the
 * upstream acknowledged is carried over at once, by its result. A key that two links write at the same time is in doubt:
 * their order upstream is not ours to see, so it is fetched when they have both finished. Owned by the engine loop.
 *
 * <pre>
 *   unknown ──touched──► fetching ──reply──► known ──write acknowledged──► known
 *      ▲                    │ ▲                │
 *      │   link lost, too   │ └────────────────┴─ replies differ, two links write at once
 *      └────── big ─────────┘
 * </pre>
 */
public final class Mirror {
    /** What TYPE answers for a key that is not there. */
    private static final Reply NO_KEY = Reply.simple("none");

    private final LocalEngine engine;
    private final MirrorLimits limits;
    private final ReplyParser parser = new ReplyParser(RespLimits.DEFAULT);
    private final Map<Watched, Flight> flights = new HashMap<>();
    /** Keys that the upstream is known not to have, in this period. */
    private final Set<Watched> absent = new HashSet<>();

    private final ByteBuf scratch = Unpooled.buffer(256);
    /** Counts the periods in which the upstream was in charge: what was verified in an earlier one may have changed. */
    private int onlinePeriod;

    private int fetching;
    private long fetched;
    private long refetched;

    public Mirror(LocalEngine engine, MirrorLimits limits) {
        this.engine = engine;
        this.limits = limits;
    }

    /** What is under way for one key. */
    private static final class Flight {
        Object link;
        int writes;
        boolean inDoubt;
        boolean fetching;

        Flight(Object link) {
            this.link = link;
        }

        boolean isOver() {
            return writes == 0 && !fetching;
        }
    }

    /** The upstream is in charge from now on. Nothing that was copied before is vouched for. */
    public void online() {
        onlinePeriod++;
        flights.clear();
        absent.clear();
        fetching = 0;
    }

    /** The links are gone: what was under way tells nothing any more. */
    public void offline() {
        flights.clear();
        fetching = 0;
    }

    /** Keys fetched whole since the start. */
    public long fetched() {
        return fetched;
    }

    /** Keys fetched again because the copy and the upstream's reply did not agree. */
    public long refetched() {
        return refetched;
    }

    // ---- a request goes up

    /**
     * A client's write has just been written to {@code link}; unknown keys that it touches are asked for right behind it.
     *
     * @param link stands for the connection: requests of equal ones are carried out in order
     */
    public void sent(FetchPort link, int db, CommandSpec spec, RequestFrame frame) {
        if (changesKeys(spec)) {
            sent(link, db, spec, frame.arguments());
        }
    }

    /** As {@link #sent(FetchPort, int, CommandSpec, RequestFrame)}, for a write whose arguments are at hand. */
    public void sent(FetchPort link, int db, CommandSpec spec, Bytes[] args) {
        boolean known = spec.isOverwriting(args);
        spec.forEachKey(args, i -> {
            Flight flight = flight(link, db, args[i]);
            flight.writes++;
            if (!known) {
                touch(link, db, spec, args[i]);
            }
        });
    }

    public static boolean changesKeys(CommandSpec spec) {
        return switch (spec.kind()) {
            case WRITE, SCRIPT, BLOCKING -> true;
            case READ, TRANSACTION, PUBSUB, CONNECTION, ADMIN, HOLDFAST, UNKNOWN -> false;
        };
    }

    private Flight flight(FetchPort link, int db, Bytes key) {
        Flight flight = flights.computeIfAbsent(new Watched(db, key), k -> new Flight(link));
        if (!flight.link.equals(link)) {
            if (!flight.isOver()) {
                flight.inDoubt = true;
            }
            flight.link = link;
        }
        return flight;
    }

    private void touch(FetchPort link, int db, CommandSpec spec, Bytes key) {
        if (isKnown(db, key) || fetching >= limits.fetchesMax()) {
            return;
        }
        Flight flight = flights.get(new Watched(db, key));
        if (flight == null || !flight.fetching) {
            fetch(link, db, key, KeyFetch.guess(spec.group()));
        }
    }

    private boolean isKnown(int db, Bytes key) {
        KeyRecord record = engine.keyspaces().get(db).find(key, engine.nowMs());
        return record == null ? absent.contains(new Watched(db, key)) : record.verifiedIn() == onlinePeriod;
    }

    // ---- a reply comes down

    /**
     * The upstream has answered a read: the key it found is worth a copy.
     *
     * @param reply the exact reply; not changed
     */
    public void read(FetchPort link, int db, CommandSpec spec, RequestFrame frame, ByteBuf reply) {
        if (saysNothing(reply)) {
            return;
        }
        int at = spec.singleKeyAt();
        if (at > 0 && at < frame.size()) {
            touch(link, db, spec, frame.argument(at));
        } else if (at < 0) {
            Bytes[] args = frame.arguments();
            spec.forEachKey(args, i -> touch(link, db, spec, args[i]));
        }
    }

    /** A null, an empty collection, zero or an error: there is no key behind it, or none that it tells of. */
    private static boolean saysNothing(ByteBuf reply) {
        int start = reply.readerIndex();
        byte type = reply.getByte(start);
        byte first = reply.getByte(start + 1);
        return type == '-' || type == '_' || first == '-' || (first == '0' && reply.getByte(start + 2) == '\r' && type != '$');
    }

    /**
     * The upstream has answered a write of which {@link #sent} was told.
     *
     * @param reply the exact reply, in version {@code resp}; not changed
     */
    public void acknowledged(FetchPort link, int db, CommandSpec spec, Bytes[] args, ByteBuf reply, RespVersion resp) {
        boolean[] inDoubt = {false};
        spec.forEachKey(args, i -> inDoubt[0] |= landed(db, args[i]));
        boolean refused = reply.getByte(reply.readerIndex()) == '-';
        if (!refused && !inDoubt[0] && !apply(db, spec, args, reply, resp)) {
            spec.forEachKey(args, i -> fetchAgain(link, db, spec, args[i]));
        }
        spec.forEachKey(args, i -> settle(link, db, spec, args[i]));
    }

    /** One write of the key has been answered; true when its order among others is not known. */
    private boolean landed(int db, Bytes key) {
        Flight flight = flights.get(new Watched(db, key));
        if (flight == null) {
            return true; // the link was lost and found meanwhile
        }
        flight.writes--;
        return flight.inDoubt;
    }

    private void settle(FetchPort link, int db, CommandSpec spec, Bytes key) {
        var watched = new Watched(db, key);
        Flight flight = flights.get(watched);
        if (flight == null || !flight.isOver()) {
            return;
        }
        flights.remove(watched);
        if (flight.inDoubt) {
            fetchAgain(link, db, spec, key);
        }
    }

    /** Carries an acknowledged write over; false when that cannot be done, or gave another reply than upstream. */
    private boolean apply(int db, CommandSpec spec, Bytes[] args, ByteBuf reply, RespVersion resp) {
        if (spec.kind() != CommandKind.WRITE || isTooBig(args)) {
            return false;
        }
        if (spec.isOverwriting(args)) {
            if (engine.keyspaces().get(db).size() < limits.keysMax()) {
                engine.mirror(db, resp, spec, args);
                spec.forEachKey(args, i -> vouch(db, args[i]));
            }
            return true;
        }
        boolean[] known = {true};
        spec.forEachKey(args, i -> known[0] &= isKnown(db, args[i]));
        if (!known[0]) {
            return spec.singleKeyAt() > 0; // its one key is being fetched, from behind this command
        }
        boolean same = spec.mirrorRule() == null
                ? agrees(engine.mirror(db, resp, spec, args), reply, resp)
                : applyRule(db, spec, args, reply, resp);
        spec.forEachKey(args, i -> vouch(db, args[i]));
        return same;
    }

    private boolean isTooBig(Bytes[] args) {
        long bytes = 0;
        for (Bytes arg : args) {
            bytes += arg.length();
        }
        return bytes > limits.stringBytesMax();
    }

    private boolean applyRule(int db, CommandSpec spec, Bytes[] args, ByteBuf reply, RespVersion resp) {
        try {
            List<Bytes[]> effects = Objects.requireNonNull(spec.mirrorRule())
                    .effects(args, parser.parse(reply.duplicate()));
            if (effects == null) {
                return false;
            }
            for (Bytes[] effect : effects) {
                engine.mirror(db, resp, engine.commands().resolve(effect), effect);
            }
            return true;
        } catch (RespProtocolException e) {
            return false; // the frame's outline was right and its contents were not: ask again
        }
    }

    private boolean agrees(Reply ours, ByteBuf theirs, RespVersion resp) {
        scratch.clear();
        ReplyEncoder.encode(ours, resp, scratch);
        return ByteBufUtil.equals(scratch, theirs);
    }

    private void vouch(int db, Bytes key) {
        KeyRecord record = engine.keyspaces().get(db).find(key, engine.nowMs());
        if (record != null) {
            record.verifiedIn(onlinePeriod);
        } else {
            vouchAbsent(db, key);
        }
    }

    private void vouchAbsent(int db, Bytes key) {
        if (absent.size() >= limits.absentMax()) {
            absent.clear(); // they are asked for again when they are touched again
        }
        absent.add(new Watched(db, key));
    }

    // ---- fetching

    private void fetchAgain(FetchPort link, int db, CommandSpec spec, Bytes key) {
        refetched++;
        absent.remove(new Watched(db, key));
        KeyRecord record = engine.keyspaces().get(db).find(key, engine.nowMs());
        if (record != null) {
            record.verifiedIn(0);
        }
        touch(link, db, spec, key);
    }

    private void fetch(FetchPort link, int db, Bytes key, @Nullable KeyFetch guess) {
        Flight flight = flight(link, db, key);
        flight.fetching = true;
        fetching++;
        int period = onlinePeriod;
        List<Bytes[]> commands = KeyFetch.commands(key, guess, limits);
        link.fetch(commands, replies -> {
            if (period == onlinePeriod) {
                fetched(link, db, key, guess, replies);
            }
        });
    }

    private void fetched(FetchPort link, int db, Bytes key, @Nullable KeyFetch guess, List<Reply> replies) {
        var watched = new Watched(db, key);
        Flight flight = flights.get(watched);
        if (flight == null || !flight.fetching) {
            return;
        }
        flight.fetching = false;
        fetching--;
        boolean inDoubt = flight.inDoubt;
        if (flight.isOver()) {
            flights.remove(watched);
        }
        if (inDoubt) {
            if (flight.isOver()) {
                fetch(link, db, key, guess);
            }
            return; // when its writes have been answered, the last one asks again
        }
        KeyFetch type = KeyFetch.typeIn(replies);
        if (type != guess && type != null) {
            fetch(link, db, key, type);
            return;
        }
        KeyFetch.Fetched value = type == null ? null : type.read(replies, engine.config().encodingLimits(), limits);
        if (type != null && value == null) {
            engine.mirrorWhole(db, key, null, KeyRecord.NEVER); // too big to copy: better unknown than outdated
            return;
        }
        fetched++;
        long expiresAtMs = value == null || value.ttlMs() < 0 ? KeyRecord.NEVER : engine.nowMs() + value.ttlMs();
        KeyRecord record = engine.mirrorWhole(db, key, value == null ? null : value.value(), expiresAtMs);
        if (record != null) {
            record.verifiedIn(onlinePeriod);
            absent.remove(watched);
        } else if (replies.get(0).equals(NO_KEY)) {
            vouchAbsent(db, key);
        }
    }

    /**
     * Carries over a transaction that was answered as a whole.
     *
     * @param positions of each of {@code commands} among the elements of EXEC's reply
     */
    public void transactionAcknowledged(
            FetchPort link,
            int db,
            List<CommandSpec> specs,
            List<Bytes[]> commands,
            List<Integer> positions,
            ByteBuf reply,
            RespVersion resp) {
        List<Reply> parts = parts(reply);
        for (int i = 0; i < specs.size(); i++) {
            int at = positions.get(i);
            Reply answer = at < parts.size() ? parts.get(at) : new Reply.Failure(Bytes.of("ERR not carried out"));
            ByteBuf part = Unpooled.buffer(64);
            ReplyEncoder.encode(answer, resp, part);
            acknowledged(link, db, specs.get(i), commands.get(i), part, resp);
        }
    }

    /** What EXEC answered to each command; nothing when it was aborted. */
    private List<Reply> parts(ByteBuf reply) {
        try {
            return parser.parse(reply.duplicate()) instanceof Reply.Array array ? array.items() : List.of();
        } catch (RespProtocolException e) {
            return List.of();
        }
    }
}
