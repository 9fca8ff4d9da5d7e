package io.holdfast.engine.store;

import io.holdfast.engine.keyspace.KeyRecord;
import io.holdfast.engine.keyspace.Keyspace;
import io.holdfast.engine.keyspace.Keyspaces;
import io.holdfast.engine.value.ConsumerGroup;
import io.holdfast.engine.value.HashValue;
import io.holdfast.engine.value.ListValue;
import io.holdfast.engine.value.PendingEntry;
import io.holdfast.engine.value.SetValue;
import io.holdfast.engine.value.SortedSetValue;
import io.holdfast.engine.value.StreamConsumer;
import io.holdfast.engine.value.StreamId;
import io.holdfast.engine.value.StreamValue;
import io.holdfast.engine.value.StringValue;
import io.holdfast.engine.value.Value;
import java.util.Map;
import java.util.TreeMap;

/** Everything in a keyspace as text, to the bit, so that two of them can be compared and a difference be read. */
final class Contents {
    private Contents() {}

    /** By {@code db/key}. */
    static Map<String, String> of(Keyspaces keyspaces) {
        var contents = new TreeMap<String, String>();
        for (Keyspace keyspace : keyspaces.all()) {
            for (int i = 0; i < keyspace.size(); i++) {
                KeyRecord record = keyspace.at(i);
                contents.put(record.db() + "/" + record.key(), describe(record));
            }
        }
        return contents;
    }

    private static String describe(KeyRecord record) {
        return "#" + record.id() + " until " + record.expiresAtMs() + " " + describe(record.value());
    }

    private static String describe(Value value) {
        if (value instanceof StringValue string) {
            return "string " + string.bytes();
        }
        var elements = new TreeMap<String, String>();
        if (value instanceof HashValue hash) {
            hash.forEach((field, content) -> elements.put(field.toString(), content.toString()));
        } else if (value instanceof SetValue set) {
            set.forEach(member -> elements.put(member.toString(), ""));
        } else if (value instanceof SortedSetValue sorted) {
            for (int i = 0; i < sorted.size(); i++) {
                elements.put(sorted.memberAt(i).toString(), Double.toString(sorted.scoreAt(i)));
            }
        } else if (value instanceof ListValue list) {
            return "list " + list.range(0, (int) list.size());
        } else if (value instanceof StreamValue stream) {
            return describe(stream);
        }
        return value.type().redisName() + " " + elements;
    }

    private static String describe(StreamValue stream) {
        var text = new StringBuilder("stream " + stream.lastId() + " " + stream.maxDeletedId() + " " + stream.firstId()
                + " " + stream.entriesAdded());
        stream.forEach(StreamId.ZERO, StreamId.MAX, false, entry -> {
            text.append("\n  ").append(entry);
            return true;
        });
        for (ConsumerGroup group : stream.groups()) {
            text.append("\n  group " + group.name() + " " + group.lastDelivered() + " " + group.entriesRead());
            for (PendingEntry entry : group.pending().values()) {
                text.append("\n    " + entry.id() + " " + entry.consumer().name() + " " + entry.deliveredMs() + " "
                        + entry.deliveries());
            }
            for (StreamConsumer consumer : group.consumers()) {
                text.append("\n    " + consumer.name() + " " + consumer.seenMs() + " " + consumer.activeMs() + " "
                        + consumer.pending().keySet());
            }
        }
        return text.toString();
    }
}
