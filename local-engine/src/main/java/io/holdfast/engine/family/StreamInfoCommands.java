package io.holdfast.engine.family;

import static io.holdfast.engine.command.Arity.atLeast;
import static io.holdfast.engine.command.Arity.exactly;
import static io.holdfast.engine.command.KeyFlag.ACCESS;
import static io.holdfast.engine.command.KeyFlag.RO;
import static io.holdfast.engine.command.KeySpec.key;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.CommandFamily;
import io.holdfast.engine.command.CommandGroup;
import io.holdfast.engine.command.CommandKind;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.Flag;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.value.ConsumerGroup;
import io.holdfast.engine.value.GroupCounting;
import io.holdfast.engine.value.PendingEntry;
import io.holdfast.engine.value.StreamConsumer;
import io.holdfast.engine.value.StreamEntry;
import io.holdfast.engine.value.StreamId;
import io.holdfast.engine.value.StreamValue;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** XINFO: what a stream, its groups and their consumers look like from inside. */
public final class StreamInfoCommands implements CommandFamily {
    /** Entries shown of each list by XINFO STREAM FULL without COUNT. */
    private static final long COUNT_DEFAULT = 10;

    @Override
    public void declare(CommandTable.Builder commands) {
        commands.group(CommandGroup.STREAM);
        var xinfo = commands.container("XINFO", CommandKind.READ)
                .since("5.0.0")
                .costs("Depends on the subcommand.")
                .says("Tells of a stream, its groups and their consumers.");
        commands.sub(xinfo, "STREAM", atLeast(3))
                .keys(key(2, RO, ACCESS))
                .since("5.0.0")
                .costs("O(1), and O(N) with the number of entries given")
                .says("Tells of a stream, in full with its entries and groups.")
                .calls(StreamInfoCommands::stream);
        commands.sub(xinfo, "GROUPS", exactly(3))
                .keys(key(2, RO, ACCESS))
                .since("5.0.0")
                .costs("O(N) with the number of groups")
                .says("Tells of the consumer groups of a stream.")
                .calls(StreamInfoCommands::groups);
        commands.sub(xinfo, "CONSUMERS", exactly(4))
                .keys(key(2, RO, ACCESS))
                .since("5.0.0")
                .tip("nondeterministic_output")
                .costs("O(N) with the number of consumers")
                .says("Tells of the consumers of a group.")
                .calls(StreamInfoCommands::consumers);
        commands.sub(xinfo, "HELP", exactly(2), CommandKind.ADMIN)
                .flag(Flag.LOADING, Flag.STALE)
                .since("5.0.0")
                .costs("O(1)")
                .says("Prints this.")
                .calls(HelpText::reply);
    }

    private static StreamValue streamOf(CommandContext c) {
        StreamValue stream = c.read(c.arg(2), StreamValue.class);
        if (stream == null) {
            throw RedisError.noSuchKey();
        }
        return stream;
    }

    /** Names with their values, in turn. */
    private static final class Facts {
        private final List<Reply> all = new ArrayList<>();

        Facts with(String name, Reply value) {
            all.add(Reply.bulk(name));
            all.add(value);
            return this;
        }

        Facts with(String name, long value) {
            return with(name, Reply.of(value));
        }

        Facts with(String name, StreamId id) {
            return with(name, StreamReplies.id(id));
        }

        Reply reply() {
            return new Reply.MapOf(all);
        }
    }

    private static Reply stream(CommandContext c) {
        StreamValue stream = streamOf(c);
        boolean full = c.argc() > 3;
        long count = full ? count(c) : 0;
        var facts = new Facts()
                .with("length", stream.length())
                .with("radix-tree-keys", stream.nodeCount())
                .with("radix-tree-nodes", stream.radixNodes())
                .with("last-generated-id", stream.lastId());
        if (counts(c)) {
            facts.with("max-deleted-entry-id", stream.maxDeletedId())
                    .with("entries-added", stream.entriesAdded())
                    .with("recorded-first-entry-id", stream.firstId());
        }
        if (full) {
            facts.with("entries", StreamReplies.range(stream, StreamId.ZERO, StreamId.MAX, false, count));
            facts.with("groups", each(stream.groups(), 0, group -> fullGroup(c, stream, group, count)));
        } else {
            facts.with("groups", stream.groups().size());
            facts.with("first-entry", entryOrNull(stream.firstEntry()));
            facts.with("last-entry", entryOrNull(stream.lastEntry()));
        }
        return facts.reply();
    }

    private static long count(CommandContext c) {
        boolean right = (c.argc() == 4 || c.argc() == 6) && c.argIs(3, "FULL");
        if (!right || (c.argc() == 6 && !c.argIs(4, "COUNT"))) {
            throw RedisError.unknownSubcommandOrArguments(c.spec(), c.arg(1));
        }
        long count = c.argc() == 6 ? c.longArg(5) : COUNT_DEFAULT;
        return count < 0 ? COUNT_DEFAULT : count;
    }

    private static Reply entryOrNull(@Nullable StreamEntry entry) {
        return entry == null ? Reply.Null.BULK : StreamReplies.entry(entry);
    }

    /** @param count at most so many; 0: all */
    private static <T> Reply each(Collection<T> of, long count, Function<T, Reply> reply) {
        List<Reply> replies = new ArrayList<>();
        for (T item : of) {
            if (count > 0 && replies.size() >= count) {
                break;
            }
            replies.add(reply.apply(item));
        }
        return new Reply.Array(replies);
    }

    private static Reply fullGroup(CommandContext c, StreamValue stream, ConsumerGroup group, long count) {
        var facts = new Facts().with("name", Reply.bulk(group.name())).with("last-delivered-id", group.lastDelivered());
        return withCounts(c, stream, group, facts)
                .with("pel-count", group.pending().size())
                .with(
                        "pending",
                        each(
                                group.pending().values(),
                                count,
                                entry -> pending(entry, entry.consumer().name())))
                .with("consumers", each(group.consumers(), 0, consumer -> fullConsumer(c, consumer, count)))
                .reply();
    }

    private static Reply fullConsumer(CommandContext c, StreamConsumer consumer, long count) {
        var facts = new Facts().with("name", Reply.bulk(consumer.name())).with("seen-time", consumer.seenMs());
        if (c.config().version().atLeast(7, 2)) {
            facts.with("active-time", consumer.activeMs());
        }
        return facts.with("pel-count", consumer.pending().size())
                .with("pending", each(consumer.pending().values(), count, entry -> pending(entry, null)))
                .reply();
    }

    private static Reply pending(PendingEntry entry, @Nullable Bytes consumer) {
        List<Reply> facts = new ArrayList<>(4);
        facts.add(StreamReplies.id(entry.id()));
        if (consumer != null) {
            facts.add(Reply.bulk(consumer));
        }
        facts.add(Reply.of(entry.deliveredMs()));
        facts.add(Reply.of(entry.deliveries()));
        return new Reply.Array(facts);
    }

    private static Reply groups(CommandContext c) {
        StreamValue stream = streamOf(c);
        return each(stream.groups(), 0, group -> {
            var facts = new Facts()
                    .with("name", Reply.bulk(group.name()))
                    .with("consumers", group.consumers().size())
                    .with("pending", group.pending().size())
                    .with("last-delivered-id", group.lastDelivered());
            return withCounts(c, stream, group, facts).reply();
        });
    }

    /** Whether Redis of this version counts what streams and their groups were ever given. */
    private static boolean counts(CommandContext c) {
        return c.config().version().atLeast(7, 0);
    }

    static GroupCounting counting(CommandContext c) {
        return c.config().version().atLeast(8, 0) ? GroupCounting.SINCE_8 : GroupCounting.UP_TO_7;
    }

    private static Facts withCounts(CommandContext c, StreamValue stream, ConsumerGroup group, Facts facts) {
        return counts(c) ? facts.with("entries-read", entriesRead(group)).with("lag", lag(c, stream, group)) : facts;
    }

    private static Reply entriesRead(ConsumerGroup group) {
        return group.entriesRead() == ConsumerGroup.UNKNOWN ? Reply.Null.BULK : Reply.of(group.entriesRead());
    }

    private static Reply lag(CommandContext c, StreamValue stream, ConsumerGroup group) {
        OptionalLong lag = stream.lag(group, counting(c));
        return lag.isEmpty() ? Reply.Null.BULK : Reply.of(lag.getAsLong());
    }

    private static Reply consumers(CommandContext c) {
        ConsumerGroup group = streamOf(c).group(c.arg(3));
        if (group == null) {
            throw RedisError.noGroupOfKey(c.arg(3), c.arg(2));
        }
        return each(group.consumers(), 0, consumer -> consumer(c, consumer));
    }

    private static Reply consumer(CommandContext c, StreamConsumer consumer) {
        var facts = new Facts()
                .with("name", Reply.bulk(consumer.name()))
                .with("pending", consumer.pending().size())
                .with("idle", Math.max(0, c.nowMs() - consumer.seenMs()));
        if (c.config().version().atLeast(7, 2)) {
            boolean never = consumer.activeMs() == StreamConsumer.NEVER;
            facts.with("inactive", never ? StreamConsumer.NEVER : c.nowMs() - consumer.activeMs());
        }
        return facts.reply();
    }
}
