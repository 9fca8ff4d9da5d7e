package io.holdfast.engine.family;

import static io.holdfast.engine.command.Arity.atLeast;
import static io.holdfast.engine.command.Arity.exactly;
import static io.holdfast.engine.command.KeyFlag.ACCESS;
import static io.holdfast.engine.command.KeyFlag.DELETE;
import static io.holdfast.engine.command.KeyFlag.INSERT;
import static io.holdfast.engine.command.KeyFlag.RO;
import static io.holdfast.engine.command.KeyFlag.RW;
import static io.holdfast.engine.command.KeyFlag.UPDATE;
import static io.holdfast.engine.command.KeySpec.key;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.CommandFamily;
import io.holdfast.engine.command.CommandGroup;
import io.holdfast.engine.command.CommandKind;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.Flag;
import io.holdfast.engine.command.KeyEvent;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.value.ConsumerGroup;
import io.holdfast.engine.value.PendingEntry;
import io.holdfast.engine.value.StreamConsumer;
import io.holdfast.engine.value.StreamId;
import io.holdfast.engine.value.StreamValue;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import org.jspecify.annotations.Nullable;

/** Consumer groups of streams: making them, what they have been given, and acknowledging it. */
public final class StreamGroupCommands implements CommandFamily {
    private static final Bytes XACK = Bytes.of("XACK");
    private static final Bytes XGROUP = Bytes.of("XGROUP");
    private static final Bytes CREATE = Bytes.of("CREATE");
    private static final Bytes SETID = Bytes.of("SETID");
    private static final Bytes MKSTREAM = Bytes.of("MKSTREAM");
    private static final Bytes ENTRIESREAD = Bytes.of("ENTRIESREAD");
    private static final Bytes LAST_ID = Bytes.of("$");

    @Override
    public void declare(CommandTable.Builder commands) {
        commands.group(CommandGroup.STREAM);
        declareXgroup(commands);
        commands.write("XACK", atLeast(4), key(1, RW, UPDATE))
                .fast()
                .absorb()
                .absolute()
                .since("5.0.0")
                .costs("O(N) with the number of ids")
                .says("Acknowledges entries that a group was given.")
                .calls(StreamGroupCommands::xack);
        commands.read("XPENDING", atLeast(3), key(1, RO, ACCESS))
                .since("5.0.0")
                .tip("nondeterministic_output")
                .costs("O(N) with the number of entries given")
                .says("Tells which entries a group was given and has not acknowledged.")
                .calls(StreamGroupCommands::xpending);
    }

    private static void declareXgroup(CommandTable.Builder commands) {
        var xgroup = commands.container("XGROUP", CommandKind.WRITE)
                .since("5.0.0")
                .costs("Depends on the subcommand.")
                .says("Manages the consumer groups of a stream.");
        commands.sub(xgroup, "CREATE", atLeast(5))
                .keys(key(2, RW, INSERT))
                .denyOom()
                .since("5.0.0")
                .costs("O(1)")
                .says("Makes a consumer group, and the stream where asked to.")
                .calls(StreamGroupCommands::create);
        commands.sub(xgroup, "SETID", atLeast(5))
                .keys(key(2, RW, UPDATE))
                .absorb()
                .since("5.0.0")
                .costs("O(1)")
                .says("Sets up to where a group has been given entries.")
                .calls(StreamGroupCommands::setId);
        commands.sub(xgroup, "DESTROY", exactly(4))
                .keys(key(2, RW, DELETE))
                .absorb()
                .since("5.0.0")
                .costs("O(N) with the number of entries pending")
                .says("Removes a consumer group.")
                .calls(StreamGroupCommands::destroy);
        commands.sub(xgroup, "CREATECONSUMER", exactly(5))
                .keys(key(2, RW, INSERT))
                .denyOom()
                .absorb()
                .since("6.2.0")
                .costs("O(1)")
                .says("Makes a consumer in a group.")
                .calls(StreamGroupCommands::createConsumer);
        commands.sub(xgroup, "DELCONSUMER", exactly(5))
                .keys(key(2, RW, DELETE))
                .absorb()
                .since("5.0.0")
                .costs("O(N) with the number of entries pending for it")
                .says("Removes a consumer from a group, with what is pending for it.")
                .calls(StreamGroupCommands::delConsumer);
        commands.sub(xgroup, "HELP", exactly(2), CommandKind.ADMIN)
                .flag(Flag.LOADING, Flag.STALE)
                .since("5.0.0")
                .costs("O(1)")
                .says("Prints this.")
                .calls(HelpText::reply);
    }

    // ---- XGROUP

    /** The options of CREATE and SETID. */
    private record Options(boolean makeStream, boolean counted, long entriesRead) {
        static Options parse(CommandContext c, boolean creates) {
            boolean makeStream = false;
            boolean counted = false;
            long entriesRead = ConsumerGroup.UNKNOWN;
            for (int i = 5; i < c.argc(); i++) {
                if (creates && c.argIs(i, "MKSTREAM")) {
                    makeStream = true;
                } else if (c.argIs(i, "ENTRIESREAD") && i + 1 < c.argc()) {
                    entriesRead = c.longArg(++i);
                    counted = true;
                    if (entriesRead < ConsumerGroup.UNKNOWN) {
                        throw RedisError.entriesReadNegative();
                    }
                } else {
                    throw RedisError.unknownSubcommandOrArguments(c.spec(), c.arg(1));
                }
            }
            return new Options(makeStream, counted, entriesRead);
        }
    }

    private static Reply create(CommandContext c) {
        Options options = Options.parse(c, true);
        StreamValue old = options.makeStream() ? c.change(c.arg(2), StreamValue.class) : streamOf(c);
        if (c.argc() > 8) {
            throw RedisError.unknownSubcommandOrArguments(c.spec(), c.arg(1));
        }
        StreamId id =
                c.arg(4).equals(LAST_ID) ? (old == null ? StreamId.ZERO : old.lastId()) : StreamIds.parse(c.arg(4));
        if (old != null && old.group(c.arg(3)) != null) {
            throw RedisError.busyGroup();
        }
        StreamValue stream = c.changeOrCreate(
                c.arg(2), StreamValue.class, () -> new StreamValue(c.config().encodingLimits()));
        stream.createGroup(c.arg(3), id, options.entriesRead());
        c.changedUnwatched(c.arg(2), KeyEvent.XGROUP_CREATE);
        effect(c, CREATE, id, options);
        return Reply.OK;
    }

    private static Reply setId(CommandContext c) {
        Options options = Options.parse(c, false);
        StreamValue stream = streamOf(c);
        ConsumerGroup group = groupOf(c, stream);
        if (c.argc() != 5 && c.argc() != 7) {
            throw RedisError.unknownSubcommandOrArguments(c.spec(), c.arg(1));
        }
        StreamId id = c.arg(4).equals(LAST_ID) ? stream.lastId() : StreamIds.parseOrEdge(c.arg(4), StreamIds.FIRST);
        group.delivered(id, options.entriesRead());
        c.changedUnwatched(c.arg(2), KeyEvent.XGROUP_SETID);
        if (!id.isZero()) { // what is delivered never goes there: replay tells by it that the id was meant (decision
            // 0016)
            c.effect(XGROUP, SETID, List.of(c.arg(2), c.arg(3), StreamId.ZERO.toBytes()));
        }
        effect(c, SETID, id, options);
        return Reply.OK;
    }

    private static void effect(CommandContext c, Bytes subcommand, StreamId id, Options options) {
        List<Bytes> rest = new ArrayList<>(List.of(c.arg(2), c.arg(3), id.toBytes()));
        if (options.makeStream()) {
            rest.add(MKSTREAM);
        }
        if (options.counted()) {
            rest.add(ENTRIESREAD);
            rest.add(Bytes.of(options.entriesRead()));
        }
        c.effect(XGROUP, subcommand, rest);
    }

    private static Reply destroy(CommandContext c) {
        StreamValue stream = streamOf(c);
        ConsumerGroup group = stream.group(c.arg(3));
        if (group == null) {
            return Reply.ZERO;
        }
        stream.removeGroup(group);
        c.changedUnwatched(c.arg(2), KeyEvent.XGROUP_DESTROY);
        c.ready(c.arg(2)); // who waits as a consumer of it is to be told
        c.effectAsSent();
        return Reply.ONE;
    }

    private static Reply createConsumer(CommandContext c) {
        ConsumerGroup group = groupOf(c, streamOf(c));
        if (group.consumer(c.arg(4)) != null) {
            return Reply.ZERO;
        }
        group.createConsumer(c.arg(4), c.nowMs());
        c.changedUnwatched(c.arg(2), KeyEvent.XGROUP_CREATECONSUMER);
        c.effectAsSent();
        return Reply.ONE;
    }

    private static Reply delConsumer(CommandContext c) {
        ConsumerGroup group = groupOf(c, streamOf(c));
        StreamConsumer consumer = group.consumer(c.arg(4));
        if (consumer == null) {
            return Reply.ZERO;
        }
        int pending = group.removeConsumer(consumer);
        c.changedUnwatched(c.arg(2), KeyEvent.XGROUP_DELCONSUMER);
        c.effectAsSent();
        return Reply.of(pending);
    }

    private static StreamValue streamOf(CommandContext c) {
        StreamValue stream = c.change(c.arg(2), StreamValue.class);
        if (stream == null) {
            throw RedisError.groupNeedsKey();
        }
        return stream;
    }

    private static ConsumerGroup groupOf(CommandContext c, StreamValue stream) {
        ConsumerGroup group = stream.group(c.arg(3));
        if (group == null) {
            throw RedisError.noGroupOfKey(c.arg(3), c.arg(2));
        }
        return group;
    }

    // ---- acknowledging

    private static Reply xack(CommandContext c) {
        StreamValue stream = c.change(c.arg(1), StreamValue.class);
        ConsumerGroup group = stream == null ? null : stream.group(c.arg(2));
        if (group == null) {
            return Reply.ZERO;
        }
        List<Bytes> acknowledged = new ArrayList<>();
        for (StreamId id : StreamIds.all(c, 3)) {
            if (group.acknowledge(id)) {
                acknowledged.add(id.toBytes());
            }
        }
        if (!acknowledged.isEmpty()) {
            c.changedUnwatched(c.arg(1));
            List<Bytes> rest = new ArrayList<>(acknowledged.size() + 1);
            rest.add(c.arg(2));
            rest.addAll(acknowledged);
            c.effect(XACK, c.arg(1), rest);
        }
        return Reply.of(acknowledged.size());
    }

    // ---- XPENDING

    private static Reply xpending(CommandContext c) {
        if (c.argc() != 3 && (c.argc() < 6 || c.argc() > 9)) {
            throw RedisError.syntax();
        }
        PendingQuery query = c.argc() == 3 ? null : PendingQuery.parse(c);
        StreamValue stream = c.read(c.arg(1), StreamValue.class);
        ConsumerGroup group = stream == null ? null : stream.group(c.arg(2));
        if (group == null) {
            throw RedisError.noGroup(c.arg(1), c.arg(2));
        }
        return query == null ? summary(group) : query.reply(group, c.nowMs());
    }

    private static Reply summary(ConsumerGroup group) {
        NavigableMap<StreamId, PendingEntry> pending = group.pending();
        if (pending.isEmpty()) {
            return Reply.array(Reply.ZERO, Reply.Null.BULK, Reply.Null.BULK, Reply.Null.ARRAY);
        }
        List<Reply> owners = new ArrayList<>();
        for (StreamConsumer consumer : group.consumers()) {
            if (!consumer.pending().isEmpty()) {
                Reply count = Reply.bulk(Bytes.of(consumer.pending().size()));
                owners.add(Reply.array(Reply.bulk(consumer.name()), count));
            }
        }
        return Reply.array(
                Reply.of(pending.size()),
                StreamReplies.id(pending.firstKey()),
                StreamReplies.id(pending.lastKey()),
                new Reply.Array(owners));
    }

    /**
     * Which pending entries XPENDING is asked for.
     *
     * @param consumer null: of all
     */
    private record PendingQuery(
            long minIdleMs,
            StreamId from,
            StreamId to,
            long count,
            @Nullable Bytes consumer) {
        static PendingQuery parse(CommandContext c) {
            int at = 3;
            long minIdleMs = 0;
            if (c.argIs(3, "IDLE")) {
                minIdleMs = c.longArg(4);
                at = 5;
                if (c.argc() < 8) {
                    throw RedisError.syntax();
                }
            }
            long count = c.longArg(at + 2);
            StreamId from = StreamIds.rangeStart(c.arg(at));
            StreamId to = StreamIds.rangeEnd(c.arg(at + 1));
            return new PendingQuery(minIdleMs, from, to, count, at + 3 < c.argc() ? c.arg(at + 3) : null);
        }

        Reply reply(ConsumerGroup group, long nowMs) {
            NavigableMap<StreamId, PendingEntry> pending = group.pending();
            if (consumer != null) {
                StreamConsumer owner = group.consumer(consumer);
                if (owner == null) {
                    return Reply.EMPTY_ARRAY;
                }
                pending = owner.pending();
            }
            List<Reply> found = new ArrayList<>();
            for (PendingEntry entry : pending.tailMap(from, true).values()) {
                if (found.size() >= count || entry.id().isAfter(to)) {
                    break;
                }
                long idleMs = nowMs - entry.deliveredMs();
                if (minIdleMs == 0 || idleMs >= minIdleMs) {
                    found.add(Reply.array(
                            StreamReplies.id(entry.id()),
                            Reply.bulk(entry.consumer().name()),
                            Reply.of(Math.max(0, idleMs)),
                            Reply.of(entry.deliveries())));
                }
            }
            return new Reply.Array(found);
        }
    }
}
