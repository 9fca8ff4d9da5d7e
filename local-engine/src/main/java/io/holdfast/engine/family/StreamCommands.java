package io.holdfast.engine.family;

import static io.holdfast.engine.command.Arity.atLeast;
import static io.holdfast.engine.command.Arity.exactly;
import static io.holdfast.engine.command.KeyFlag.ACCESS;
import static io.holdfast.engine.command.KeyFlag.DELETE;
import static io.holdfast.engine.command.KeyFlag.RO;
import static io.holdfast.engine.command.KeyFlag.RW;
import static io.holdfast.engine.command.KeyFlag.UPDATE;
import static io.holdfast.engine.command.KeySpec.key;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.CommandFamily;
import io.holdfast.engine.command.CommandGroup;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.KeyEvent;
import io.holdfast.engine.command.MirrorRule;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.value.StreamEntry;
import io.holdfast.engine.value.StreamId;
import io.holdfast.engine.value.StreamTrim;
import io.holdfast.engine.value.StreamValue;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Streams: entries that are added at one end, under rising ids. */
public final class StreamCommands implements CommandFamily {
    private static final Bytes XADD = Bytes.of("XADD");
    private static final Bytes XDEL = Bytes.of("XDEL");
    private static final Bytes XTRIM = Bytes.of("XTRIM");

    /** Bytes that Redis can hold in one entry. */
    private static final long ENTRY_BYTES_MAX = 1L << 30;

    /** The reply is the id that the entry got. A stream that is trimmed with ~ is trimmed here by its own nodes. */
    private static final MirrorRule WITH_ITS_ID = (args, reply) -> {
        if (!(reply instanceof Reply.Bulk id)) {
            return List.of(); // there was no stream, and NOMKSTREAM
        }
        Bytes[] command = args.clone();
        command[StreamAddOptions.idPosition(args)] = id.value();
        return List.<Bytes[]>of(command);
    };

    @Override
    public void declare(CommandTable.Builder commands) {
        commands.group(CommandGroup.STREAM);
        declareWrites(commands);
        declareReads(commands);
    }

    private static void declareWrites(CommandTable.Builder commands) {
        commands.write("XADD", atLeast(5), key(1, RW, UPDATE))
                .denyOom()
                .fast()
                .mirrors(WITH_ITS_ID)
                .since("5.0.0")
                .tip("nondeterministic_output")
                .costs("O(1), and O(N) with the number of entries trimmed")
                .says("Adds an entry to a stream.")
                .calls(StreamCommands::xadd);
        commands.write("XDEL", atLeast(3), key(1, RW, DELETE))
                .fast()
                .absorb()
                .absolute()
                .since("5.0.0")
                .costs("O(N) with the number of ids")
                .says("Deletes entries of a stream.")
                .calls(StreamCommands::xdel);
        commands.write("XTRIM", atLeast(4), key(1, RW, DELETE))
                .absorb()
                .since("5.0.0")
                .tip("nondeterministic_output")
                .costs("O(N) with the number of entries trimmed")
                .says("Deletes the oldest entries of a stream.")
                .calls(StreamCommands::xtrim);
        commands.write("XSETID", atLeast(3), key(1, RW, UPDATE))
                .arityBefore70(exactly(3))
                .denyOom()
                .fast()
                .absorb()
                .since("5.0.0")
                .costs("O(1)")
                .says("Sets the last id of a stream; for replication.")
                .calls(StreamCommands::xsetid);
    }

    private static void declareReads(CommandTable.Builder commands) {
        commands.read("XLEN", exactly(2), key(1, RO))
                .fast()
                .since("5.0.0")
                .costs("O(1)")
                .says("Counts the entries of a stream.")
                .calls(StreamCommands::xlen);
        commands.read("XRANGE", atLeast(4), key(1, RO, ACCESS))
                .since("5.0.0")
                .costs("O(N) with the number of entries given")
                .says("Gives the entries between two ids.")
                .calls(c -> range(c, false));
        commands.read("XREVRANGE", atLeast(4), key(1, RO, ACCESS))
                .since("5.0.0")
                .costs("O(N) with the number of entries given")
                .says("Gives the entries between two ids, the newest first.")
                .calls(c -> range(c, true));
    }

    // ---- writing

    private static Reply xadd(CommandContext c) {
        var options = StreamAddOptions.ofXadd(c);
        Bytes key = c.arg(1);
        StreamValue old = c.change(key, StreamValue.class);
        if (old == null && options.noMakeStream()) {
            return Reply.Null.BULK;
        }
        StreamId id = newId(c, old == null ? StreamId.ZERO : old.lastId(), c.arg(options.idAt()));
        List<Bytes> strings = List.of(c.args()).subList(options.idAt() + 1, c.argc());
        if (strings.stream().mapToLong(Bytes::length).sum() > ENTRY_BYTES_MAX) {
            throw RedisError.streamEntryTooLarge();
        }
        StreamValue stream = c.changeOrCreate(
                key, StreamValue.class, () -> new StreamValue(c.config().encodingLimits()));
        stream.append(new StreamEntry(id, strings));
        boolean trimmed = trim(stream, options) > 0;
        c.changed(key, KeyEvent.XADD);
        if (trimmed) {
            c.event(KeyEvent.XTRIM, key);
        }
        c.ready(key);
        List<Bytes> effect = new ArrayList<>(strings.size() + 6);
        options.addExact(effect, stream, trimmed);
        effect.add(id.toBytes());
        effect.addAll(strings);
        c.effect(XADD, key, effect);
        return StreamReplies.id(id);
    }

    /** The id that {@code wanted} asks for in a stream that gave {@code last}. */
    private static StreamId newId(CommandContext c, StreamId last, Bytes wanted) {
        if (last.equals(StreamId.MAX)) {
            throw RedisError.streamExhausted();
        }
        StreamId id;
        if (wanted.equals(Bytes.of("*"))) {
            var now = new StreamId(c.nowMs(), 0);
            id = now.ms() > last.ms() && last.ms() >= 0 ? now : last.next();
        } else if (StreamIds.wantsSequence(wanted)) {
            long ms = StreamIds.milliseconds(wanted);
            boolean same = ms == last.ms();
            if (same && last.seq() == StreamId.MAX.seq()) {
                throw c.config().version().atLeast(7, 2)
                        ? RedisError.streamIdTooSmall()
                        : RedisError.streamEntryTooLarge(); // for want of another error
            }
            id = new StreamId(ms, same ? last.seq() + 1 : 0);
        } else {
            id = StreamIds.parse(wanted);
        }
        if (id == null || !id.isAfter(last)) {
            throw RedisError.streamIdTooSmall();
        }
        return id;
    }

    private static long trim(StreamValue stream, StreamAddOptions options) {
        StreamTrim trim = options.trim();
        return trim == null ? 0 : stream.trim(trim);
    }

    private static Reply xdel(CommandContext c) {
        StreamValue stream = c.change(c.arg(1), StreamValue.class);
        if (stream == null) {
            return Reply.ZERO;
        }
        List<StreamId> ids = StreamIds.all(c, 2);
        List<Bytes> deleted = new ArrayList<>();
        for (StreamId id : ids) {
            if (stream.delete(id)) {
                deleted.add(id.toBytes());
            }
        }
        if (!deleted.isEmpty()) {
            c.changed(c.arg(1), KeyEvent.XDEL);
            c.effect(XDEL, c.arg(1), deleted);
        }
        return Reply.of(deleted.size());
    }

    private static Reply xtrim(CommandContext c) {
        var options = StreamAddOptions.ofXtrim(c);
        StreamValue stream = c.change(c.arg(1), StreamValue.class);
        long gone = stream == null ? 0 : trim(stream, options);
        if (stream != null && gone > 0) {
            c.changed(c.arg(1), KeyEvent.XTRIM);
            List<Bytes> effect = new ArrayList<>(3);
            options.addExact(effect, stream, true);
            c.effect(XTRIM, c.arg(1), effect);
        }
        return Reply.of(gone);
    }

    private static Reply xsetid(CommandContext c) {
        StreamId last = StreamIds.parse(c.arg(2));
        long entriesAdded = -1;
        StreamId maxDeleted = StreamId.ZERO;
        for (int i = 3; i < c.argc(); i += 2) {
            boolean more = i + 1 < c.argc();
            if (more && c.argIs(i, "ENTRIESADDED")) {
                entriesAdded = c.longArg(i + 1);
                if (entriesAdded < 0) {
                    throw RedisError.entriesAddedNegative();
                }
            } else if (more && c.argIs(i, "MAXDELETEDID")) {
                maxDeleted = StreamIds.parse(c.arg(i + 1));
                if (last.isBefore(maxDeleted)) {
                    throw RedisError.xsetidTooSmall("ID", "the provided max_deleted_entry_id");
                }
            } else {
                throw RedisError.syntax();
            }
        }
        StreamValue stream = c.change(c.arg(1), StreamValue.class);
        if (stream == null) {
            throw RedisError.noSuchKey();
        }
        if (c.config().version().atLeast(7, 2) && last.isBefore(stream.maxDeletedId())) {
            throw RedisError.xsetidTooSmall("ID", "current max_deleted_entry_id");
        }
        checkIds(stream, last, entriesAdded);
        stream.setIds(
                last,
                maxDeleted.isZero() ? stream.maxDeletedId() : maxDeleted,
                entriesAdded < 0 ? stream.entriesAdded() : entriesAdded);
        c.changedUnwatched(c.arg(1), KeyEvent.XSETID);
        c.effectAsSent();
        return Reply.OK;
    }

    private static void checkIds(StreamValue stream, StreamId last, long entriesAdded) {
        if (stream.length() > 0 && last.isBefore(stream.lastEntryId())) {
            throw RedisError.xsetidTooSmall("ID", "the target stream top item");
        }
        if (stream.length() > 0 && entriesAdded >= 0 && stream.length() > entriesAdded) {
            throw RedisError.xsetidTooSmall("entries_added", "the target stream length");
        }
    }

    // ---- reading

    private static @Nullable StreamValue stream(CommandContext c) {
        return c.read(c.arg(1), StreamValue.class);
    }

    private static Reply xlen(CommandContext c) {
        StreamValue stream = stream(c);
        return Reply.of(stream == null ? 0 : stream.length());
    }

    private static Reply range(CommandContext c, boolean reverse) {
        StreamId from = StreamIds.rangeStart(c.arg(reverse ? 3 : 2));
        StreamId to = StreamIds.rangeEnd(c.arg(reverse ? 2 : 3));
        boolean counted = false;
        long count = 0;
        for (int i = 4; i < c.argc(); i += 2) {
            if (!c.argIs(i, "COUNT") || i + 1 == c.argc()) {
                throw RedisError.syntax();
            }
            counted = true;
            count = Math.max(0, c.longArg(i + 1));
        }
        StreamValue stream = stream(c);
        if (stream == null) {
            return Reply.EMPTY_ARRAY;
        }
        return counted && count == 0 ? Reply.Null.ARRAY : StreamReplies.range(stream, from, to, reverse, count);
    }
}
