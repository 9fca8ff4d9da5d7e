package io.holdfast.engine.value;

import io.holdfast.engine.value.EncodingLimits.Limit;
import io.holdfast.resp.Bytes;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The entries that Redis would hold in one listpack: neighbours, packed into one array. A deleted entry is only marked,
 * as in Redis, because a node's size decides where the next one begins and what an approximate trim takes.
 *
 * <pre>
 *   flags │ ms − first.ms │ seq − first.seq │ length of the rest │ values                     names are the node's
 *                                                                │ count, name, value …       other names
 * </pre>
 *
 * <p>Owned by the engine loop.
 */
public final class StreamNode {
    private static final byte DELETED = 1;
    private static final byte SAME_NAMES = 2;
    /** A node is never bigger, whatever is configured. */
    private static final long BYTES_MAX = 1 << 30;

    /** Per node: objects, the map's entry, the first and last id. */
    private static final int OVERHEAD_BYTES = 280;

    private final StreamId first;
    private final List<Bytes> names;
    private final PackedStrings packed;
    private StreamId last;
    private int live;
    private int deleted;
    private long listpackBytes; // without the two counts

    /** Visits entries; false ends the visit. */
    interface Visitor {
        boolean visit(StreamEntry entry);
    }

    /** Visits entries as they are stored. */
    @FunctionalInterface
    public interface StoredVisitor {
        /** @param sameNames whether its names are the node's own */
        void visit(StreamEntry entry, boolean sameNames, boolean deleted);
    }

    /** A node with its first entry. */
    StreamNode(StreamEntry entry) {
        this(entry.id(), namesOf(entry));
        append(entry);
    }

    /** A node without entries yet, for {@link #restore}. */
    public StreamNode(StreamId first, List<Bytes> names) {
        this.first = first;
        this.names = names;
        last = first;
        packed = new PackedStrings();
        listpackBytes = ListpackSize.EMPTY + ListpackSize.of(names.size()) + ListpackSize.of(0);
        names.forEach(name -> listpackBytes += ListpackSize.of(name));
    }

    private StreamNode(StreamNode other) {
        first = other.first;
        last = other.last;
        names = other.names;
        packed = other.packed.copy();
        live = other.live;
        deleted = other.deleted;
        listpackBytes = other.listpackBytes;
    }

    StreamNode copy() {
        return new StreamNode(this);
    }

    private static List<Bytes> namesOf(StreamEntry entry) {
        List<Bytes> all = entry.fieldsAndValues();
        var names = new Bytes[all.size() / 2];
        for (int i = 0; i < names.length; i++) {
            names[i] = all.get(2 * i);
        }
        return List.of(names);
    }

    /** What the ids of its entries are counted from. */
    public StreamId first() {
        return first;
    }

    /** The names that most entries share. */
    public List<Bytes> names() {
        return names;
    }

    /** The last entry's id, though it may be deleted. */
    StreamId last() {
        return last;
    }

    /** Entries that are not deleted. */
    public int live() {
        return live;
    }

    /** Entries that are deleted, and stored still. */
    public int deleted() {
        return deleted;
    }

    long heapBytes() {
        return (long) OVERHEAD_BYTES + packed.capacity();
    }

    /** True where an entry with strings of so many bytes in all begins a node of its own. */
    boolean isFullFor(long stringBytes, EncodingLimits limits) {
        long bytes = listpackBytes + ListpackSize.of(live) + ListpackSize.of(deleted);
        long bytesMax = limits.of(Limit.STREAM_NODE_MAX_BYTES);
        long entriesMax = limits.of(Limit.STREAM_NODE_MAX_ENTRIES);
        return bytes + stringBytes >= (bytesMax <= 0 ? BYTES_MAX : Math.min(bytesMax, BYTES_MAX))
                || (entriesMax > 0 && live + deleted >= entriesMax);
    }

    /** No entry is going to follow. */
    void seal() {
        packed.shrink();
    }

    void append(StreamEntry entry) {
        List<Bytes> strings = entry.fieldsAndValues();
        boolean sameNames = hasSameNames(strings);
        long ms = entry.id().ms() - first.ms();
        long seq = entry.id().seq() - first.seq();
        var body = new PackedStrings();
        long count = strings.size() / 2;
        long elements = 3 + count;
        listpackBytes += ListpackSize.of(sameNames ? SAME_NAMES : 0) + ListpackSize.of(ms) + ListpackSize.of(seq);
        if (!sameNames) {
            body.addNumber(count);
            listpackBytes += ListpackSize.of(count);
            elements += 1 + count;
        }
        for (int i = sameNames ? 1 : 0; i < strings.size(); i += sameNames ? 2 : 1) {
            body.addString(strings.get(i));
            listpackBytes += ListpackSize.of(strings.get(i));
        }
        listpackBytes += ListpackSize.of(elements);
        packed.addByte(sameNames ? SAME_NAMES : 0);
        packed.addNumber(ms);
        packed.addSigned(seq);
        packed.addNumber(body.used());
        packed.addAll(body);
        last = entry.id();
        live++;
    }

    private boolean hasSameNames(List<Bytes> strings) {
        if (strings.size() != 2 * names.size()) {
            return false;
        }
        for (int i = 0; i < names.size(); i++) {
            if (!strings.get(2 * i).equals(names.get(i))) {
                return false;
            }
        }
        return true;
    }

    /** Adds an entry as it was stored, whose id must be greater than that of any before that is not deleted. */
    public void restore(StreamEntry entry, boolean isDeleted) {
        int flagsAt = packed.used();
        append(entry);
        if (isDeleted) {
            packed.setByte(flagsAt, (byte) (packed.byteAt(flagsAt) | DELETED));
            live--;
            deleted++;
        }
    }

    /** Visits all that is stored, in the order in which it came. */
    public void forEachStored(StoredVisitor visitor) {
        for (Position at = start(); at.advance(); ) {
            visitor.visit(at.read(), (at.flags & SAME_NAMES) != 0, at.isDeleted());
        }
    }

    /** Marks the entry as deleted; false where there is none with this id. */
    boolean delete(StreamId id) {
        Position at = find(id);
        if (at == null) {
            return false;
        }
        delete(at);
        return true;
    }

    private void delete(Position at) {
        packed.setByte(at.flagsAt, (byte) (at.flags | DELETED));
        live--;
        deleted++;
    }

    /**
     * Deletes entries from the first on until {@code trim} is reached.
     *
     * @param lengthBefore of the whole stream
     * @return how many went
     */
    long deleteOldest(StreamTrim trim, long lengthBefore) {
        long gone = 0;
        for (Position at = start(); at.advance(); ) {
            if (trim.minId() == null ? trim.isReached(lengthBefore - gone) : !at.id.isBefore(trim.minId())) {
                break;
            }
            if (!at.isDeleted()) {
                delete(at);
                gone++;
            }
        }
        return gone;
    }

    boolean contains(StreamId id) {
        return find(id) != null;
    }

    private @Nullable Position find(StreamId id) {
        Position at = start();
        while (at.advanceToLive() && !at.id.isAfter(id)) {
            if (at.id.equals(id)) {
                return at;
            }
        }
        return null;
    }

    /** Visits the entries between two ids, both inclusive; false when the visitor has ended it. */
    boolean forEach(StreamId from, StreamId to, boolean reverse, Visitor visitor) {
        return reverse ? backwards(from, to, visitor) : forwards(from, to, visitor);
    }

    private boolean forwards(StreamId from, StreamId to, Visitor visitor) {
        Position at = start();
        while (at.advanceToLive() && !at.id.isAfter(to)) {
            if (!at.id.isBefore(from) && !visitor.visit(at.read())) {
                return false;
            }
        }
        return true;
    }

    private boolean backwards(StreamId from, StreamId to, Visitor visitor) {
        var positions = new ArrayList<Position>(live);
        for (Position at = start(); at.advanceToLive() && !at.id.isAfter(to); at = new Position(at)) {
            if (!at.id.isBefore(from)) {
                positions.add(at);
            }
        }
        for (int i = positions.size() - 1; i >= 0; i--) {
            if (!visitor.visit(positions.get(i).read())) {
                return false;
            }
        }
        return true;
    }

    private Position start() {
        return new Position(packed.new Reader(0));
    }

    /** Where an entry stands in the array. */
    private final class Position {
        private final PackedStrings.Reader reader;
        private StreamId id = StreamId.ZERO;
        private byte flags;
        private int flagsAt;
        private int bodyAt;
        private int bodyLength;

        Position(PackedStrings.Reader reader) {
            this.reader = reader;
        }

        /** Goes on where the other one stands. */
        Position(Position other) {
            this(other.reader);
        }

        /** To the next entry; false at the end. */
        boolean advance() {
            if (!reader.hasMore()) {
                return false;
            }
            flagsAt = reader.at();
            flags = reader.nextByte();
            long ms = first.ms() + reader.nextNumber();
            long seq = first.seq() + reader.nextSigned();
            id = new StreamId(ms, seq);
            bodyLength = (int) reader.nextNumber();
            bodyAt = reader.at();
            reader.skip(bodyLength);
            return true;
        }

        /** To the next entry that is not deleted: after XSETID a deleted one may have a greater id than those behind it. */
        boolean advanceToLive() {
            while (advance()) {
                if (!isDeleted()) {
                    return true;
                }
            }
            return false;
        }

        boolean isDeleted() {
            return (flags & DELETED) != 0;
        }

        StreamEntry read() {
            PackedStrings.Reader body = packed.new Reader(bodyAt);
            boolean sameNames = (flags & SAME_NAMES) != 0;
            int count = sameNames ? names.size() : (int) body.nextNumber();
            var strings = new Bytes[2 * count];
            for (int i = 0; i < count; i++) {
                strings[2 * i] = sameNames ? names.get(i) : body.nextString();
                strings[2 * i + 1] = body.nextString();
            }
            return new StreamEntry(id, List.of(strings));
        }
    }
}
