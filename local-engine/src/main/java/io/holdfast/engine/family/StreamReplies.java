package io.holdfast.engine.family;

import io.holdfast.engine.value.StreamEntry;
import io.holdfast.engine.value.StreamId;
import io.holdfast.engine.value.StreamValue;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.List;

/** How entries of streams are answered. Pure; safe on every thread. */
final class StreamReplies {
    private StreamReplies() {}

    static Reply id(StreamId id) {
        return Reply.bulk(id.toBytes());
    }

    /** The id and an array of fields and values in turn. */
    static Reply entry(StreamEntry entry) {
        List<Reply> strings = new ArrayList<>(entry.fieldsAndValues().size());
        for (Bytes string : entry.fieldsAndValues()) {
            strings.add(Reply.bulk(string));
        }
        return Reply.array(id(entry.id()), new Reply.Array(strings));
    }

    /**
     * The entries between two ids, both inclusive.
     *
     * @param count at most so many; 0: all
     */
    static Reply range(StreamValue stream, StreamId from, StreamId to, boolean reverse, long count) {
        List<Reply> entries = new ArrayList<>();
        stream.forEach(from, to, reverse, entry -> {
            entries.add(entry(entry));
            return count == 0 || entries.size() < count;
        });
        return new Reply.Array(entries);
    }
}
