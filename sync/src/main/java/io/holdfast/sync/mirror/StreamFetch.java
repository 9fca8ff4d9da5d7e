package io.holdfast.sync.mirror;

import io.holdfast.engine.value.ConsumerGroup;
import io.holdfast.engine.value.EncodingLimits;
import io.holdfast.engine.value.StreamConsumer;
import io.holdfast.engine.value.StreamEntry;
import io.holdfast.engine.value.StreamId;
import io.holdfast.engine.value.StreamValue;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A stream as XINFO STREAM … FULL tells of it: entries, groups, consumers and what is pending, all in one reply. What
 * Redis before 7.0 and 7.2 does not tell is filled in as they would on an upgrade. Pure; safe on every thread.
 */
final class StreamFetch {
    private StreamFetch() {}

    /** @param count of entries, and of what is pending in each group */
    static Bytes[] read(Bytes key, int count) {
        return new Bytes[] {
            Bytes.of("XINFO"), Bytes.of("STREAM"), key, Bytes.of("FULL"), Bytes.of("COUNT"), Bytes.of(count)
        };
    }

    /**
     * The stream; null when it has more than {@code elementsMax} entries or pending ones, or the reply is no such reply.
     *
     * @param aheadMs how far the clock that stamps deliveries there is ahead of ours
     */
    static @Nullable StreamValue value(Reply reply, EncodingLimits encoding, int elementsMax, long aheadMs) {
        try {
            return new Facts(reply, aheadMs).stream(encoding, elementsMax);
        } catch (NotSo notSo) {
            return null;
        } catch (NumberFormatException notAnId) {
            return null;
        }
    }

    /** A reply is not what it has to be; caught above. */
    private static final class NotSo extends RuntimeException {
        private static final long serialVersionUID = 1L;

        NotSo() {
            super("not a reply to XINFO STREAM FULL, or one that is too big", null, false, false);
        }
    }

    /** Names with their values: a map in RESP3, an array in RESP2. */
    private static final class Facts {
        private final Map<String, Reply> byName = new HashMap<>();

        private final long aheadMs;

        Facts(Reply reply, long aheadMs) {
            this.aheadMs = aheadMs;
            List<Reply> all = items(reply);
            for (int i = 0; i + 1 < all.size(); i += 2) {
                byName.put(bytes(all.get(i)).latin1(), all.get(i + 1));
            }
        }

        StreamValue stream(EncodingLimits encoding, int elementsMax) {
            var stream = new StreamValue(encoding);
            List<Reply> entries = list("entries", elementsMax);
            for (Reply entry : entries) {
                List<Reply> idAndFields = items(entry, 2);
                List<Bytes> fields = new ArrayList<>();
                items(idAndFields.get(1)).forEach(field -> fields.add(bytes(field)));
                stream.append(
                        new StreamEntry(StreamId.parse(bytes(idAndFields.get(0)).latin1()), fields));
            }
            StreamId maxDeleted =
                    byName.containsKey("max-deleted-entry-id") ? id("max-deleted-entry-id") : StreamId.ZERO;
            stream.setIds(id("last-generated-id"), maxDeleted, number("entries-added", entries.size()));
            for (Reply group : list("groups", Integer.MAX_VALUE)) {
                new Facts(group, aheadMs).addGroupTo(stream, elementsMax);
            }
            return stream;
        }

        private void addGroupTo(StreamValue stream, int elementsMax) {
            long entriesRead = number("entries-read", ConsumerGroup.UNKNOWN);
            ConsumerGroup group = stream.createGroup(name(), id("last-delivered-id"), entriesRead);
            int number = 0;
            for (Reply consumer : list("consumers", Integer.MAX_VALUE)) {
                var facts = new Facts(consumer, aheadMs);
                long seenMs = here(facts.number("seen-time", 0));
                long activeMs = here(facts.number("active-time", StreamConsumer.NEVER));
                group.restoreConsumer(++number, facts.name(), seenMs, activeMs);
            }
            for (Reply pending : list("pending", elementsMax)) {
                List<Reply> facts = items(pending, 4);
                StreamConsumer owner = group.consumer(bytes(facts.get(1)));
                if (owner == null) {
                    throw new NotSo();
                }
                StreamId id = StreamId.parse(bytes(facts.get(0)).latin1());
                group.deliver(id, owner, here(integer(facts.get(2))), integer(facts.get(3)));
            }
        }

        /** What our clock showed when the upstream's showed {@code thereMs}. */
        private long here(long thereMs) {
            return thereMs > 0 ? thereMs - aheadMs : thereMs; // what has never been is nowhere
        }

        private Bytes name() {
            return bytes(get("name"));
        }

        private StreamId id(String name) {
            return StreamId.parse(bytes(get(name)).latin1());
        }

        /** The number of this name; {@code otherwise} where there is none, or a null. */
        private long number(String name, long otherwise) {
            Reply value = byName.get(name);
            return value == null || value instanceof Reply.Null ? otherwise : integer(value);
        }

        private List<Reply> list(String name, int sizeMax) {
            List<Reply> list = items(get(name));
            if (list.size() > sizeMax) {
                throw new NotSo();
            }
            return list;
        }

        private Reply get(String name) {
            Reply value = byName.get(name);
            if (value == null) {
                throw new NotSo();
            }
            return value;
        }
    }

    private static List<Reply> items(Reply reply) {
        if (reply instanceof Reply.Array array) {
            return array.items();
        }
        if (reply instanceof Reply.MapOf map) {
            return map.keysAndValues();
        }
        throw new NotSo();
    }

    private static List<Reply> items(Reply reply, int count) {
        List<Reply> items = items(reply);
        if (items.size() != count) {
            throw new NotSo();
        }
        return items;
    }

    private static Bytes bytes(Reply reply) {
        if (reply instanceof Reply.Bulk bulk) {
            return bulk.value();
        }
        throw new NotSo();
    }

    private static long integer(Reply reply) {
        if (reply instanceof Reply.Int number) {
            return number.value();
        }
        throw new NotSo();
    }
}
