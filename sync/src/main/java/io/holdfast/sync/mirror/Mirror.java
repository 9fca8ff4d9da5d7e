package io.holdfast.sync.mirror;

import io.holdfast.engine.LocalEngine;
import io.holdfast.engine.command.CommandKind;
import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.WholeKeyspace;
import io.holdfast.engine.keyspace.KeyRecord;
import io.holdfast.engine.keyspace.Watches.Watched;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.resp.ReplyEncoder;
import io.holdfast.resp.RequestFrame;
import io.holdfast.resp.RespVersion;
import io.holdfast.sync.mirror.CarryOver.Outcome;
import io.holdfast.sync.mirror.UnderWay.Flight;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongSupplier;
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
    private final LocalEngine engine;
    private final UnderWay underWay = new UnderWay();
    private final Knowledge knowledge;
    private final LookAhead lookAhead;
    private final Exchanges exchanges = new Exchanges();
    private final Fetches fetches;
    private final CarryOver carryOver;
    /** Sent in this turn; whether their keys are known has not been looked at. */
    private final List<SentWrite> unseen = new ArrayList<>();

    private final Reads reads;

    private final Pins pins;
    private final TouchedKeys touched;
    private final MirrorView view;
    private final UnknownReads unknownReads;
    /** Removes copies of keys that are not wanted any more. */
    private @Nullable Sweep clearance;

    private boolean online;

    public Mirror(LocalEngine engine, MirrorLimits limits) {
        this.engine = engine;
        this.knowledge = new Knowledge(engine, limits);
        this.lookAhead = new LookAhead(engine, underWay);
        this.fetches = new Fetches(engine, limits, knowledge, underWay, exchanges);
        this.reads = new Reads(knowledge, lookAhead, fetches);
        this.carryOver = new CarryOver(engine, limits, knowledge, underWay);
        this.pins = new Pins(engine, knowledge, underWay, fetches);
        this.touched = new TouchedKeys(engine, knowledge, underWay, fetches);
        this.unknownReads = new UnknownReads(engine, knowledge);
        this.view = new MirrorView(engine, limits, knowledge, fetches, pins, touched, unknownReads);
    }

    /** @param aheadMs how far the upstream's clock is ahead of the engine's, milliseconds, as it was told last */
    public void clockAhead(LongSupplier aheadMs) {
        knowledge.clockAhead(aheadMs);
    }

    /** What is copied from now on; what is not wanted any more goes. */
    public void settings(MirrorSettings settings) {
        knowledge.mode(settings.mode());
        List<String> globs = settings.mode() == MirrorMode.OFF ? List.of() : settings.pins();
        knowledge
                .completeness()
                .pins(globs.stream()
                        .map(glob -> new Pin(Bytes.of(glob), engine.nowMs()))
                        .toList());
        pins.reset();
        if (online) {
            clear();
        }
    }

    /** While the upstream has everything, copies that are not wanted are let go. */
    private void clear() {
        clearance = knowledge.mode() == MirrorMode.TOUCHED
                ? null
                : new Sweep(engine, engine.keyspaces().count(), this::isInTheWay, this::remove);
    }

    private void remove(KeyRecord record) {
        knowledge.remove(new Watched(record.db(), record.key()));
    }

    private boolean isInTheWay(KeyRecord record) {
        boolean spared = !online && (knowledge.isVerified(record) || knowledge.isWrittenHere(record));
        return !spared && !knowledge.isWanted(record.db(), record.key());
    }

    /** Time has passed; to be called about ten times a second. */
    public void tick() {
        knowledge.tick();
        if (clearance != null && clearance.step()) {
            clearance = null;
        }
        if (online) {
            pins.tick();
            touched.tick();
        }
    }

    /** Keys that are copied without being touched. */
    public Pins pins() {
        return pins;
    }

    /** Keys that clients touch, and what others do to them. */
    public TouchedKeys touched() {
        return touched;
    }

    /** Whether an outage answers reads of keys that are not known with an error, not as if nobody had the key. */
    public void refuseUnknownReads(boolean wanted) {
        unknownReads.refuse(wanted);
    }

    /** A key that is there for our own sake: clients are not to find it here. */
    public void leaveOut(int db, Bytes key) {
        knowledge.leaveOut(new Watched(db, key));
    }

    /** The upstream is in charge from now on. Nothing that was copied before is vouched for. */
    public void online() {
        engine.keyspaces().changes().outageEnds();
        engine.unknownKeys(null);
        knowledge.beginPeriod();
        online = true;
        forgetUnderWay();
        pins.reset();
        touched.lost();
        clear();
    }

    /** What was taken for the upstream's replies may have been replies to something else: no copy is vouched for any more. */
    public void doubtAll() {
        touched.allChanged();
        pins.doubtAll("replies were mistaken");
    }

    /** The links are gone: what was under way tells nothing any more. */
    public void offline() {
        underWay.forEachWritten(knowledge::distrust); // their writes may be upstream or not
        underWay.forEachFlight(
                fetches::dropIfLacking); // whose fetches are forgotten, so that nobody hears of their loss
        pins.offline();
        touched.lost();
        online = false;
        outageBegins();
        forgetUnderWay();
    }

    private void outageBegins() {
        engine.keyspaces().changes().outageBegins(knowledge.period(), knowledge);
        engine.unknownKeys(unknownReads);
    }

    /** There was no upstream since the start: nothing is known to be as it has it. */
    public void offlineFromTheStart() {
        outageBegins();
    }

    private void forgetUnderWay() {
        reads.clear();
        underWay.clear();
        exchanges.clear();
        unseen.clear();
        fetches.clear();
    }

    /** What is known, for who asks. */
    public MirrorView view() {
        return view;
    }

    // ---- a request goes up

    /**
     * A client's write has just been written to {@code link}.
     *
     * @param link stands for the connection: requests of the same one are carried out in order
     * @param frame stays with its owner, who does not release it before the write is given back
     * @return to be given back with the reply; null when that is of no interest
     */
    public @Nullable SentWrite sent(FetchPort link, int db, CommandSpec spec, RequestFrame frame) {
        return sent(SentWrite.of(link, db, spec, frame));
    }

    /** As {@link #sent(FetchPort, int, CommandSpec, RequestFrame)}, of a transaction. */
    public @Nullable SentWrite sent(FetchPort link, int db, CommandSpec spec, Bytes[] args) {
        return sent(SentWrite.of(link, db, spec, args));
    }

    private @Nullable SentWrite sent(SentWrite write) {
        if (knowledge.mode() != MirrorMode.TOUCHED && !isWanted(write)) {
            return null;
        }
        underWay.took(write);
        if (write.spec.wholeKeyspace() == WholeKeyspace.SWAPPED) {
            exchanges.sent(write.link);
        }
        if (!write.overwrites) {
            unseen.add(write);
        }
        return write;
    }

    /** Whether it touches keys that are copied, or all. What has not been let go yet must not outlive a write. */
    private boolean isWanted(SentWrite write) {
        if (clearance != null) {
            removeBeside(write);
        }
        boolean[] wanted = {write.spec.isRepeatedHere() || write.spec.changesUnnamedKeys()};
        write.forEachKey(key -> wanted[0] |= knowledge.isWanted(write.db, key));
        return wanted[0];
    }

    /**
     * What was sent since the last call is about to go out: unknown keys that it touches, or that were read meanwhile, are asked
     * for right behind it.
     */
    public void sentAll() {
        reads.see();
        for (int from = 0; from < unseen.size(); ) {
            int to = from + lookAhead.step(unseen, from);
            for (; from < to; from++) {
                see(unseen.get(from));
            }
        }
        unseen.clear();
    }

    private void see(SentWrite write) {
        Bytes only = write.key;
        if (only == null) {
            write.forEachKey(key -> fetches.wantUnknown(write.link, write.db, write.spec, key));
            return;
        }
        write.record = knowledge.verified(write.record, write.db, only);
        if (write.record == null && !knowledge.isKnownAbsent(new Watched(write.db, only))) {
            fetches.want(write.link, write.db, only, KeyFetch.guess(write.spec.group()));
        }
    }

    /** Whether {@link #sent(FetchPort, int, CommandSpec, RequestFrame)} has to be told of this command. */
    public boolean follows(CommandSpec spec) {
        return changesKeys(spec) && (knowledge.mode() != MirrorMode.OFF || clearance != null || spec.isRepeatedHere());
    }

    private static boolean changesKeys(CommandSpec spec) {
        return switch (spec.kind()) {
            case WRITE, SCRIPT -> true;
            case BLOCKING -> spec.writes();
            case READ, TRANSACTION, PUBSUB, CONNECTION, ADMIN, HOLDFAST, UNKNOWN -> false;
        };
    }

    // ---- a reply comes down

    /**
     * The upstream has answered a read: the key it found is worth a copy, from the next {@link #sentAll} on, and a copy of one
     * that it did not find is worth another look.
     *
     * @param reply the exact reply; not changed
     */
    public void read(FetchPort link, int db, CommandSpec spec, RequestFrame frame, ByteBuf reply) {
        reads.answered(link, db, spec, frame, reply);
    }

    /**
     * The upstream has answered a write.
     *
     * @param reply the exact reply, in version {@code resp}; not changed
     */
    public void acknowledged(SentWrite write, ByteBuf reply, RespVersion resp) {
        lookAhead.step();
        boolean inDoubt = underWay.landed(write);
        // A script that ends in an error has done what it did before that.
        boolean refused = Answer.isError(reply) && write.spec.kind() != CommandKind.SCRIPT;
        if (!refused && write.spec.changesUnnamedKeys()) {
            underWay.doubtAll();
            knowledge.forgetAbsent();
            pins.again("keys were flushed or exchanged");
        }
        boolean swaps = write.spec.wholeKeyspace() == WholeKeyspace.SWAPPED;
        if (!swaps && exchanges.mayHaveMet(write.link)) {
            write.forEachKey(key -> exchanges.met(new Watched(write.db, key)));
            settle(write, Outcome.SETTLED);
            return;
        }
        Outcome outcome = refused ? Outcome.SETTLED : carryOver.apply(write, inDoubt, reply, resp);
        settle(write, outcome);
        if (swaps) {
            exchanged(write, refused);
        } else if (outcome != Outcome.SETTLED) {
            dropElsewhere(write);
        }
        pins.written(write);
        if (knowledge.mode() == MirrorMode.PINNED) {
            removeBeside(write);
        }
    }

    /** What it has brought of keys that are not wanted. */
    private void removeBeside(SentWrite write) {
        write.forEachKey(key -> {
            if (!knowledge.isWanted(write.db, key)) {
                knowledge.remove(new Watched(write.db, key));
            }
        });
    }

    /** Keys that were under way on other links stood in one of the two databases or in the other: nobody knows. */
    private void exchanged(SentWrite write, boolean refused) {
        Set<Bytes> unclear = new LinkedHashSet<>(exchanges.landed());
        if (!refused) {
            underWay.forEach(key -> unclear.add(key.key()));
        }
        for (Bytes key : unclear) {
            for (int db = 0; db < engine.config().databases(); db++) {
                knowledge.drop(new Watched(db, key));
            }
            fetches.want(write.link, write.db, key, null);
        }
    }

    /** What the command did in a database that is not selected cannot be asked for on its link. */
    private void dropElsewhere(SentWrite write) {
        int other = write.spec.otherDatabase(write.args());
        if (other >= 0 && other < engine.config().databases()) {
            write.forEachKey(key -> knowledge.drop(new Watched(other, key)));
        }
    }

    /** The upstream has not done it, nor will: what is known of its keys is known still. */
    public void refused(SentWrite write) {
        underWay.landed(write);
        settle(write, Outcome.SETTLED);
    }

    /** The reply to a write will never come, though the upstream is there: its client went, and its link with it. */
    public void lost(SentWrite write) {
        underWay.landed(write);
        write.forEachKey(key -> knowledge.distrust(new Watched(write.db, key)));
        settle(write, Outcome.SETTLED);
        if (write.spec.wholeKeyspace() == WholeKeyspace.SWAPPED) {
            exchanged(write, false);
        }
    }

    private void settle(SentWrite write, Outcome outcome) {
        if (write.flights != null) {
            write.flights.forEach(flight -> settle(flight, write, outcome));
        } else if (outcome != Outcome.SETTLED || !underWay.isEmpty()) {
            write.forEachKey(key -> {
                var watched = new Watched(write.db, key);
                Flight flight = outcome == Outcome.SETTLED
                        ? underWay.find(watched)
                        : underWay.flightBehind(write.link, watched);
                if (flight != null) {
                    settle(flight, write, outcome);
                }
            });
        }
    }

    /** Does here what the upstream has acknowledged and that changes no key: to libraries of functions, or to scripts. */
    public void repeat(SentWrite write, RespVersion resp) {
        carryOver.run(write, resp);
    }

    /**
     * A command that may wait was answered: only now, and nearly always only if it found something, has it changed anything.
     * Until then its keys are others' to write, so {@link #sent(FetchPort, int, CommandSpec, RequestFrame)} is not told of it.
     * What is under way for them now was carried out before or after it: nobody can tell.
     *
     * @param link that is asked where the copy has to be replaced; not the one that the client waited on
     */
    public void waited(FetchPort link, int db, CommandSpec spec, Bytes[] args, ByteBuf reply, RespVersion resp) {
        Answer answer = Answer.of(reply);
        if (answer == Answer.ERROR
                || (answer == Answer.NOTHING && !spec.isChangingWithoutResult())
                || !changesKeys(spec)
                || knowledge.mode() == MirrorMode.OFF) {
            return;
        }
        var write = SentWrite.of(link, db, spec, args);
        boolean[] inDoubt = {false};
        write.forEachKey(key -> inDoubt[0] |= underWay.doubt(new Watched(db, key)));
        settle(write, carryOver.apply(write, inDoubt[0], reply, resp));
    }

    /**
     * The upstream has answered a command that is not known here: it may have changed whatever it names. A key of that name
     * that is copied, or known not to be there, is read again.
     *
     * @param link that is asked for it; not one that a client waits on
     * @param args its name and arguments, as many as are worth looking at
     */
    public void answeredUnknown(FetchPort link, int db, Bytes[] args) {
        if (knowledge.mode() == MirrorMode.OFF) {
            return;
        }
        for (int i = 1; i < args.length; i++) {
            var key = new Watched(db, args[i]);
            KeyRecord record = knowledge.find(key);
            if (record != null || knowledge.isKnownAbsent(key)) {
                underWay.doubt(key);
                knowledge.distrust(key);
                fetches.want(link, db, args[i], record == null ? null : KeyFetch.of(record.type()));
            }
        }
    }

    /** The client of a command that waited went, and its link with it: nobody knows whether it was served. */
    public void abandoned(int db, CommandSpec spec, Bytes[] args) {
        spec.forEachKey(args, i -> {
            var key = new Watched(db, args[i]);
            underWay.doubt(key);
            knowledge.distrust(key);
        });
    }

    private void settle(Flight flight, SentWrite write, Outcome outcome) {
        flight.lacking |= outcome == Outcome.LACKING;
        boolean mayBeWrong = outcome != Outcome.SETTLED || flight.inDoubt;
        if (mayBeWrong) {
            knowledge.distrust(flight.key);
        }
        boolean waits = flight.isUnclear() && !flight.isOver(); // the last that is under way asks
        if (flight.fetching || waits || !(mayBeWrong || flight.crossed)) {
            underWay.removeIfOver(flight);
            return;
        }
        flight.beginAnew();
        if (mayBeWrong) {
            fetches.refetch(flight, write.spec);
        } else {
            fetches.fetch(flight, KeyFetch.guess(write.spec.group()));
        }
    }

    /** Forgets a copy, unless its key is pinned or something is under way for it. */
    boolean letGo(KeyRecord record) {
        var key = new Watched(record.db(), record.key());
        if (underWay.find(key) != null || knowledge.isPinned(key)) {
            return false;
        }
        knowledge.drop(key);
        return true;
    }

    /**
     * Carries over a transaction that was answered as a whole.
     *
     * @param positions of each of {@code writes} among the elements of EXEC's reply
     */
    public void acknowledged(List<SentWrite> writes, List<Integer> positions, ByteBuf reply, RespVersion resp) {
        List<Reply> parts = carryOver.parts(reply);
        for (int i = 0; i < writes.size(); i++) {
            int at = positions.get(i);
            Reply answer = at < parts.size() ? parts.get(at) : new Reply.Failure(Bytes.of("ERR not carried out"));
            ByteBuf part = Unpooled.buffer(64);
            ReplyEncoder.encode(answer, resp, part);
            acknowledged(writes.get(i), part, resp);
        }
    }
}
