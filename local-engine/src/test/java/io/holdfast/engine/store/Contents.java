package io.holdfast.engine.store;

import io.holdfast.engine.keyspace.KeyRecord;
import io.holdfast.engine.keyspace.Keyspace;
import io.holdfast.engine.keyspace.Keyspaces;
import io.holdfast.engine.value.HashValue;
import io.holdfast.engine.value.ListValue;
import io.holdfast.engine.value.SetValue;
import io.holdfast.engine.value.SortedSetValue;
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
        }
        return value.type().redisName() + " " + elements;
    }
}
