package io.holdfast.sync.mirror;

import io.holdfast.engine.command.CommandGroup;
import io.holdfast.engine.rule.RedisDouble;
import io.holdfast.engine.value.EncodingLimits;
import io.holdfast.engine.value.HashValue;
import io.holdfast.engine.value.ListValue;
import io.holdfast.engine.value.SetValue;
import io.holdfast.engine.value.SortedSetValue;
import io.holdfast.engine.value.StringValue;
import io.holdfast.engine.value.Value;
import io.holdfast.engine.value.ValueType;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a key of each type is read whole, within bounds: TYPE and PTTL first, then one bounded read that shows whether
 * there is more. Pure; safe on every thread.
 */
enum KeyFetch {
    STRING("string") {
        @Override
        Bytes[] read(Bytes key, MirrorLimits limits) {
            return new Bytes[] {Bytes.of("GETRANGE"), key, Bytes.of(0), Bytes.of(limits.stringBytesMax())};
        }

        @Override
        @Nullable Value value(Reply reply, EncodingLimits encoding, MirrorLimits limits, long aheadMs) {
            return reply instanceof Reply.Bulk bulk && bulk.value().length() <= limits.stringBytesMax()
                    ? new StringValue(bulk.value())
                    : null;
        }
    },
    HASH("hash") {
        @Override
        Bytes[] read(Bytes key, MirrorLimits limits) {
            return scan("HSCAN", key, limits);
        }

        @Override
        @Nullable Value value(Reply reply, EncodingLimits encoding, MirrorLimits limits, long aheadMs) {
            List<Bytes> items = scanned(reply, 2 * limits.elementsMax());
            if (items == null) {
                return null;
            }
            var hash = new HashValue(encoding);
            for (int i = 0; i + 1 < items.size(); i += 2) {
                hash.put(items.get(i), items.get(i + 1));
            }
            return hash;
        }
    },
    LIST("list") {
        @Override
        Bytes[] read(Bytes key, MirrorLimits limits) {
            return new Bytes[] {Bytes.of("LRANGE"), key, Bytes.of(0), Bytes.of(limits.elementsMax())};
        }

        @Override
        @Nullable Value value(Reply reply, EncodingLimits encoding, MirrorLimits limits, long aheadMs) {
            if (!(reply instanceof Reply.Array array) || array.items().size() > limits.elementsMax()) {
                return null;
            }
            var list = new ListValue(encoding);
            bulks(array.items()).forEach(list::pushTail);
            return list;
        }
    },
    SET("set") {
        @Override
        Bytes[] read(Bytes key, MirrorLimits limits) {
            return scan("SSCAN", key, limits);
        }

        @Override
        @Nullable Value value(Reply reply, EncodingLimits encoding, MirrorLimits limits, long aheadMs) {
            List<Bytes> items = scanned(reply, limits.elementsMax());
            if (items == null) {
                return null;
            }
            var set = new SetValue(encoding);
            items.forEach(set::add);
            return set;
        }
    },
    SORTED_SET("zset") {
        @Override
        Bytes[] read(Bytes key, MirrorLimits limits) {
            return scan("ZSCAN", key, limits);
        }

        @Override
        @Nullable Value value(Reply reply, EncodingLimits encoding, MirrorLimits limits, long aheadMs) {
            List<Bytes> items = scanned(reply, 2 * limits.elementsMax());
            if (items == null) {
                return null;
            }
            var sorted = new SortedSetValue(encoding);
            for (int i = 0; i + 1 < items.size(); i += 2) {
                sorted.put(items.get(i), RedisDouble.parse(items.get(i + 1)));
            }
            return sorted;
        }
    },
    STREAM("stream") {
        @Override
        Bytes[] read(Bytes key, MirrorLimits limits) {
            return StreamFetch.read(key, limits.elementsMax() + 1);
        }

        @Override
        @Nullable Value value(Reply reply, EncodingLimits encoding, MirrorLimits limits, long aheadMs) {
            return StreamFetch.value(reply, encoding, limits.elementsMax(), aheadMs);
        }
    };

    /** @param ttlMs milliseconds to live; negative: no expiry */
    record Fetched(Value value, long ttlMs) {}

    private final String redisName;

    KeyFetch(String redisName) {
        this.redisName = redisName;
    }

    abstract Bytes[] read(Bytes key, MirrorLimits limits);

    abstract @Nullable Value value(Reply reply, EncodingLimits encoding, MirrorLimits limits, long aheadMs);

    /** The type that a command of this group works on; null when any. */
    static @Nullable KeyFetch guess(CommandGroup group) {
        return switch (group) {
            case STRING, BITMAP, HYPERLOGLOG -> STRING;
            case HASH -> HASH;
            case LIST -> LIST;
            case SET -> SET;
            case SORTED_SET, GEO -> SORTED_SET;
            case STREAM -> STREAM;
            case GENERIC, PUBSUB, TRANSACTIONS, SCRIPTING, CONNECTION, SERVER, CLUSTER -> null;
        };
    }

    static KeyFetch of(ValueType type) {
        return switch (type) {
            case STRING -> STRING;
            case HASH -> HASH;
            case LIST -> LIST;
            case SET -> SET;
            case ZSET -> SORTED_SET;
            case STREAM -> STREAM;
        };
    }

    static List<Bytes[]> commands(Bytes key, @Nullable KeyFetch guess, MirrorLimits limits) {
        List<Bytes[]> commands = new ArrayList<>(3);
        commands.add(new Bytes[] {Bytes.of("TYPE"), key});
        commands.add(new Bytes[] {Bytes.of("PTTL"), key});
        if (guess != null) {
            commands.add(guess.read(key, limits));
        }
        return commands;
    }

    /** What TYPE said; null when there is no such key, or it is of a type that is not copied. */
    static @Nullable KeyFetch typeIn(List<Reply> replies) {
        if (replies.get(0) instanceof Reply.Simple type) {
            for (KeyFetch fetch : values()) {
                if (fetch.redisName.equals(type.text().utf8())) {
                    return fetch;
                }
            }
        }
        return null;
    }

    /**
     * The value; null when it is too big to be copied, or has changed its type between the replies.
     *
     * @param aheadMs how far the upstream's clock is ahead of ours
     */
    @Nullable Fetched read(List<Reply> replies, EncodingLimits encoding, MirrorLimits limits, long aheadMs) {
        Value value = value(replies.get(2), encoding, limits, aheadMs);
        if (value == null || value.isEmpty() || !(replies.get(1) instanceof Reply.Int ttl)) {
            return null;
        }
        return new Fetched(value, ttl.value());
    }

    private static Bytes[] scan(String command, Bytes key, MirrorLimits limits) {
        // One more than we take: a collection of just as many as we take would end the scan's step before its end.
        Bytes count = Bytes.of(limits.elementsMax() + 1L);
        return new Bytes[] {Bytes.of(command), key, Bytes.of(0), Bytes.of("COUNT"), count};
    }

    /** The elements of a scan that came to its end in one step, if they are not too many; null otherwise. */
    private static @Nullable List<Bytes> scanned(Reply reply, int itemsMax) {
        if (reply instanceof Reply.Array array
                && array.items().size() == 2
                && array.items().get(0) instanceof Reply.Bulk cursor
                && cursor.value().equals(Bytes.of(0))
                && array.items().get(1) instanceof Reply.Array items
                && items.items().size() <= itemsMax) {
            return bulks(items.items());
        }
        return null;
    }

    private static List<Bytes> bulks(List<Reply> items) {
        List<Bytes> bulks = new ArrayList<>(items.size());
        for (Reply item : items) {
            if (item instanceof Reply.Bulk bulk) {
                bulks.add(bulk.value());
            }
        }
        return bulks;
    }
}
