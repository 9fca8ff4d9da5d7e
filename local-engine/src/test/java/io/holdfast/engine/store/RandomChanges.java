package io.holdfast.engine.store;

import io.holdfast.engine.keyspace.KeyRecord;
import io.holdfast.engine.keyspace.Keyspace;
import io.holdfast.engine.keyspace.Keyspaces;
import io.holdfast.engine.value.ConsumerGroup;
import io.holdfast.engine.value.EncodingLimits;
import io.holdfast.engine.value.GroupCounting;
import io.holdfast.engine.value.HashValue;
import io.holdfast.engine.value.ListValue;
import io.holdfast.engine.value.SetValue;
import io.holdfast.engine.value.SortedSetValue;
import io.holdfast.engine.value.StreamConsumer;
import io.holdfast.engine.value.StreamEntry;
import io.holdfast.engine.value.StreamId;
import io.holdfast.engine.value.StreamTrim;
import io.holdfast.engine.value.StreamValue;
import io.holdfast.engine.value.StringValue;
import io.holdfast.engine.value.Value;
import io.holdfast.resp.Bytes;
import java.util.List;
import java.util.SplittableRandom;

/** Changes a keyspace as handlers do, by chance: few keys of every type, so that the same ones are met again and again. */
final class RandomChanges {
    private static final int KEYS = 24;
    private static final int ELEMENTS = 40;
    private static final long NOW_MS = 1_000_000;
    private static final double[] SCORES = {
        0.0, -0.0, 1, -1, 0.1, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, Double.MIN_VALUE, 1L << 53, -1e300
    };

    private final SplittableRandom random;

    RandomChanges(SplittableRandom random) {
        this.random = random;
    }

    void change(Keyspaces keyspaces, int times) {
        for (int i = 0; i < times; i++) {
            change(keyspaces);
        }
    }

    private void change(Keyspaces keyspaces) {
        Keyspace keyspace = keyspaces.get(random.nextInt(keyspaces.count()));
        Bytes key = bytes("k", KEYS);
        int chance = random.nextInt(1000);
        if (chance < 5) {
            keyspaces.swap(random.nextInt(keyspaces.count()), random.nextInt(keyspaces.count()), 0);
        } else if (chance < 7) {
            keyspace.clear();
        } else if (chance < 60) {
            keyspace.remove(key, NOW_MS);
        } else if (chance < 120) {
            keyspace.put(key, fresh());
        } else {
            changeValue(keyspace, key);
        }
    }

    private void changeValue(Keyspace keyspace, Bytes key) {
        KeyRecord record = keyspace.find(key, NOW_MS);
        if (record == null) {
            record = keyspace.insert(key, fresh());
        } else if (random.nextInt(8) == 0) {
            keyspace.expireAt(record, NOW_MS + random.nextInt(1_000));
        } else if (random.nextInt(8) == 0) {
            keyspace.persist(record);
        }
        keyspace.aboutToChange(record);
        for (int i = random.nextInt(6); i >= 0 && !record.value().isEmpty(); i--) {
            change(record.value());
        }
        keyspace.changed(record);
    }

    private Value fresh() {
        Value value = switch (random.nextInt(6)) {
            case 0 -> new StringValue(element());
            case 1 -> new HashValue(EncodingLimits.DEFAULT);
            case 2 -> new SetValue(EncodingLimits.DEFAULT);
            case 3 -> new SortedSetValue(EncodingLimits.DEFAULT);
            case 4 -> new StreamValue(EncodingLimits.DEFAULT);
            default -> new ListValue(EncodingLimits.DEFAULT);
        };
        for (int i = 0; value.isEmpty() || i < 5; i++) {
            change(value);
        }
        return value;
    }

    private void change(Value value) {
        if (value instanceof StringValue string) {
            changeString(string);
        } else if (value instanceof HashValue hash) {
            boolean unused = random.nextInt(3) == 0 ? hash.remove(element()) : hash.put(element(), element());
        } else if (value instanceof SetValue set) {
            boolean unused = random.nextInt(3) == 0 ? set.remove(element()) : set.add(element());
        } else if (value instanceof SortedSetValue sorted) {
            boolean unused = random.nextInt(3) == 0
                    ? sorted.remove(element())
                    : sorted.put(element(), SCORES[random.nextInt(SCORES.length)]);
        } else if (value instanceof ListValue list) {
            changeList(list);
        } else if (value instanceof StreamValue stream) {
            changeStream(stream);
        }
    }

    private void changeStream(StreamValue stream) {
        StreamId last = stream.lastId();
        var some = new StreamId(random.nextLong(Math.max(1, last.ms() + 1)), random.nextInt(3));
        switch (random.nextInt(16)) {
            case 0 -> stream.delete(some);
            case 1 -> stream.trim(new StreamTrim(null, random.nextInt(10), random.nextBoolean(), 0));
            case 2 -> stream.trim(new StreamTrim(some, 0, random.nextBoolean(), 0));
            case 3 -> setIds(stream, some);
            case 4, 5, 6, 7 -> changeGroup(stream, some);
            default ->
                stream.append(new StreamEntry(
                        new StreamId(last.ms() + random.nextInt(2), last.seq() + 1), List.of(element(), element())));
        }
    }

    /** As XSETID, also backwards and to where Redis's unsigned numbers are Java's negative ones. */
    private void setIds(StreamValue stream, StreamId some) {
        boolean empty = stream.length() == 0;
        StreamId top = new StreamId(random.nextBoolean() ? -1_000 : Long.MAX_VALUE - 1, random.nextInt(3));
        StreamId last = empty ? (random.nextBoolean() ? some : top) : stream.lastId();
        stream.setIds(last, some, stream.entriesAdded() + random.nextInt(5));
    }

    private void changeGroup(StreamValue stream, StreamId some) {
        Bytes name = bytes("g", 3);
        ConsumerGroup group = stream.group(name);
        if (group == null) {
            stream.createGroup(name, some, random.nextInt(-1, 5));
            return;
        }
        Bytes consumerName = bytes("c", 3);
        StreamConsumer consumer = group.consumer(consumerName);
        if (consumer == null) {
            group.createConsumer(consumerName, NOW_MS);
            return;
        }
        switch (random.nextInt(12)) {
            case 0 -> stream.removeGroup(group);
            case 1 -> group.removeConsumer(consumer);
            case 2 -> stream.delivering(group, some, GroupCounting.UP_TO_7);
            case 3 -> group.seen(consumer, NOW_MS + random.nextInt(100));
            case 4 -> group.active(consumer, NOW_MS + random.nextInt(100));
            case 5, 6 -> group.acknowledge(some);
            default -> group.deliver(some, consumer, NOW_MS + random.nextInt(100), random.nextInt(5));
        }
    }

    private void changeString(StringValue string) {
        switch (random.nextInt(3)) {
            case 0 -> string.append(element());
            case 1 -> string.setRange(random.nextInt(20), element());
            default -> string.set(element());
        }
    }

    private void changeList(ListValue list) {
        int size = (int) list.size();
        int kind = size == 0 ? random.nextInt(2) : random.nextInt(10);
        switch (kind) {
            case 0, 2 -> list.pushHead(element());
            case 1, 3 -> list.pushTail(element());
            case 4 -> list.popHead();
            case 5 -> list.popTail();
            case 6 -> list.set(random.nextInt(size), element());
            case 7 -> list.insert(random.nextInt(size + 1), element());
            case 8 -> list.removeMatching(random.nextInt(-2, 3), list.get(random.nextInt(size)));
            default -> list.trim(random.nextInt(1 + size / 4), size - random.nextInt(1 + size / 4));
        }
    }

    private Bytes element() {
        return random.nextInt(ELEMENTS) == 0 ? Bytes.EMPTY : bytes("e", ELEMENTS);
    }

    /** Text, a number, or what is neither and has a zero byte. */
    private Bytes bytes(String prefix, int different) {
        int number = random.nextInt(different);
        return switch (number % 3) {
            case 0 -> Bytes.of(number);
            case 1 -> Bytes.of(prefix + number);
            default -> Bytes.wrap(new byte[] {(byte) 0xff, 0, (byte) number, '\r', '\n'});
        };
    }
}
