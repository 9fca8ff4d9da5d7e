package io.holdfast.sync.mirror;

import io.holdfast.engine.LocalEngine;
import io.holdfast.engine.command.CommandKind;
import io.holdfast.engine.command.Flag;
import io.holdfast.engine.command.MirrorRule;
import io.holdfast.engine.keyspace.KeyRecord;
import io.holdfast.engine.keyspace.Watches.Watched;
import io.holdfast.engine.value.ValueType;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.resp.ReplyEncoder;
import io.holdfast.resp.ReplyParser;
import io.holdfast.resp.RespLimits;
import io.holdfast.resp.RespProtocolException;
import io.holdfast.resp.RespVersion;
import io.holdfast.sync.mirror.UnderWay.Flight;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Does on the copy what the upstream has acknowledged: by its result where a rule says how, else by running the command
 * and comparing the replies. Owned by the engine loop.
 */
final class CarryOver {
    /** Whether the keys of a write have to be read again because of it. */
    enum Outcome {
        /** No: what was made of it is known, or will be read anyway. */
        SETTLED,
        /** Yes: it is here, but was perhaps made of another value. */
        IN_DOUBT,
        /** Yes: it is not here, or something else is. */
        LACKING
    }

    /** Of SET, GETEX, RESTORE and XCLAIM. */
    private static final List<String> MOMENT_OPTIONS = List.of("EXAT", "PXAT", "ABSTTL", "TIME");

    private static final Set<String> MOMENTS = Set.of("EXPIREAT", "PEXPIREAT");

    private final LocalEngine engine;
    private final MirrorLimits limits;
    private final Knowledge knowledge;
    private final UnderWay underWay;
    private final ReplyParser parser = new ReplyParser(RespLimits.DEFAULT);
    private final ByteBuf scratch = Unpooled.buffer(256);

    CarryOver(LocalEngine engine, MirrorLimits limits, Knowledge knowledge, UnderWay underWay) {
        this.engine = engine;
        this.limits = limits;
        this.knowledge = knowledge;
        this.underWay = underWay;
    }

    /**
     * Carries an acknowledged write over.
     *
     * @param inDoubt whether something else may have been carried out upstream between what the copy has and this: it is
     *     carried over all the same, for without it the copy would be wrong for sure
     */
    Outcome apply(SentWrite write, boolean inDoubt, ByteBuf reply, RespVersion resp) {
        boolean runs = write.spec.kind() == CommandKind.WRITE || write.spec.kind() == CommandKind.BLOCKING;
        if (!runs || write.argumentBytes() > limits.stringBytesMax()) {
            return Outcome.LACKING;
        }
        if (knowledge.aheadMs() != 0 && saysWhen(write)) {
            return Outcome.LACKING;
        }
        Outcome done = inDoubt ? Outcome.IN_DOUBT : Outcome.SETTLED;
        if (write.overwrites) {
            overwrite(write, resp);
            return done;
        }
        KeyRecord record = stillVerified(write);
        if (record == null && !allKnown(write)) {
            return write.key != null
                    ? applyUnvouched(write, new Watched(write.db, write.key), done, reply, resp)
                    : Outcome.LACKING;
        }
        boolean same = record == null ? carryOver(write, reply, resp) : carryOver(write, record, reply, resp);
        if (record != null && !record.isGone()) {
            dropIfGrown(record);
        } else {
            write.forEachKey(key -> noteOutcome(new Watched(write.db, key)));
        }
        return same || inDoubt ? done : Outcome.LACKING;
    }

    /** Whether it names a moment, which the upstream's clock shows at another than ours. */
    private static boolean saysWhen(SentWrite write) {
        if (write.stringAt() > 0) {
            return false;
        }
        if (MOMENTS.contains(write.spec.name())) {
            return true;
        }
        Bytes[] args = write.args();
        for (int i = 2; i < args.length; i++) {
            if (isMoment(args[i])) {
                return true; // or a value that looks like it: its key is read again, which does no harm
            }
        }
        return false;
    }

    private static boolean isMoment(Bytes word) {
        for (String option : MOMENT_OPTIONS) {
            if (word.equalsIgnoreCase(option)) {
                return true;
            }
        }
        return false;
    }

    /** Runs it on the copy, whatever that has. */
    Reply run(SentWrite write, RespVersion resp) {
        return engine.warmCopy().run(knowledge.stamp(), write.db, resp, write.spec, write.args());
    }

    /** Nobody vouches for its only key. */
    private Outcome applyUnvouched(SentWrite write, Watched key, Outcome done, ByteBuf reply, RespVersion resp) {
        KeyRecord record = knowledge.find(key);
        boolean isHere = record == null
                ? noteUnvouched(write, key, reply, resp)
                : carryOverUnvouched(write, key, record, done, reply, resp);
        if (isBeingFetched(key)) {
            return done;
        }
        return isHere ? Outcome.IN_DOUBT : Outcome.LACKING;
    }

    /**
     * Should an outage begin before the key has been read, the string that the reply tells is better than nothing: INCR
     * would begin anew. When it ends is not told.
     */
    private boolean noteUnvouched(SentWrite write, Watched key, ByteBuf reply, RespVersion resp) {
        if (write.spec.mirrorRule() != MirrorRule.NEW_STRING
                || knowledge.isNotCopied(key)
                || engine.keyspaces().get(key.db()).size() >= limits.keysMax()
                || !applyRule(write, reply, resp)) {
            return false;
        }
        knowledge.distrust(key);
        return true;
    }

    /**
     * Should an outage begin now, a copy is better with what was acknowledged than without. One that gave another reply than the
     * upstream goes (false), unless something else came between.
     */
    private boolean carryOverUnvouched(
            SentWrite write, Watched key, KeyRecord record, Outcome done, ByteBuf reply, RespVersion resp) {
        if (!carryOver(write, reply, resp) && done != Outcome.IN_DOUBT) {
            knowledge.drop(key);
            return false;
        }
        if (!record.isGone()) {
            dropIfGrown(record);
        }
        knowledge.distrust(key);
        return true;
    }

    /** The record that was found when the write was sent, if the upstream vouches for it yet. */
    private @Nullable KeyRecord stillVerified(SentWrite write) {
        KeyRecord record = stillThere(write);
        return record != null && knowledge.isVerified(record) ? record : null;
    }

    /** The record that was found when it was looked for, if it stands there yet. */
    private static @Nullable KeyRecord stillThere(SentWrite write) {
        KeyRecord record = write.record;
        return record != null && !record.isGone() && record.db() == write.db ? record : null;
    }

    /** The key's {@code record} is known: it need not be searched for again. */
    private boolean carryOver(SentWrite write, KeyRecord record, ByteBuf reply, RespVersion resp) {
        Bytes content = write.spec.mirrorRule() == MirrorRule.NEW_STRING ? contentOf(reply) : null;
        engine.keyspaces().get(write.db).found(Objects.requireNonNull(write.key), record);
        if (content == null || record.type() != ValueType.STRING) {
            return carryOver(write, reply, resp);
        }
        // Upstream it may just have expired, and have begun anew without an expiry: then the replies differ.
        boolean same = !record.hasExpiry() || agrees(run(write, resp), reply, resp);
        if (!record.isGone()) {
            engine.warmCopy().setKeepingEnd(knowledge.stamp(), record, content);
        }
        return same;
    }

    private boolean carryOver(SentWrite write, ByteBuf reply, RespVersion resp) {
        return write.spec.mirrorRule() == null ? agrees(run(write, resp), reply, resp) : applyRule(write, reply, resp);
    }

    /** What a number's or a bulk's reply says; null when it is something else. */
    private static @Nullable Bytes contentOf(ByteBuf reply) {
        int end = reply.writerIndex() - 2;
        int from = reply.readerIndex() + 1;
        byte type = reply.getByte(from - 1);
        if (type == '$' && reply.getByte(from) != '-') {
            from = reply.indexOf(from, end, (byte) '\n') + 1;
        } else if (type != ':') {
            return null;
        }
        var content = new byte[end - from];
        reply.getBytes(from, content);
        return Bytes.wrap(content);
    }

    private void overwrite(SentWrite write, RespVersion resp) {
        KeyRecord record = write.key == null || write.stringAt() < 0 ? null : toOverwrite(write, write.key);
        if (record != null) {
            write.setString(engine, knowledge.stamp(), record);
        } else {
            runOverwriting(write, resp);
        }
        if (knowledge.mindsOverwriting()) {
            write.forEachKey(key -> knowledge.overwritten(new Watched(write.db, key)));
        }
    }

    private @Nullable KeyRecord toOverwrite(SentWrite write, Bytes key) {
        KeyRecord record = stillThere(write);
        return record != null ? record : engine.keyspaces().get(write.db).findToOverwrite(key);
    }

    private void runOverwriting(SentWrite write, RespVersion resp) {
        if (engine.keyspaces().get(write.db).size() < limits.keysMax() || allThere(write)) {
            run(write, resp);
            if (!write.spec.is(Flag.DENYOOM)) { // it asks for no memory: it took keys away
                write.forEachKey(key -> noteOutcome(new Watched(write.db, key)));
            }
        } else {
            write.forEachKey(key -> knowledge.distrust(new Watched(write.db, key)));
        }
    }

    private boolean allThere(SentWrite write) {
        boolean[] all = {true};
        write.forEachKey(key -> all[0] &= knowledge.find(new Watched(write.db, key)) != null);
        return all[0];
    }

    private boolean allKnown(SentWrite write) {
        boolean[] all = {true};
        write.forEachKey(key -> all[0] &= knowledge.isKnown(write.db, key));
        return all[0];
    }

    /** Whether a write's only key was asked for behind that very command, or is one that is not copied. */
    private boolean isBeingFetched(Watched key) {
        Flight flight = underWay.find(key);
        return flight != null ? flight.fetching : knowledge.isNotCopied(key);
    }

    private void noteOutcome(Watched key) {
        KeyRecord record = knowledge.find(key);
        if (record == null) {
            knowledge.vouchAbsent(key);
        } else {
            dropIfGrown(record);
        }
    }

    /** What grows write by write has a bound too. */
    private void dropIfGrown(KeyRecord record) {
        if (knowledge.hasOutgrown(record)) {
            var key = new Watched(record.db(), record.key());
            knowledge.drop(key);
            knowledge.noteTooBig(key);
        }
    }

    private boolean applyRule(SentWrite write, ByteBuf reply, RespVersion resp) {
        try {
            List<Bytes[]> effects = Objects.requireNonNull(write.spec.mirrorRule())
                    .effects(write.args(), parser.parse(reply.duplicate()));
            if (effects == null) {
                return false;
            }
            for (Bytes[] effect : effects) {
                Reply applied = engine.warmCopy()
                        .run(
                                knowledge.stamp(),
                                write.db,
                                resp,
                                engine.commands().resolve(effect),
                                effect);
                if (applied instanceof Reply.Failure) {
                    return false; // the copy is not what the upstream had
                }
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

    /** What EXEC answered to each command; nothing when it was aborted. */
    List<Reply> parts(ByteBuf reply) {
        try {
            return parser.parse(reply.duplicate()) instanceof Reply.Array array ? array.items() : List.of();
        } catch (RespProtocolException e) {
            return List.of();
        }
    }
}
