package io.holdfast.engine.family;

import static io.holdfast.engine.command.Arity.atLeast;
import static io.holdfast.engine.command.Arity.exactly;
import static io.holdfast.engine.command.KeyFlag.NOT_KEY;
import static io.holdfast.engine.command.KeySpec.key;
import static io.holdfast.engine.command.KeySpec.keys;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.CommandFamily;
import io.holdfast.engine.command.CommandGroup;
import io.holdfast.engine.command.CommandKind;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.Flag;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.pubsub.PubSubBroker;
import io.holdfast.engine.pubsub.Subscriber;
import io.holdfast.engine.rule.GlobPattern;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/** Channels: subscribing, publishing, and who listens. Nothing of this is journaled. */
public final class PubSubCommands implements CommandFamily {
    /** Channels and patterns that one client may be subscribed to. */
    private static final int SUBSCRIPTIONS_MAX = 10_000;

    @Override
    public void declare(CommandTable.Builder commands) {
        commands.group(CommandGroup.PUBSUB);
        declareChannels(commands);
        declarePatterns(commands);
        declareShardChannels(commands);
        declarePubsub(commands);
    }

    private static void declareChannels(CommandTable.Builder commands) {
        commands.command("SUBSCRIBE", atLeast(2), CommandKind.PUBSUB)
                .channels(1, false)
                .flag(Flag.NOSCRIPT)
                .allowedWhileSubscribed()
                .since("2.0.0")
                .costs("O(N) with the number of channels")
                .says("Listens to channels.")
                .calls(c -> subscribe(c, Scope.CHANNELS));
        commands.command("UNSUBSCRIBE", atLeast(1), CommandKind.PUBSUB)
                .flag(Flag.NOSCRIPT)
                .allowedWhileSubscribed()
                .since("2.0.0")
                .costs("O(N) with the number of channels")
                .says("Stops listening to channels, or to all of them.")
                .calls(c -> unsubscribe(c, Scope.CHANNELS));
        commands.command("PUBLISH", exactly(3), CommandKind.PUBSUB)
                .channel(1)
                .flag(Flag.MAY_REPLICATE)
                .fast()
                .since("2.0.0")
                .costs("O(N+M) with the listeners of the channel and all patterns")
                .says("Sends a message to whoever listens to a channel.")
                .calls(c -> publish(c, PubSubBroker::publish));
    }

    private static void declarePatterns(CommandTable.Builder commands) {
        commands.command("PSUBSCRIBE", atLeast(2), CommandKind.PUBSUB)
                .channels(1, true)
                .flag(Flag.NOSCRIPT)
                .allowedWhileSubscribed()
                .since("2.0.0")
                .costs("O(N) with the number of patterns")
                .says("Listens to all channels that match patterns.")
                .calls(c -> subscribe(c, Scope.PATTERNS));
        commands.command("PUNSUBSCRIBE", atLeast(1), CommandKind.PUBSUB)
                .flag(Flag.NOSCRIPT)
                .allowedWhileSubscribed()
                .since("2.0.0")
                .costs("O(N) with the number of patterns")
                .says("Stops listening by patterns, or by all of them.")
                .calls(c -> unsubscribe(c, Scope.PATTERNS));
    }

    private static void declareShardChannels(CommandTable.Builder commands) {
        commands.command("SSUBSCRIBE", atLeast(2), CommandKind.PUBSUB)
                .channels(1, false)
                .keys(keys(1, -1, 1, NOT_KEY))
                .flag(Flag.NOSCRIPT)
                .allowedWhileSubscribed()
                .since("7.0.0")
                .costs("O(N) with the number of channels")
                .says("Listens to shard channels.")
                .calls(c -> subscribe(c, Scope.SHARD_CHANNELS));
        commands.command("SUNSUBSCRIBE", atLeast(1), CommandKind.PUBSUB)
                .keys(keys(1, -1, 1, NOT_KEY))
                .flag(Flag.NOSCRIPT)
                .allowedWhileSubscribed()
                .since("7.0.0")
                .costs("O(N) with the number of channels")
                .says("Stops listening to shard channels, or to all of them.")
                .calls(c -> unsubscribe(c, Scope.SHARD_CHANNELS));
        commands.command("SPUBLISH", exactly(3), CommandKind.PUBSUB)
                .channel(1)
                .keys(key(1, NOT_KEY))
                .flag(Flag.MAY_REPLICATE)
                .fast()
                .since("7.0.0")
                .costs("O(N) with the listeners of the channel")
                .says("Sends a message to whoever listens to a shard channel.")
                .calls(c -> publish(c, PubSubBroker::publishShard));
    }

    /** Hands a message to whoever listens, and says how many they are. */
    private interface Delivery {
        int deliver(PubSubBroker broker, Bytes channel, Bytes message);
    }

    private static Reply publish(CommandContext c, Delivery delivery) {
        if (c.server().journalsMessages()) {
            RedisError refusal = c.server().messageRefusal();
            if (refusal != null) {
                throw refusal;
            }
            c.effectAsSent();
        }
        return Reply.of(delivery.deliver(c.server().broker(), c.arg(1), c.arg(2)));
    }

    private static void declarePubsub(CommandTable.Builder commands) {
        var pubsub = commands.container("PUBSUB", CommandKind.PUBSUB)
                .since("2.8.0")
                .costs("Depends on the subcommand.")
                .says("Tells who listens to what.");
        commands.sub(pubsub, "CHANNELS", atLeast(2))
                .since("2.8.0")
                .costs("O(N) with the number of channels")
                .says("Lists the channels that somebody listens to, all or those that match a pattern.")
                .calls(c -> listening(c, c.server().broker().channels()));
        commands.sub(pubsub, "NUMPAT", exactly(2))
                .since("2.8.0")
                .costs("O(1)")
                .says("Counts the patterns that somebody listens by.")
                .calls(c -> Reply.of(c.server().broker().patternCount()));
        commands.sub(pubsub, "NUMSUB", atLeast(2))
                .since("2.8.0")
                .costs("O(N) with the number of channels")
                .says("Counts the listeners of channels, not those by patterns.")
                .calls(c -> listeners(c, c.server().broker()::subscribers));
        commands.sub(pubsub, "SHARDCHANNELS", atLeast(2))
                .since("7.0.0")
                .costs("O(N) with the number of shard channels")
                .says("Lists the shard channels that somebody listens to, all or those that match a pattern.")
                .calls(c -> listening(c, c.server().broker().shardChannels()));
        commands.sub(pubsub, "SHARDNUMSUB", atLeast(2))
                .since("7.0.0")
                .costs("O(N) with the number of channels")
                .says("Counts the listeners of shard channels.")
                .calls(c -> listeners(c, c.server().broker()::shardSubscribers));
        commands.sub(pubsub, "HELP", exactly(2), CommandKind.ADMIN)
                .flag(Flag.LOADING, Flag.STALE)
                .since("6.2.0")
                .costs("O(1)")
                .says("Prints this.")
                .calls(HelpText::reply);
    }

    /** What a client can be subscribed to: how it is said, how it is done, and which number confirms it. */
    private enum Scope {
        CHANNELS(
                "subscribe",
                "unsubscribe",
                PubSubBroker::subscribe,
                PubSubBroker::unsubscribe,
                Subscriber::channels,
                Subscriber::count),
        PATTERNS(
                "psubscribe",
                "punsubscribe",
                PubSubBroker::subscribePattern,
                PubSubBroker::unsubscribePattern,
                Subscriber::patterns,
                Subscriber::count),
        SHARD_CHANNELS(
                "ssubscribe",
                "sunsubscribe",
                PubSubBroker::subscribeShard,
                PubSubBroker::unsubscribeShard,
                Subscriber::shardChannels,
                subscriber -> subscriber.shardChannels().size());

        private final Reply subscribed;
        private final Reply unsubscribed;
        private final Change subscribe;
        private final Change unsubscribe;
        private final Function<Subscriber, Collection<Bytes>> all;
        private final ToIntFunction<Subscriber> count;

        Scope(
                String subscribed,
                String unsubscribed,
                Change subscribe,
                Change unsubscribe,
                Function<Subscriber, Collection<Bytes>> all,
                ToIntFunction<Subscriber> count) {
            this.subscribed = Reply.bulk(subscribed);
            this.unsubscribed = Reply.bulk(unsubscribed);
            this.subscribe = subscribe;
            this.unsubscribe = unsubscribe;
            this.all = all;
            this.count = count;
        }

        Reply confirmation(Reply what, @Nullable Bytes name, Subscriber subscriber) {
            Reply named = name == null ? Reply.Null.BULK : Reply.bulk(name);
            return new Reply.Push(List.of(what, named, Reply.of(count.applyAsInt(subscriber))));
        }

        @FunctionalInterface
        interface Change {
            void apply(PubSubBroker broker, Subscriber subscriber, Bytes name);
        }
    }

    private static Reply subscribe(CommandContext c, Scope scope) {
        Subscriber subscriber = c.session().subscriber();
        if (subscriber.count() + subscriber.shardChannels().size() + c.argc() - 1 > SUBSCRIPTIONS_MAX) {
            throw RedisError.of("ERR too many subscriptions, at most " + SUBSCRIPTIONS_MAX);
        }
        List<Reply> confirmations = new ArrayList<>(c.argc() - 1);
        for (int i = 1; i < c.argc(); i++) {
            scope.subscribe.apply(c.server().broker(), subscriber, c.arg(i));
            confirmations.add(scope.confirmation(scope.subscribed, c.arg(i), subscriber));
        }
        return new Reply.Sequence(confirmations);
    }

    private static Reply unsubscribe(CommandContext c, Scope scope) {
        Subscriber subscriber = c.session().subscriber();
        List<Bytes> names =
                c.argc() > 1 ? List.of(c.args()).subList(1, c.argc()) : List.copyOf(scope.all.apply(subscriber));
        if (names.isEmpty()) {
            return scope.confirmation(scope.unsubscribed, null, subscriber);
        }
        List<Reply> confirmations = new ArrayList<>(names.size());
        for (Bytes name : names) {
            scope.unsubscribe.apply(c.server().broker(), subscriber, name);
            confirmations.add(scope.confirmation(scope.unsubscribed, name, subscriber));
        }
        return new Reply.Sequence(confirmations);
    }

    private static Reply listening(CommandContext c, Collection<Bytes> channels) {
        if (c.argc() > 3) {
            throw RedisError.unknownSubcommandOrArguments(c.spec(), c.arg(1));
        }
        GlobPattern pattern = c.argc() == 3 ? GlobPattern.of(c.arg(2)) : null;
        List<Reply> shown = new ArrayList<>();
        for (Bytes channel : channels) {
            if (pattern == null || pattern.matches(channel)) {
                shown.add(Reply.bulk(channel));
            }
        }
        return new Reply.Array(shown);
    }

    private static Reply listeners(CommandContext c, ToIntFunction<Bytes> count) {
        List<Reply> counts = new ArrayList<>();
        for (int i = 2; i < c.argc(); i++) {
            counts.add(Reply.bulk(c.arg(i)));
            counts.add(Reply.of(count.applyAsInt(c.arg(i))));
        }
        return new Reply.Array(counts);
    }
}
