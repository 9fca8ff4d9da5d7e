package io.holdfast.engine.rdb;

import io.holdfast.engine.rule.RedisInteger;
import io.holdfast.engine.value.ConsumerGroup;
import io.holdfast.engine.value.EncodingLimits;
import io.holdfast.engine.value.StreamConsumer;
import io.holdfast.engine.value.StreamEntry;
import io.holdfast.engine.value.StreamId;
import io.holdfast.engine.value.StreamNode;
import io.holdfast.engine.value.StreamValue;
import io.holdfast.resp.Bytes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads a stream, in the form that is drawn at {@link StreamWriter}. For one stream each. */
final class StreamReader {
    private final RdbInput in;
    private final RdbType type;
    private final StreamValue stream;
    /** The greatest of an entry that is there; null before the first one. */
    private @Nullable StreamId last;

    StreamReader(RdbInput in, EncodingLimits limits, RdbType type) {
        this.in = in;
        this.type = type;
        this.stream = new StreamValue(limits);
    }

    StreamValue read() throws CorruptDataException {
        readNodes();
        require(in.length() == stream.length());
        StreamId lastId = id();
        require(last == null || !last.isAfter(lastId));
        if (type == RdbType.STREAM_LISTPACKS) {
            stream.setIds(lastId, StreamId.ZERO, stream.length());
        } else {
            id(); // the first entry's, which the entries tell
            StreamId maxDeleted = id();
            stream.setIds(lastId, maxDeleted, in.length());
        }
        for (int left = in.countOrNone(); left > 0; left--) {
            readGroup();
        }
        return stream;
    }

    private StreamId id() throws CorruptDataException {
        long ms = in.length();
        return new StreamId(ms, in.length());
    }

    private StreamId wideId() throws CorruptDataException {
        long ms = in.bigEndian(Long.BYTES);
        return new StreamId(ms, in.bigEndian(Long.BYTES));
    }

    private static void require(boolean right) throws CorruptDataException {
        if (!right) {
            throw new CorruptDataException("not a stream");
        }
    }

    // ---- entries

    private void readNodes() throws CorruptDataException {
        StreamId before = null;
        for (int left = in.countOrNone(); left > 0; left--) {
            require(in.length() == 2 * Long.BYTES);
            StreamId first = wideId();
            require(before == null || first.isAfter(before));
            stream.restore(node(first, Listpack.read(in.string()).iterator()));
            before = first;
        }
    }

    private StreamNode node(StreamId first, Iterator<Bytes> elements) throws CorruptDataException {
        long live = number(elements);
        long deleted = number(elements);
        var node = new StreamNode(first, strings(number(elements), elements));
        require(number(elements) == 0);
        while (elements.hasNext()) {
            readEntry(node, elements);
        }
        require(node.live() == live && node.deleted() == deleted && live + deleted > 0);
        return node;
    }

    private void readEntry(StreamNode node, Iterator<Bytes> elements) throws CorruptDataException {
        long flags = number(elements);
        boolean deleted = (flags & StreamWriter.DELETED) != 0;
        long ms = node.first().ms() + number(elements);
        var id = new StreamId(ms, node.first().seq() + number(elements));
        List<Bytes> content;
        long elementsBefore = 3;
        if ((flags & StreamWriter.SAME_NAMES) != 0) {
            content = paired(node.names(), strings(node.names().size(), elements));
            elementsBefore += node.names().size();
        } else {
            content = strings(2 * number(elements), elements);
            elementsBefore += content.size() + 1L;
        }
        require(number(elements) == elementsBefore && !content.isEmpty());
        if (!deleted) {
            require(!id.isBefore(node.first()) && (last == null || id.isAfter(last)));
            last = id;
        }
        node.restore(new StreamEntry(id, content), deleted);
    }

    private static List<Bytes> paired(List<Bytes> names, List<Bytes> values) {
        var both = new Bytes[2 * names.size()];
        for (int i = 0; i < names.size(); i++) {
            both[2 * i] = names.get(i);
            both[2 * i + 1] = values.get(i);
        }
        return List.of(both);
    }

    private static long number(Iterator<Bytes> elements) throws CorruptDataException {
        Bytes element = string(elements);
        require(RedisInteger.isLong(element));
        return RedisInteger.parse(element);
    }

    private static Bytes string(Iterator<Bytes> elements) throws CorruptDataException {
        require(elements.hasNext());
        return elements.next();
    }

    private static List<Bytes> strings(long count, Iterator<Bytes> elements) throws CorruptDataException {
        var strings = new ArrayList<Bytes>();
        for (long left = count; left > 0; left--) {
            strings.add(string(elements));
        }
        return List.copyOf(strings);
    }

    // ---- groups

    private record Delivery(long atMs, long times) {}

    private void readGroup() throws CorruptDataException {
        Bytes name = in.string();
        StreamId delivered = id();
        long entriesRead = type == RdbType.STREAM_LISTPACKS ? stream.entriesUpTo(delivered) : in.length();
        require(stream.group(name) == null);
        ConsumerGroup group = stream.createGroup(name, delivered, entriesRead);
        Map<StreamId, Delivery> pending = new HashMap<>();
        for (int left = in.countOrNone(); left > 0; left--) {
            StreamId id = wideId();
            long atMs = in.littleEndian(Long.BYTES);
            require(pending.put(id, new Delivery(atMs, in.length())) == null);
        }
        for (int left = in.countOrNone(); left > 0; left--) {
            readConsumer(group, pending);
        }
        require(pending.isEmpty()); // each has a consumer
    }

    private void readConsumer(ConsumerGroup group, Map<StreamId, Delivery> pending) throws CorruptDataException {
        Bytes name = in.string();
        long seenMs = in.littleEndian(Long.BYTES);
        long activeMs = type == RdbType.STREAM_LISTPACKS_3 ? in.littleEndian(Long.BYTES) : seenMs;
        require(group.consumer(name) == null);
        StreamConsumer consumer = group.restoreConsumer(group.consumers().size() + 1, name, seenMs, activeMs);
        for (int left = in.countOrNone(); left > 0; left--) {
            StreamId id = wideId();
            Delivery delivery = pending.remove(id);
            if (delivery == null) {
                throw new CorruptDataException("pending for a consumer and not for its group");
            }
            group.deliver(id, consumer, delivery.atMs, delivery.times);
        }
    }
}
