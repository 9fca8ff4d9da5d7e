package io.holdfast.engine.pubsub;

import io.holdfast.engine.rule.GlobPattern;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Who listens to which channel, and carries messages to them, at most once. Owned by the engine loop. */
public final class PubSubBroker {
    private static final Bytes MESSAGE = Bytes.of("message");
    private static final Bytes PMESSAGE = Bytes.of("pmessage");
    private static final Bytes SMESSAGE = Bytes.of("smessage");

    private record Pattern(GlobPattern glob, Set<Subscriber> subscribers) {}

    private final Map<Bytes, Set<Subscriber>> channels = new LinkedHashMap<>();
    private final Map<Bytes, Set<Subscriber>> shardChannels = new LinkedHashMap<>();
    private final Map<Bytes, Pattern> patterns = new LinkedHashMap<>();

    public void subscribe(Subscriber subscriber, Bytes channel) {
        if (subscriber.channels.add(channel)) {
            channels.computeIfAbsent(channel, c -> new LinkedHashSet<>()).add(subscriber);
        }
    }

    public void unsubscribe(Subscriber subscriber, Bytes channel) {
        if (subscriber.channels.remove(channel)) {
            remove(channels, channel, subscriber);
        }
    }

    public void subscribeShard(Subscriber subscriber, Bytes channel) {
        if (subscriber.shardChannels.add(channel)) {
            shardChannels.computeIfAbsent(channel, c -> new LinkedHashSet<>()).add(subscriber);
        }
    }

    public void unsubscribeShard(Subscriber subscriber, Bytes channel) {
        if (subscriber.shardChannels.remove(channel)) {
            remove(shardChannels, channel, subscriber);
        }
    }

    public void subscribePattern(Subscriber subscriber, Bytes pattern) {
        if (subscriber.patterns.add(pattern)) {
            patterns.computeIfAbsent(pattern, p -> new Pattern(GlobPattern.of(p), new LinkedHashSet<>()))
                    .subscribers()
                    .add(subscriber);
        }
    }

    public void unsubscribePattern(Subscriber subscriber, Bytes pattern) {
        if (subscriber.patterns.remove(pattern)) {
            Pattern listeners = patterns.get(pattern);
            if (listeners != null
                    && listeners.subscribers().remove(subscriber)
                    && listeners.subscribers().isEmpty()) {
                patterns.remove(pattern);
            }
        }
    }

    /** Forgets all subscriptions of a client. */
    public void unsubscribeAll(Subscriber subscriber) {
        List.copyOf(subscriber.channels()).forEach(channel -> unsubscribe(subscriber, channel));
        List.copyOf(subscriber.patterns()).forEach(pattern -> unsubscribePattern(subscriber, pattern));
        List.copyOf(subscriber.shardChannels()).forEach(channel -> unsubscribeShard(subscriber, channel));
    }

    /**
     * What takes back a command that subscribes, to be asked for before it is run: what the subscriber has already stays.
     *
     * @param command its name; with another than SUBSCRIBE, PSUBSCRIBE and SSUBSCRIBE there is nothing to take back
     */
    public Runnable undoing(Subscriber subscriber, String command, List<Bytes> names) {
        return switch (command) {
            case "SUBSCRIBE" -> undoing(names, subscriber.channels(), name -> unsubscribe(subscriber, name));
            case "PSUBSCRIBE" -> undoing(names, subscriber.patterns(), name -> unsubscribePattern(subscriber, name));
            case "SSUBSCRIBE" -> undoing(names, subscriber.shardChannels(), name -> unsubscribeShard(subscriber, name));
            default -> () -> {};
        };
    }

    private static Runnable undoing(List<Bytes> names, Set<Bytes> before, Consumer<Bytes> undo) {
        List<Bytes> added =
                names.stream().filter(name -> !before.contains(name)).toList();
        return () -> added.forEach(undo);
    }

    /** Hands a message to every listener of the channel and of a pattern that matches; returns how many got it. */
    public int publish(Bytes channel, Bytes message) {
        int receivers = deliver(channels.get(channel), MESSAGE, channel, message);
        for (Map.Entry<Bytes, Pattern> entry : patterns.entrySet()) {
            if (entry.getValue().glob().matches(channel)) {
                var push = new Reply.Push(List.of(
                        Reply.bulk(PMESSAGE), Reply.bulk(entry.getKey()), Reply.bulk(channel), Reply.bulk(message)));
                for (Subscriber subscriber : entry.getValue().subscribers()) {
                    subscriber.output().accept(push);
                    receivers++;
                }
            }
        }
        return receivers;
    }

    /** Hands a message to those who subscribed to the channel by its name. */
    public void tell(Bytes channel, Bytes message) {
        deliver(channels.get(channel), MESSAGE, channel, message);
    }

    public int publishShard(Bytes channel, Bytes message) {
        return deliver(shardChannels.get(channel), SMESSAGE, channel, message);
    }

    private static int deliver(@Nullable Set<Subscriber> subscribers, Bytes kind, Bytes channel, Bytes message) {
        if (subscribers == null) {
            return 0;
        }
        var push = new Reply.Push(List.of(Reply.bulk(kind), Reply.bulk(channel), Reply.bulk(message)));
        subscribers.forEach(subscriber -> subscriber.output().accept(push));
        return subscribers.size();
    }

    public Collection<Bytes> channels() {
        return channels.keySet();
    }

    public Collection<Bytes> shardChannels() {
        return shardChannels.keySet();
    }

    public int patternCount() {
        return patterns.size();
    }

    public int subscribers(Bytes channel) {
        Set<Subscriber> subscribers = channels.get(channel);
        return subscribers == null ? 0 : subscribers.size();
    }

    public int shardSubscribers(Bytes channel) {
        Set<Subscriber> subscribers = shardChannels.get(channel);
        return subscribers == null ? 0 : subscribers.size();
    }

    private static void remove(Map<Bytes, Set<Subscriber>> map, Bytes channel, Subscriber subscriber) {
        Set<Subscriber> subscribers = map.get(channel);
        if (subscribers != null && subscribers.remove(subscriber) && subscribers.isEmpty()) {
            map.remove(channel);
        }
    }
}
