package io.holdfast.engine.family;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.KeyEvent;
import io.holdfast.engine.command.StreamEffects;
import io.holdfast.engine.value.ConsumerGroup;
import io.holdfast.engine.value.StreamConsumer;
import io.holdfast.resp.Bytes;

/** Consumers that are made when they are first heard of. */
final class StreamConsumers {
    private StreamConsumers() {}

    /** The group's consumer of this name, which has just asked for entries. */
    static StreamConsumer seen(CommandContext c, Bytes key, ConsumerGroup group, Bytes name, StreamEffects effects) {
        StreamConsumer known = group.consumer(name);
        if (known != null) {
            group.seen(known, c.nowMs());
            return known;
        }
        c.event(KeyEvent.XGROUP_CREATECONSUMER, key);
        effects.consumer(group.name(), name);
        return group.createConsumer(name, c.nowMs());
    }
}
