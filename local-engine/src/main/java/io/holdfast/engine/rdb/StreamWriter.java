package io.holdfast.engine.rdb;

import io.holdfast.engine.value.ConsumerGroup;
import io.holdfast.engine.value.PendingEntry;
import io.holdfast.engine.value.StreamConsumer;
import io.holdfast.engine.value.StreamEntry;
import io.holdfast.engine.value.StreamId;
import io.holdfast.engine.value.StreamNode;
import io.holdfast.engine.value.StreamValue;
import io.holdfast.resp.Bytes;
import java.util.List;

/**
 * Writes a stream: its nodes as listpacks, then what it and its groups know. For one stream each.
 *
 * <pre>
 *   nodes │ length │ last id │ 2: first id, greatest deleted id, entries added │ groups
 *
 *   node       id, as a string of 16 bytes │ listpack: live, deleted, names, name …, 0 │ entry …
 *   entry      flags, id − node's id in both parts, the same names: values              │ elements before this one
 *                                                   otherwise: count, name, value …     │
 *   group      name │ last id │ 2: entries read │ pending: id, ms, deliveries … │ consumers
 *   consumer   name │ seen ms │ 3: active ms    │ pending: id …
 *
 *   ids that stand alone: 16 bytes, the highest first; other ids: two lengths; times: 8 bytes, the lowest first
 * </pre>
 */
final class StreamWriter {
    /** Of an entry. */
    static final int DELETED = 1;

    static final int SAME_NAMES = 2;

    private final RdbOutput out;
    private final RdbType type;

    StreamWriter(RdbOutput out, RdbType type) {
        this.out = out;
        this.type = type;
    }

    void write(StreamValue stream) {
        out.length(stream.nodes().size());
        for (StreamNode node : stream.nodes()) {
            out.length(2 * Long.BYTES);
            wideId(node.first());
            out.blob(listpack(node));
        }
        out.length(stream.length());
        id(stream.lastId());
        if (type != RdbType.STREAM_LISTPACKS) {
            id(stream.firstId());
            id(stream.maxDeletedId());
            out.length(stream.entriesAdded());
        }
        out.length(stream.groups().size());
        for (ConsumerGroup group : stream.groups()) {
            write(group);
        }
    }

    private void id(StreamId id) {
        out.length(id.ms());
        out.length(id.seq());
    }

    private void wideId(StreamId id) {
        out.bigEndian(Long.BYTES, id.ms());
        out.bigEndian(Long.BYTES, id.seq());
    }

    private static Bytes listpack(StreamNode node) {
        var packed = new Listpack.Writer();
        packed.add(node.live());
        packed.add(node.deleted());
        packed.add(node.names().size());
        node.names().forEach(name -> packed.add(name));
        packed.add(0);
        node.forEachStored((entry, sameNames, deleted) -> {
            packed.add((sameNames ? SAME_NAMES : 0) | (deleted ? DELETED : 0));
            packed.add(entry.id().ms() - node.first().ms());
            packed.add(entry.id().seq() - node.first().seq());
            packed.add(addContent(entry, sameNames, packed) + 3L);
        });
        return packed.finished();
    }

    /** Returns how many elements it took. */
    private static int addContent(StreamEntry entry, boolean sameNames, Listpack.Writer to) {
        List<Bytes> strings = entry.fieldsAndValues();
        if (!sameNames) {
            to.add(strings.size() / 2);
            strings.forEach(string -> to.add(string));
            return strings.size() + 1;
        }
        for (int i = 1; i < strings.size(); i += 2) {
            to.add(strings.get(i));
        }
        return strings.size() / 2;
    }

    private void write(ConsumerGroup group) {
        out.string(group.name());
        id(group.lastDelivered());
        if (type != RdbType.STREAM_LISTPACKS) {
            out.length(group.entriesRead());
        }
        out.length(group.pending().size());
        for (PendingEntry entry : group.pending().values()) {
            wideId(entry.id());
            out.littleEndian(Long.BYTES, entry.deliveredMs());
            out.length(entry.deliveries());
        }
        out.length(group.consumers().size());
        for (StreamConsumer consumer : group.consumers()) {
            out.string(consumer.name());
            out.littleEndian(Long.BYTES, consumer.seenMs());
            if (type == RdbType.STREAM_LISTPACKS_3) {
                out.littleEndian(Long.BYTES, consumer.activeMs());
            }
            out.length(consumer.pending().size());
            consumer.pending().keySet().forEach(this::wideId);
        }
    }
}
