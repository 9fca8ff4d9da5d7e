package io.holdfast.engine.value;

import io.holdfast.resp.Bytes;
import java.util.Collection;
import java.util.Collections;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The entries of a stream in the order of their ids, in nodes as Redis would make them: so an approximate trim takes
 * what Redis's would. Owned by the engine loop.
 *
 * <pre>
 *   1-1 ► [ 1-1 1-2 × 2-1 … ]   101-1 ► [ 101-1 … ]   150-1 ► [ 150-1 … ◄ grows
 * </pre>
 */
final class StreamLog {
    private final EncodingLimits limits;
    private final TreeMap<StreamId, StreamNode> nodes = new TreeMap<>();
    private long length;
    private long heapBytes;

    StreamLog(EncodingLimits limits) {
        this.limits = limits;
    }

    StreamLog copy() {
        var copy = new StreamLog(limits);
        nodes.forEach((first, node) -> copy.nodes.put(first, node.copy()));
        copy.length = length;
        copy.heapBytes = heapBytes;
        return copy;
    }

    long length() {
        return length;
    }

    long heapBytes() {
        return heapBytes;
    }

    /** Adds an entry whose id is greater than that of any before. */
    void append(StreamEntry entry) {
        long stringBytes = 0;
        for (Bytes string : entry.fieldsAndValues()) {
            stringBytes += string.length();
        }
        StreamNode tail = tailFor(entry.id());
        if (tail != null && !tail.isFullFor(stringBytes, limits)) {
            heapBytes -= tail.heapBytes();
            tail.append(entry);
            heapBytes += tail.heapBytes();
        } else {
            if (tail != null) {
                heapBytes -= tail.heapBytes();
                tail.seal();
                heapBytes += tail.heapBytes();
            }
            var node = new StreamNode(entry);
            nodes.put(node.first(), node);
            heapBytes += node.heapBytes();
        }
        length++;
    }

    /** The last node; after XSETID one of deleted entries alone may lie behind the id, and goes. */
    private @Nullable StreamNode tailFor(StreamId id) {
        StreamNode tail = nodes.isEmpty() ? null : nodes.lastEntry().getValue();
        if (tail != null && tail.first().isAfter(id)) {
            drop(tail);
            return tailFor(id);
        }
        return tail;
    }

    boolean delete(StreamId id) {
        Map.Entry<StreamId, StreamNode> at = nodes.floorEntry(id);
        if (at == null || !at.getValue().delete(id)) {
            return false;
        }
        length--;
        if (at.getValue().live() == 0) {
            drop(at.getValue());
        }
        return true;
    }

    private void drop(StreamNode node) {
        nodes.remove(node.first());
        heapBytes -= node.heapBytes();
    }

    boolean contains(StreamId id) {
        Map.Entry<StreamId, StreamNode> at = nodes.floorEntry(id);
        return at != null && at.getValue().contains(id);
    }

    /** Returns how many entries went. */
    long trim(StreamTrim trim) {
        long before = length;
        while (!nodes.isEmpty() && !trim.isReached(length)) {
            StreamNode oldest = nodes.firstEntry().getValue();
            if (trim.limit() > 0 && before - length + oldest.live() > trim.limit()) {
                break;
            }
            if (isWhollyBefore(oldest, trim)) {
                drop(oldest);
                length -= oldest.live();
            } else {
                if (!trim.approximate()) {
                    length -=
                            oldest.deleteOldest(trim, length); // it may be left with deleted entries alone, as in Redis
                }
                break;
            }
        }
        return before - length;
    }

    private boolean isWhollyBefore(StreamNode node, StreamTrim trim) {
        StreamId minId = trim.minId();
        return minId == null
                ? length - node.live() >= trim.maxLength()
                : node.last().isBefore(minId);
    }

    /** Visits the entries between two ids, both inclusive; {@code reverse} begins with the greatest. */
    void forEach(StreamId from, StreamId to, boolean reverse, StreamNode.Visitor visitor) {
        if (from.isAfter(to)) {
            return;
        }
        StreamId begin = nodes.floorKey(from);
        NavigableMap<StreamId, StreamNode> range = nodes.subMap(begin == null ? from : begin, true, to, true);
        for (StreamNode node : (reverse ? range.descendingMap() : range).values()) {
            if (!node.forEach(from, to, reverse, visitor)) {
                return;
            }
        }
    }

    /** Adds a node behind all others. */
    void restore(StreamNode node) {
        node.seal();
        nodes.put(node.first(), node);
        length += node.live();
        heapBytes += node.heapBytes();
    }

    Collection<StreamNode> nodes() {
        return Collections.unmodifiableCollection(nodes.values());
    }

    int nodeCount() {
        return nodes.size();
    }

    /** The nodes of the radix tree in which Redis would keep the first ids of its listpacks. */
    long radixNodes() {
        return RadixNodes.count(nodes.navigableKeySet());
    }
}
