package io.holdfast.engine.pubsub;

import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Consumer;

/** One client's subscriptions; {@link PubSubBroker} changes them. Owned by the engine loop. */
public final class Subscriber {
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

    public boolean isSubscribed() {
        return count() + shardChannels.size() > 0;
    }
}
