package io.holdfast.engine.family;

import static io.holdfast.engine.command.Arity.atLeast;
import static io.holdfast.engine.command.KeyFlag.DELETE;
import static io.holdfast.engine.command.KeyFlag.RW;
import static io.holdfast.engine.command.KeyFlag.UPDATE;
import static io.holdfast.engine.command.KeySpec.key;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.CommandFamily;
import io.holdfast.engine.command.CommandGroup;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.command.StreamEffects;
import io.holdfast.engine.value.ConsumerGroup;
import io.holdfast.engine.value.PendingEntry;
import io.holdfast.engine.value.StreamConsumer;
import io.holdfast.engine.value.StreamEntry;
import io.holdfast.engine.value.StreamId;
import io.holdfast.engine.value.StreamValue;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** XCLAIM and XAUTOCLAIM: entries that are pending for one consumer become pending for another. */
public final class StreamClaimCommands implements CommandFamily {
    private static final long COUNT_DEFAULT = 100;
    private static final long COUNT_MAX = Long.MAX_VALUE / 16;
    /** Pending entries that XAUTOCLAIM looks at for each that it may claim. */
    private static final long ATTEMPTS = 10;

    @Override
    public void declare(CommandTable.Builder commands) {
        commands.group(CommandGroup.STREAM);
        commands.write("XCLAIM", atLeast(6), key(1, RW, UPDATE))
                .fast()
                .since("5.0.0")
                .tip("nondeterministic_output")
                .costs("O(log N) with the number of entries pending, for each id")
                .says("Makes a consumer the owner of entries that are pending for another.")
                .calls(StreamClaimCommands::xclaim);
        commands.write("XAUTOCLAIM", atLeast(6), key(1, RW, DELETE))
                .fast()
                .since("6.2.0")
                .tip("nondeterministic_output")
                .costs("O(1) where COUNT is small")
                .says("Makes a consumer the owner of entries that have been pending for another for long.")
                .calls(StreamClaimCommands::xautoclaim);
    }

    /** One claim that is being carried out: who claims, and what came of it. */
    private static final class Claim {
        private final CommandContext c;
        private final StreamValue stream;
        private final ConsumerGroup group;
        private final StreamEffects effects;
        private final boolean justId;
        private @Nullable StreamConsumer consumer;
        private final List<PendingEntry> claimed = new ArrayList<>();
        private final List<Reply> replies = new ArrayList<>();

        Claim(CommandContext c, StreamValue stream, ConsumerGroup group, boolean justId) {
            this.c = c;
            this.stream = stream;
            this.group = group;
            this.justId = justId;
            this.effects =
                    new StreamEffects(c.session().db(), c.arg(1), c.config().version());
            if (c.config().version().atLeast(7, 2)) {
                consumer(); // before, a consumer who got nothing was not made
            }
        }

        private StreamConsumer consumer() {
            if (consumer == null) {
                consumer = StreamConsumers.seen(c, c.arg(1), group, c.arg(3), effects);
            }
            return consumer;
        }

        void take(StreamEntry entry, long deliveredMs, long deliveries) {
            group.deliver(entry.id(), consumer(), deliveredMs, deliveries);
            group.active(consumer(), c.nowMs());
            claimed.add(Objects.requireNonNull(group.pending(entry.id())));
            replies.add(justId ? StreamReplies.id(entry.id()) : StreamReplies.entry(entry));
        }

        /** The entry was deleted, so nobody can have it any more. */
        void forget(StreamId id) {
            if (group.acknowledge(id)) {
                effects.acknowledged(group.name(), id);
            }
        }

        Reply end() {
            effects.pending(group.name(), claimed);
            c.changedUnwatched(c.arg(1));
            c.effects(effects.made());
            return new Reply.Array(replies);
        }
    }

    private static @Nullable ConsumerGroup group(CommandContext c, @Nullable StreamValue stream) {
        return stream == null ? null : stream.group(c.arg(2));
    }

    // ---- XCLAIM

    /** The options behind the ids of XCLAIM. */
    private static final class Options {
        private final List<StreamId> ids = new ArrayList<>();
        private boolean force;
        private boolean justId;
        private long deliveredMs = -1;
        private long deliveries = -1;
        private StreamId lastId = StreamId.ZERO;

        static Options parse(CommandContext c) {
            var options = new Options();
            int i = 5;
            for (; i < c.argc() && StreamIds.isId(c.arg(i)); i++) {
                options.ids.add(StreamIds.parse(c.arg(i)));
            }
            for (; i < c.argc(); i++) {
                boolean more = i + 1 < c.argc();
                if (c.argIs(i, "FORCE")) {
                    options.force = true;
                } else if (c.argIs(i, "JUSTID")) {
                    options.justId = true;
                } else if (more && c.argIs(i, "IDLE")) {
                    options.deliveredMs = c.nowMs() - number(c, ++i, "IDLE option");
                } else if (more && c.argIs(i, "TIME")) {
                    options.deliveredMs = number(c, ++i, "TIME option");
                } else if (more && c.argIs(i, "RETRYCOUNT")) {
                    options.deliveries = number(c, ++i, "RETRYCOUNT option");
                } else if (more && c.argIs(i, "LASTID")) {
                    options.lastId = StreamIds.parse(c.arg(++i));
                } else {
                    throw RedisError.unknownClaimOption(c.arg(i));
                }
            }
            boolean nonsense = options.deliveredMs < 0 || options.deliveredMs > c.nowMs();
            options.deliveredMs = nonsense ? c.nowMs() : options.deliveredMs;
            return options;
        }
    }

    private static long number(CommandContext c, int i, String what) {
        return c.longArg(
                i,
                Long.MIN_VALUE,
                () -> RedisError.invalidClaimArgument(what, c.spec().name()));
    }

    private static Reply xclaim(CommandContext c) {
        StreamValue stream = c.change(c.arg(1), StreamValue.class);
        ConsumerGroup group = group(c, stream);
        if (stream == null || group == null) {
            throw RedisError.noGroup(c.arg(1), c.arg(2));
        }
        long minIdleMs = Math.max(0, number(c, 4, "min-idle-time"));
        Options options = Options.parse(c);
        var claim = new Claim(c, stream, group, options.justId);
        if (options.lastId.isAfter(group.lastDelivered())) {
            group.delivered(options.lastId, group.entriesRead());
            claim.effects.delivered(group);
        }
        for (StreamId id : options.ids) {
            claim(claim, id, minIdleMs, options);
        }
        return claim.end();
    }

    private static void claim(Claim claim, StreamId id, long minIdleMs, Options options) {
        StreamEntry entry = claim.stream.entry(id);
        if (entry == null) {
            claim.forget(id);
            return;
        }
        PendingEntry pending = claim.group.pending(id);
        if (pending == null && !options.force) {
            return;
        }
        if (pending != null && claim.c.nowMs() - pending.deliveredMs() < minIdleMs) {
            return;
        }
        long before = pending == null ? 1 : pending.deliveries();
        long deliveries = options.deliveries >= 0 ? options.deliveries : options.justId ? before : before + 1;
        claim.take(entry, options.deliveredMs, deliveries);
    }

    // ---- XAUTOCLAIM

    private static Reply xautoclaim(CommandContext c) {
        long minIdleMs = Math.max(0, number(c, 4, "min-idle-time"));
        StreamId from = StreamIds.rangeStart(c.arg(5));
        long count = COUNT_DEFAULT;
        boolean justId = false;
        for (int i = 6; i < c.argc(); i++) {
            if (c.argIs(i, "COUNT") && i + 1 < c.argc()) {
                count = c.longArg(++i, 1, "ERR COUNT must be > 0");
                if (count > COUNT_MAX) {
                    throw RedisError.of("ERR COUNT must be > 0");
                }
            } else if (c.argIs(i, "JUSTID")) {
                justId = true;
            } else {
                throw RedisError.syntax();
            }
        }
        StreamValue stream = c.change(c.arg(1), StreamValue.class);
        ConsumerGroup group = group(c, stream);
        if (stream == null || group == null) {
            throw RedisError.noGroup(c.arg(1), c.arg(2));
        }
        return autoclaim(new Claim(c, stream, group, justId), minIdleMs, from, count);
    }

    private static Reply autoclaim(Claim claim, long minIdleMs, StreamId from, long count) {
        List<Reply> deleted = new ArrayList<>();
        long left = count;
        long attempts = count > Long.MAX_VALUE / ATTEMPTS ? Long.MAX_VALUE : count * ATTEMPTS;
        StreamId next = claim.group.pending().ceilingKey(from);
        for (;
                next != null && left > 0 && attempts > 0;
                next = claim.group.pending().higherKey(next)) {
            attempts--;
            PendingEntry pending = Objects.requireNonNull(claim.group.pending(next));
            StreamEntry entry = claim.stream.entry(next);
            if (entry == null) {
                deleted.add(StreamReplies.id(next));
                claim.forget(next);
                left--;
            } else if (claim.c.nowMs() - pending.deliveredMs() >= minIdleMs) {
                claim.take(entry, claim.c.nowMs(), pending.deliveries() + (claim.justId ? 0 : 1));
                left--;
            }
        }
        StreamId cursor = next == null ? StreamId.ZERO : next;
        Reply claimed = claim.end();
        return claim.c.config().version().atLeast(7, 0)
                ? Reply.array(StreamReplies.id(cursor), claimed, new Reply.Array(deleted))
                : Reply.array(StreamReplies.id(cursor), claimed);
    }
}
