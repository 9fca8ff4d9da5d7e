package io.holdfast.sync.mirror;

import io.holdfast.engine.LocalEngine;
import io.holdfast.engine.keyspace.KeyRecord;
import io.holdfast.engine.keyspace.Keyspace;
import io.holdfast.engine.value.Value;
import io.holdfast.resp.Bytes;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Brings the keys of the writes that come next, and the elements they name, into the processor's caches, many at a time.
 * Looking for one costs little but waiting for memory, a few times in a row; requests and replies come in bursts, so that
 * the waits of one burst can overlap. With 100,000 keys it took a third of what a forwarded SET costs. Owned by the engine
 * loop.
 */
final class LookAhead {
    /** Few enough that all of it is still cached when the last is carried over. */
    static final int WRITES = 32;
    /** With fewer keys, or elements of a key, than this everything is cached anyway. */
    private static final int ENTRIES_MIN = 4096;

    private final LocalEngine engine;
    private final UnderWay underWay;
    private final SentWrite[] writes = new SentWrite[WRITES];
    private final int[] hashes = new int[WRITES];
    private final int[] indexes = new int[WRITES];
    private final SentWrite[] sought = new SentWrite[WRITES];
    private final @Nullable Object[] found = new Object[WRITES];
    private int readsFound;
    private int left;
    /** Keeps the reads from being left out as useless. */
    private int read;

    LookAhead(LocalEngine engine, UnderWay underWay) {
        this.engine = engine;
        this.underWay = underWay;
    }

    /** A write is about to be carried over. */
    void step() {
        if (--left > 0) {
            return;
        }
        left = underWay.next(writes);
        warm(left);
        warmElements(left);
    }

    /** A burst of writes often goes to one big hash or set. */
    private void warmElements(int count) {
        KeyRecord record = count < 2 ? null : writes[0].record;
        Value value = record == null || record.isGone() ? null : record.residentValue();
        if (value == null || value.size() < ENTRIES_MIN) {
            return;
        }
        int wanted = 0;
        for (int i = 0; i < count; i++) {
            SentWrite write = writes[i];
            int element = write.spec.singleKeyAt() + 1;
            if (write.record == record && !write.overwrites && element < write.args().length) {
                hashes[wanted++] = write.args()[element].hashCode();
            }
        }
        read += value.warm(hashes, indexes, wanted);
    }

    /** The keys of these writes are about to be looked for, from {@code from} on: as many as are brought in at a time. */
    int step(List<SentWrite> sent, int from) {
        int count = Math.min(WRITES, sent.size() - from);
        for (int i = 0; i < count; i++) {
            writes[i] = sent.get(from + i);
        }
        warm(count);
        return count;
    }

    private void warm(int count) {
        int db = count < 2 ? -1 : writes[0].db;
        if (db < 0 || engine.keyspaces().get(db).size() < ENTRIES_MIN) {
            return;
        }
        int wanted = 0;
        for (int i = 0; i < count; i++) {
            SentWrite write = writes[i];
            Bytes key = write.key;
            KeyRecord record = write.record;
            if (record == null && write.db == db && key != null) {
                sought[wanted] = write;
                hashes[wanted++] = key.hashCode();
            }
        }
        engine.keyspaces().get(db).findAll(hashes, indexes, found, wanted);
        int all = wanted;
        for (int i = 0; i < count; i++) {
            if (writes[i].record != null) {
                found[all++] = writes[i].record; // its key was compared when it was found
            }
        }
        read += Keyspace.warm(found, wanted, all);
        for (int i = 0; i < wanted; i++) {
            keep(sought[i], found[i]);
        }
    }

    /** Where a write's key stands. Who overwrites it needs no more; whether that is vouched for is for others to see. */
    private static void keep(SentWrite write, @Nullable Object record) {
        if (record instanceof KeyRecord its && its.key().equals(write.key)) {
            write.record = its;
        }
    }

    /** The keys of these reads are about to be looked for. */
    void step(List<Reads.Read> reads) {
        int db = reads.size() < 2 ? -1 : reads.get(0).db();
        readsFound = 0;
        if (db < 0 || engine.keyspaces().get(db).size() < ENTRIES_MIN) {
            return;
        }
        for (int i = 0; i < reads.size() && reads.get(i).db() == db; i++) {
            hashes[readsFound++] = reads.get(i).key().hashCode();
        }
        engine.keyspaces().get(db).findAll(hashes, indexes, found, readsFound);
        read += Keyspace.warm(found, readsFound, readsFound);
    }

    /** The record that the last {@link #step(List)} met for read {@code i}: most likely, but not surely, its key's. */
    @Nullable KeyRecord found(int i) {
        return i < readsFound && found[i] instanceof KeyRecord record ? record : null;
    }

    /** A number without meaning. */
    int read() {
        return read;
    }
}
