package io.holdfast.engine.pubsub;

import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Consumer;

/** One client's subscriptions; {@link PubSubBroker} changes them. Owned by the engine loop. */
public final class Subscriber {
    /** A name's headers and its entry in a set, about. */
    private static final int NAME_OVERHEAD_BYTES = 88;

    final Set<Bytes> channels = new LinkedHashSet<>(0);
    final Set<Bytes> patterns = new LinkedHashSet<>(0);
    final Set<Bytes> shardChannels = new LinkedHashSet<>(0);
    private final Consumer<Reply> output;

    /** @param output gets every message */
    public Subscriber(Consumer<Reply> output) {
        this.output = output;
    }

    Consumer<Reply> output() {
        return output;
    }

    public Set<Bytes> channels() {
        return Collections.unmodifiableSet(channels);
    }

    public Set<Bytes> patterns() {
        return Collections.unmodifiableSet(patterns);
    }

    public Set<Bytes> shardChannels() {
        return Collections.unmodifiableSet(shardChannels);
    }

    /** Channels and patterns together: the number in a subscription's confirmation. */
    public int count() {
        return channels.size() + patterns.size();
    }

    /** What the subscriptions come to, about. */
    public long bytes() {
        return bytes(channels) + bytes(patterns) + bytes(shardChannels);
    }

    private static long bytes(Set<Bytes> names) {
        return names.stream()
                .mapToLong(name -> NAME_OVERHEAD_BYTES + name.length())
                .sum();
    }

    public boolean isSubscribed() {
        return count() + shardChannels.size() > 0;
    }
}
