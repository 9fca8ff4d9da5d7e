package io.holdfast.engine.family;

import io.holdfast.engine.command.BlockingTimeout;
import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.command.StreamEffects;
import io.holdfast.engine.command.Wait;
import io.holdfast.engine.keyspace.KeyRecord;
import io.holdfast.engine.value.ConsumerGroup;
import io.holdfast.engine.value.GroupCounting;
import io.holdfast.engine.value.PendingEntry;
import io.holdfast.engine.value.StreamConsumer;
import io.holdfast.engine.value.StreamEntry;
import io.holdfast.engine.value.StreamId;
import io.holdfast.engine.value.StreamValue;
import io.holdfast.engine.value.ValueType;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/** What one XREAD or XREADGROUP asks for. Can be tried again; see {@link #tryRead}. */
final class StreamReading {
    private static final Bytes NEW = Bytes.of(">");
    private static final Bytes LAST = Bytes.of("$");

    /**
     * One stream that is read.
     *
     * @param after entries behind it are wanted; null: those that the group has not been given
     */
    private record Source(Bytes key, @Nullable StreamId after) {}

    private final List<Source> sources = new ArrayList<>();
    private @Nullable Bytes group;
    private @Nullable Bytes consumer;
    private boolean noAck;
    private long count;
    private int firstKey;
    private @Nullable BlockingTimeout timeout;

    private StreamReading() {}

    /** @throws RedisError in Redis's order */
    static StreamReading parse(CommandContext c, boolean forGroup) {
        var reading = new StreamReading();
        reading.parseOptions(c, forGroup);
        int streams = (c.argc() - reading.firstKey) / 2;
        for (int i = reading.firstKey; i < reading.firstKey + streams; i++) {
            reading.sources.add(reading.source(c, c.arg(i), c.arg(i + streams)));
        }
        return reading;
    }

    private void parseOptions(CommandContext c, boolean forGroup) {
        for (int i = 1; i < c.argc() && firstKey == 0; i++) {
            int more = c.argc() - 1 - i;
            if (c.argIs(i, "BLOCK") && more > 0) {
                if (c.isInScript()) {
                    throw RedisError.mayNotBlockInScript(c.arg(0));
                }
                timeout = BlockingTimeout.milliseconds(c, ++i);
            } else if (c.argIs(i, "COUNT") && more > 0) {
                count = Math.max(0, c.longArg(++i));
            } else if (c.argIs(i, "STREAMS") && more > 0) {
                if (more % 2 != 0) {
                    throw c.config().version().atLeast(7, 2)
                            ? RedisError.unbalancedStreams(c.spec().fullName(), forGroup ? '>' : '$')
                            : RedisError.unbalancedStreamsBefore72();
                }
                firstKey = i + 1;
            } else if (c.argIs(i, "GROUP") && more > 1) {
                requireGroup(forGroup, "GROUP");
                group = c.arg(++i);
                consumer = c.arg(++i);
            } else if (c.argIs(i, "NOACK")) {
                requireGroup(forGroup, "NOACK");
                noAck = true;
            } else {
                throw RedisError.syntax();
            }
        }
        if (firstKey == 0) {
            throw RedisError.syntax();
        }
        if (forGroup && group == null) {
            throw RedisError.groupMissing();
        }
    }

    /** STREAMS may be a group's or a consumer's name as well. */
    static void forEachKey(Bytes[] args, IntConsumer visitor) {
        int i = 1;
        while (i < args.length && !args[i].equalsIgnoreCase("STREAMS")) {
            if (args[i].equalsIgnoreCase("GROUP")) {
                i += 3;
            } else if (args[i].equalsIgnoreCase("BLOCK") || args[i].equalsIgnoreCase("COUNT")) {
                i += 2;
            } else {
                i++;
            }
        }
        int first = i + 1;
        int end = first + (args.length - first) / 2;
        for (int key = first; key < end; key++) {
            visitor.accept(key);
        }
    }

    private static void requireGroup(boolean forGroup, String option) {
        if (!forGroup) {
            throw RedisError.onlyForXreadgroup(option);
        }
    }

    private Source source(CommandContext c, Bytes key, Bytes id) {
        StreamValue stream = c.read(key, StreamValue.class);
        if (group != null && (stream == null || stream.group(group) == null)) {
            throw RedisError.noGroupToRead(key, group);
        }
        if (id.equals(LAST)) {
            if (group != null) {
                throw RedisError.lastIdOfGroup();
            }
            return new Source(key, stream == null ? StreamId.ZERO : stream.lastId());
        }
        if (id.equals(NEW)) {
            if (group == null) {
                throw RedisError.newIdWithoutGroup();
            }
            return new Source(key, null);
        }
        StreamId after = StreamIds.parse(id);
        return new Source(key, group != null && after.equals(StreamId.MAX) ? null : after);
    }

    /** Where there is nothing to answer yet: a null, or the client waits. */
    Reply waitOrNothing(CommandContext c) {
        if (timeout == null) {
            return Reply.Null.ARRAY;
        }
        nameLastIds(c.args());
        List<Bytes> keys = sources.stream().map(Source::key).toList();
        return c.block(new Wait(ValueType.STREAM, keys, timeout, Reply.Null.ARRAY, group != null, this::retry));
    }

    /** It may go on waiting elsewhere, where the last entry is another by then. What is not known here may have entries there. */
    private void nameLastIds(Bytes[] args) {
        int first = args.length - sources.size();
        for (int i = 0; i < sources.size(); i++) {
            StreamId after = sources.get(i).after();
            if (args[first + i].equals(LAST) && after != null && !after.equals(StreamId.ZERO)) {
                args[first + i] = after.toBytes();
            }
        }
    }

    /** Redis before 7.2 serves from the key that became ready; since then it runs the whole command again. */
    private @Nullable Reply retry(CommandContext c, Bytes ready) {
        if (c.config().version().atLeast(7, 2)) {
            return tryRead(c, sources);
        }
        if (group != null) {
            KeyRecord record = c.find(ready);
            if (record == null || !(record.value() instanceof StreamValue stream)) {
                throw RedisError.unblockedByDeletion();
            }
            if (stream.group(group) == null) {
                throw RedisError.unblockedByDestroy();
            }
        }
        return tryRead(
                c,
                sources.stream()
                        .filter(source -> source.key().equals(ready))
                        .limit(1)
                        .toList());
    }

    /** The entries that are there; null where there is nothing to answer yet. */
    @Nullable Reply tryRead(CommandContext c) {
        return tryRead(c, sources);
    }

    private @Nullable Reply tryRead(CommandContext c, List<Source> from) {
        List<Reply> read = new ArrayList<>();
        for (Source source : from) {
            Reply entries = group == null ? entries(c, source) : entriesForGroup(c, source, group);
            if (entries != null && c.resp3()) {
                read.add(Reply.bulk(source.key()));
                read.add(entries);
            } else if (entries != null) {
                read.add(Reply.array(Reply.bulk(source.key()), entries));
            }
        }
        if (read.isEmpty()) {
            return null;
        }
        return c.resp3() ? new Reply.MapOf(read) : new Reply.Array(read);
    }

    private @Nullable Reply entries(CommandContext c, Source source) {
        StreamValue stream = c.read(source.key(), StreamValue.class);
        StreamId from = Objects.requireNonNull(source.after()).next();
        return stream == null || from == null || stream.lastEntryId().isBefore(from)
                ? null
                : StreamReplies.range(stream, from, StreamId.MAX, false, count);
    }

    private @Nullable Reply entriesForGroup(CommandContext c, Source source, Bytes groupName) {
        StreamValue stream = c.change(source.key(), StreamValue.class);
        ConsumerGroup found = stream == null ? null : stream.group(groupName);
        if (stream == null || found == null) {
            throw RedisError.noGroupToRead(source.key(), groupName);
        }
        StreamId after = source.after();
        boolean anything = after != null || stream.lastEntryId().isAfter(found.lastDelivered());
        if (!anything && !c.config().version().atLeast(7, 2)) {
            return null; // before, a consumer who got nothing was not made
        }
        var effects =
                new StreamEffects(c.session().db(), source.key(), c.config().version());
        StreamConsumer reader = StreamConsumers.seen(c, source.key(), found, Objects.requireNonNull(consumer), effects);
        Reply entries = !anything
                ? null
                : after != null
                        ? history(c, stream, found, reader, after, effects)
                        : deliver(c, stream, found, reader, effects);
        c.changedUnwatched(source.key());
        c.effects(effects.made());
        return entries;
    }

    /** What the consumer has been given and not acknowledged, once more. */
    private Reply history(
            CommandContext c,
            StreamValue stream,
            ConsumerGroup from,
            StreamConsumer reader,
            StreamId after,
            StreamEffects effects) {
        List<Reply> entries = new ArrayList<>();
        List<PendingEntry> given = new ArrayList<>();
        for (PendingEntry pending :
                List.copyOf(reader.pending().tailMap(after, false).values())) {
            if (count > 0 && entries.size() >= count) {
                break;
            }
            StreamEntry entry = stream.entry(pending.id());
            if (entry == null) {
                entries.add(Reply.array(StreamReplies.id(pending.id()), Reply.Null.ARRAY)); // deleted meanwhile
            } else {
                from.deliver(pending.id(), reader, c.nowMs(), pending.deliveries() + 1);
                given.add(pending);
                entries.add(StreamReplies.entry(entry));
            }
        }
        effects.pending(from.name(), given);
        return new Reply.Array(entries);
    }

    /** What the group has not been given yet. */
    private Reply deliver(
            CommandContext c, StreamValue stream, ConsumerGroup to, StreamConsumer reader, StreamEffects effects) {
        List<StreamEntry> fresh = new ArrayList<>();
        StreamId from = Objects.requireNonNull(to.lastDelivered().next()); // there is an entry behind it
        stream.forEach(from, StreamId.MAX, false, entry -> {
            fresh.add(entry);
            return count == 0 || fresh.size() < count;
        });
        List<Reply> entries = new ArrayList<>(fresh.size());
        List<PendingEntry> given = new ArrayList<>();
        List<StreamId> done = new ArrayList<>();
        GroupCounting counting = StreamInfoCommands.counting(c);
        for (StreamEntry entry : fresh) {
            stream.delivering(to, entry.id(), counting);
            if (!noAck) {
                to.deliver(entry.id(), reader, c.nowMs(), 1);
                given.add(Objects.requireNonNull(to.pending(entry.id())));
            } else if (to.pending(entry.id()) == null) { // else it stays so, as in Redis
                done.add(entry.id());
            }
            entries.add(StreamReplies.entry(entry));
        }
        if (!noAck) {
            to.active(reader, c.nowMs());
        }
        effects.pending(to.name(), given);
        effects.acknowledged(to.name(), done); // says upstream which entries were given to somebody here
        effects.delivered(to);
        return new Reply.Array(entries);
    }
}
