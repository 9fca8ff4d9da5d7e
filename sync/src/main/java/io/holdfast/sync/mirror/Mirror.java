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
        final Watched key;
        FetchPort link;
        int writes;
        boolean inDoubt;
        boolean fetching;

        Flight(Watched key, FetchPort link) {
            this.key = key;
            this.link = link;
        }

        boolean isOver() {
            return writes == 0 && !fetching;
        }
    }

    /** A write that was sent upstream and not answered yet; given back to {@link #acknowledged}. */
    public static final class Write {
        final FetchPort link;
        final int db;
        final CommandSpec spec;
        final Bytes[] args;
        final List<Flight> flights;

        private Write(FetchPort link, int db, CommandSpec spec, Bytes[] args, List<Flight> flights) {
            this.link = link;
            this.db = db;
            this.spec = spec;
            this.args = args;
            this.flights = flights;
        }

        /** Its name and arguments. */
        public Bytes[] args() {
            return args;
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
     * @return to be given back with the reply
     */
    public Write sent(FetchPort link, int db, CommandSpec spec, Bytes[] args) {
        boolean overwriting = spec.isOverwriting(args);
        int only = spec.singleKeyAt();
        if (only > 0 && only < args.length) {
            return new Write(link, db, spec, args, List.of(takeOff(link, db, spec, args[only], overwriting)));
        }
        List<Flight> keys = new ArrayList<>();
        spec.forEachKey(args, i -> keys.add(takeOff(link, db, spec, args[i], overwriting)));
        return new Write(link, db, spec, args, keys);
    }

    private Flight takeOff(FetchPort link, int db, CommandSpec spec, Bytes key, boolean overwriting) {
        Flight flight = flight(link, new Watched(db, key));
        flight.writes++;
        if (!overwriting && !flight.fetching && !isKnown(db, key)) {
            fetch(flight, KeyFetch.guess(spec.group()));
        }
        return flight;
    }

    /** Whether {@link #sent} has to be told of this command. */
    public static boolean changesKeys(CommandSpec spec) {
        return switch (spec.kind()) {
            case WRITE, SCRIPT, BLOCKING -> true;
            case READ, TRANSACTION, PUBSUB, CONNECTION, ADMIN, HOLDFAST, UNKNOWN -> false;
        };
    }

    private Flight flight(FetchPort link, Watched key) {
        Flight flight = flights.get(key);
        if (flight == null) {
            flight = new Flight(key, link);
            flights.put(key, flight);
        } else if (!flight.link.equals(link)) {
            flight.inDoubt |= !flight.isOver();
            flight.link = link;
        }
        return flight;
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
            touched(link, db, spec, frame.argument(at));
        } else if (at < 0) {
            Bytes[] args = frame.arguments();
            spec.forEachKey(args, i -> touched(link, db, spec, args[i]));
        }
    }

    /** A null, an empty collection, zero or an error: there is no key behind it, or none that it tells of. */
    private static boolean saysNothing(ByteBuf reply) {
        int start = reply.readerIndex();
        byte type = reply.getByte(start);
        byte first = reply.getByte(start + 1);
        return type == '-'
                || type == '_'
                || first == '-'
                || (first == '0' && reply.getByte(start + 2) == '\r' && type != '$');
    }

    private void touched(FetchPort link, int db, CommandSpec spec, Bytes key) {
        if (!isKnown(db, key)) {
            Flight flight = flight(link, new Watched(db, key));
            if (!flight.fetching) {
                fetch(flight, KeyFetch.guess(spec.group()));
            }
        }
    }

    /**
     * The upstream has answered a write.
     *
     * @param reply the exact reply, in version {@code resp}; not changed
     */
    public void acknowledged(Write write, ByteBuf reply, RespVersion resp) {
        boolean inDoubt = false;
        for (Flight flight : write.flights) {
            flight.writes--;
            inDoubt |= flight.inDoubt;
        }
        boolean refused = reply.getByte(reply.readerIndex()) == '-';
        boolean outdated = !refused && !inDoubt && !apply(write, reply, resp);
        for (Flight flight : write.flights) {
            settle(flight, write, outdated);
        }
    }

    /** Does here what the upstream has acknowledged and that changes no key: libraries of functions. */
    public void repeat(Write write, RespVersion resp) {
        engine.mirror(onlinePeriod, write.db, resp, write.spec, write.args);
    }

    private void settle(Flight flight, Write write, boolean outdated) {
        boolean again = outdated || (flight.inDoubt && flight.isOver());
        if (again && !flight.fetching) {
            flight.inDoubt = false;
            refetch(flight, write.spec);
        } else if (flight.isOver()) {
            flights.remove(flight.key, flight);
        }
    }

    /** Carries an acknowledged write over; false when that cannot be done, or gave another reply than upstream. */
    private boolean apply(Write write, ByteBuf reply, RespVersion resp) {
        if (write.spec.kind() != CommandKind.WRITE || isTooBig(write.args)) {
            return false;
        }
        if (write.spec.isOverwriting(write.args)) {
            if (engine.keyspaces().get(write.db).size() < limits.keysMax()) {
                engine.mirror(onlinePeriod, write.db, resp, write.spec, write.args);
            }
            return true;
        }
        for (Flight flight : write.flights) {
            if (!isKnown(write.db, flight.key.key())) {
                return flight.fetching && write.flights.size() == 1; // asked for behind this very command
            }
        }
        boolean same = write.spec.mirrorRule() == null
                ? agrees(engine.mirror(onlinePeriod, write.db, resp, write.spec, write.args), reply, resp)
                : applyRule(write, reply, resp);
        for (Flight flight : write.flights) {
            noteAbsence(flight.key);
        }
        return same;
    }

    private void noteAbsence(Watched key) {
        if (engine.keyspaces().get(key.db()).find(key.key(), engine.nowMs()) == null) {
            vouchAbsent(key);
        }
    }

    private boolean isTooBig(Bytes[] args) {
        long bytes = 0;
        for (Bytes arg : args) {
            bytes += arg.length();
        }
        return bytes > limits.stringBytesMax();
    }

    private boolean applyRule(Write write, ByteBuf reply, RespVersion resp) {
        try {
            List<Bytes[]> effects = Objects.requireNonNull(write.spec.mirrorRule())
                    .effects(write.args, parser.parse(reply.duplicate()));
            if (effects == null) {
                return false;
            }
            for (Bytes[] effect : effects) {
                engine.mirror(onlinePeriod, write.db, resp, engine.commands().resolve(effect), effect);
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

    private void vouchAbsent(Watched key) {
        if (absent.size() >= limits.absentMax()) {
            absent.clear(); // they are asked for again when they are touched again
        }
        absent.add(key);
    }

    // ---- fetching

    /** The copy does not agree with the upstream, or cannot know: it is replaced. */
    private void refetch(Flight flight, CommandSpec spec) {
        refetched++;
        absent.remove(flight.key);
        KeyRecord record = engine.keyspaces().get(flight.key.db()).find(flight.key.key(), engine.nowMs());
        if (record != null) {
            record.verifiedIn(0);
        }
        fetch(flight, KeyFetch.guess(spec.group()));
    }

    private void fetch(Flight flight, @Nullable KeyFetch guess) {
        if (fetching >= limits.fetchesMax()
                || engine.keyspaces().get(flight.key.db()).size() >= limits.keysMax()) {
            if (flight.isOver()) {
                flights.remove(flight.key, flight);
            }
            return;
        }
        flight.fetching = true;
        fetching++;
        int period = onlinePeriod;
        flight.link.fetch(KeyFetch.commands(flight.key.key(), guess, limits), replies -> {
            if (period == onlinePeriod) {
                fetched(flight, guess, replies);
            }
        });
    }

    private void fetched(Flight flight, @Nullable KeyFetch guess, List<Reply> replies) {
        flight.fetching = false;
        fetching--;
        KeyFetch type = KeyFetch.typeIn(replies);
        if (flight.inDoubt) {
            if (flight.isOver()) {
                flight.inDoubt = false;
                fetch(flight, guess);
            }
            return; // when its writes have been answered, the last one asks again
        }
        if (type != null && type != guess) {
            fetch(flight, type);
            return;
        }
        if (flight.isOver()) {
            flights.remove(flight.key, flight);
        }
        install(flight.key, type, replies);
    }

    private void install(Watched key, @Nullable KeyFetch type, List<Reply> replies) {
        KeyFetch.Fetched value =
                type == null ? null : type.read(replies, engine.config().encodingLimits(), limits);
        if (value == null) {
            // Not there, or too big to copy: better unknown than outdated.
            engine.mirrorWhole(onlinePeriod, key.db(), key.key(), null, KeyRecord.NEVER);
            if (replies.get(0).equals(NO_KEY)) {
                vouchAbsent(key);
            }
            return;
        }
        fetched++;
        long expiresAtMs = value.ttlMs() < 0 ? KeyRecord.NEVER : engine.nowMs() + value.ttlMs();
        engine.mirrorWhole(onlinePeriod, key.db(), key.key(), value.value(), expiresAtMs);
        absent.remove(key);
    }

    /**
     * Carries over a transaction that was answered as a whole.
     *
     * @param positions of each of {@code writes} among the elements of EXEC's reply
     */
    public void acknowledged(List<Write> writes, List<Integer> positions, ByteBuf reply, RespVersion resp) {
        List<Reply> parts = parts(reply);
        for (int i = 0; i < writes.size(); i++) {
            int at = positions.get(i);
            Reply answer = at < parts.size() ? parts.get(at) : new Reply.Failure(Bytes.of("ERR not carried out"));
            ByteBuf part = Unpooled.buffer(64);
            ReplyEncoder.encode(answer, resp, part);
            acknowledged(writes.get(i), part, resp);
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
