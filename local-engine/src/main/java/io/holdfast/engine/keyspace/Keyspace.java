package io.holdfast.engine.keyspace;

import io.holdfast.engine.value.DenseMap;
import io.holdfast.engine.value.StringValue;
import io.holdfast.engine.value.Value;
import io.holdfast.engine.value.ValueType;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.RequestFrame;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One numbered database: every key with its value and expiry. Expired keys are gone for whoever asks, and removed when
 * met. All changes to keys go through here, so that watchers and the checkpoint learn of them. Owned by the engine loop.
 */
public final class Keyspace {
    private final Changes changes;
    private final Watches watches;
    private final ValueCache values;
    private final BlockedClients blocked;
    private final int index;
    private DenseMap<KeyRecord> keys = new DenseMap<>();
    private DenseMap<KeyRecord> expiring = new DenseMap<>();
    private long expiredKeys;
    /** The last look-up: a command looks for the same key, in the same object, several times. */
    private @Nullable Bytes lastKey;

    private @Nullable KeyRecord lastRecord;

    Keyspace(int index, Changes changes, Watches watches, ValueCache values, BlockedClients blocked) {
        this.index = index;
        this.values = values;
        this.changes = changes;
        this.watches = watches;
        this.blocked = blocked;
    }

    /** The number that SELECT takes. */
    public int index() {
        return index;
    }

    /** Keys, expired ones that nobody has met yet included, as DBSIZE counts. */
    public int size() {
        return keys.size();
    }

    public int expiringSize() {
        return expiring.size();
    }

    public long expiredKeys() {
        return expiredKeys;
    }

    /** The key's record, or null when there is none or it has expired by {@code nowMs}; then it is removed. */
    public @Nullable KeyRecord find(Bytes key, long nowMs) {
        KeyRecord record = lookUp(key);
        if (record != null && record.isExpired(nowMs)) {
            expire(record);
            return null;
        }
        return record;
    }

    /** As {@link #find} for who is about to overwrite it: also when it has expired. */
    public @Nullable KeyRecord findToOverwrite(Bytes key) {
        return lookUp(key);
    }

    @SuppressWarnings("ReferenceEquality") // another object of the same bytes is merely looked up again
    private @Nullable KeyRecord lookUp(Bytes key) {
        if (key != lastKey) {
            lastRecord = keys.get(key);
            lastKey = key;
        }
        return lastRecord;
    }

    /**
     * The next look-up of {@code key}, this very object, finds {@code record}: for who has it already.
     *
     * @param record of an equal key, and standing in this keyspace now
     */
    public void found(Bytes key, KeyRecord record) {
        lastKey = key;
        lastRecord = record;
    }

    private void forgetLast() {
        lastKey = null;
        lastRecord = null;
    }

    /** Looks for several keys at once, by their hashes, ahead of those who will; see {@link DenseMap#warm}. */
    public void findAll(int[] wanted, int[] indexes, @Nullable Object[] found, int count) {
        keys.warm(wanted, indexes, found, count);
    }

    /**
     * Brings what {@code records} have into the processor's caches: the record itself, the value, and of the first {@code sought}
     * also the key, with which the one that is looked for will be compared. Each pass waits for objects whose place the pass before
     * has told, so that the processor can wait for many of them together. What is no record is left out.
     *
     * @return a number without meaning: without a use the reads could be left out
     */
    public static int warm(@Nullable Object[] records, int sought, int count) {
        int read = 0;
        for (int i = 0; i < count; i++) {
            if (records[i] instanceof KeyRecord record) {
                read += record.warm();
            }
        }
        for (int i = 0; i < count; i++) {
            if (records[i] instanceof KeyRecord record) {
                read += i < sought ? record.key().hashCode() : 0;
                read += length(record.residentValue());
            }
        }
        for (int i = 0; i < count; i++) {
            if (records[i] instanceof KeyRecord record) {
                read += i < sought ? lastByte(record.key().array()) : 0;
                read += firstByte(record.residentValue());
            }
        }
        return read;
    }

    private static int lastByte(byte[] key) {
        return key.length == 0 ? 0 : key[key.length - 1];
    }

    /** Of a string, which most values are: then the processor need not learn first whose method it is. */
    private static int length(@Nullable Value value) {
        if (value instanceof StringValue string) {
            return string.length();
        }
        return value == null ? 0 : (int) value.size();
    }

    private static int firstByte(@Nullable Value value) {
        return value instanceof StringValue string ? string.warm() : 0;
    }

    /** The record of a key with this hash, most likely of the one that is meant; it may have expired. */
    @Nullable KeyRecord likely(int hash) {
        return keys.likely(hash);
    }

    /** Must be called before a value is changed in place: what a running checkpoint still owes it is written first. */
    public void aboutToChange(KeyRecord record) {
        changes.aboutToChange(record);
        values.aboutToChange(record);
    }

    /** The value of {@code record} was used, so it is to be kept in memory longer than others. */
    public void used(KeyRecord record) {
        values.used(record);
    }

    /** The value of {@code record} was changed in place. An emptied collection takes its key along. */
    public void changed(KeyRecord record) {
        if (record.value().isEmpty()) {
            remove(record);
            return;
        }
        values.changed(record);
        changes.changed(record);
        watches.touched(index, record.key());
    }

    /** As {@link #changed}, for what nobody who watches the key is told of. */
    public void changedUnwatched(KeyRecord record) {
        values.changed(record);
        changes.changed(record);
    }

    /** Gives {@code key} a new value and no expiry. */
    public KeyRecord put(Bytes key, Value value) {
        KeyRecord record = lookUp(key);
        if (record == null) {
            return insert(key, value);
        }
        overwrite(record, value);
        return record;
    }

    /** As {@link #put(Bytes, Value)} with a string. */
    public KeyRecord put(Bytes key, Bytes string) {
        KeyRecord record = lookUp(key);
        if (record == null) {
            return insert(key, new StringValue(string));
        }
        overwrite(record, string);
        return record;
    }

    /** Gives the key of {@code record}, which stands in this keyspace, a new value and no expiry. */
    public void overwrite(KeyRecord record, Value value) {
        replaceValue(record, value);
        overwritten(record);
    }

    /** As {@link #overwrite(KeyRecord, Value)} with a string. */
    public void overwrite(KeyRecord record, Bytes string) {
        replaceValue(record, string);
        overwritten(record);
    }

    /** As {@link #overwrite(KeyRecord, Bytes)} with an argument of a request. */
    public void overwrite(KeyRecord record, RequestFrame request, int argument) {
        if (record.residentValue() instanceof StringValue there) {
            changes.aboutToChange(record);
            there.replace(request, argument);
            replaced(record, there);
            overwritten(record);
        } else {
            overwrite(record, request.argument(argument));
        }
    }

    private void overwritten(KeyRecord record) {
        clearExpiry(record);
        changes.madeHere(record);
    }

    /** Gives the key of {@code record}, which stands in this keyspace, a new value. */
    public void replaceValue(KeyRecord record, Value value) {
        changes.aboutToChange(record);
        values.replaced(record);
        record.hold(value);
        replaced(record, value);
    }

    /** As {@link #replaceValue(KeyRecord, Value)} with a string; where one stands there already, it takes the new content. */
    public void replaceValue(KeyRecord record, Bytes string) {
        if (record.residentValue() instanceof StringValue there) {
            changes.aboutToChange(record);
            there.replace(string);
            replaced(record, there);
        } else {
            replaceValue(record, new StringValue(string));
        }
    }

    private void replaced(KeyRecord record, Value value) {
        value.markAllChanged();
        values.used(record);
        values.changed(record);
        changes.changed(record);
        watches.touched(index, record.key());
        blocked.gone(index, record.key()); // as Redis: what stood there has gone, but the key is not new
    }

    /** Gives {@code key} a new value and keeps its expiry, if it has one. */
    public KeyRecord putKeepingExpiry(Bytes key, Value value) {
        KeyRecord record = lookUp(key);
        if (record == null) {
            return insert(key, value);
        }
        replaceValue(record, value);
        return record;
    }

    /** As {@link #putKeepingExpiry(Bytes, Value)} with a string. */
    public KeyRecord putKeepingExpiry(Bytes key, Bytes string) {
        KeyRecord record = lookUp(key);
        if (record == null) {
            return insert(key, new StringValue(string));
        }
        replaceValue(record, string);
        return record;
    }

    /** Adds a key that is not there. */
    public KeyRecord insert(Bytes key, Value value) {
        KeyRecord record = insertUnwatched(key, value);
        watches.touched(index, key);
        return record;
    }

    /** As {@link #insert}, for what nobody who watches the key is told of. */
    public KeyRecord insertUnwatched(Bytes key, Value value) {
        changes.aboutToInsert(index, key);
        var record = new KeyRecord(index, key, changes.nextId(), value);
        value.markAllChanged();
        forgetLast();
        keys.put(key, record);
        record.used = values.usage().fresh();
        values.changed(record);
        changes.changed(record);
        changes.madeHere(record);
        blocked.ready(index, key);
        watches.created(index, key);
        return record;
    }

    /** Removes the key if it is there; false when it is not, or had expired by {@code nowMs}. */
    public boolean remove(Bytes key, long nowMs) {
        KeyRecord record = find(key, nowMs);
        if (record == null) {
            return false;
        }
        remove(record);
        return true;
    }

    public void remove(KeyRecord record) {
        changes.aboutToChange(record);
        forgetLast();
        keys.remove(record.key());
        if (record.hasExpiry()) {
            expiring.remove(record.key());
        }
        values.removed(record);
        changes.removed(record);
        watches.touched(index, record.key());
        blocked.gone(index, record.key());
    }

    /** Sets when the key expires, Unix milliseconds; a time in the past is the caller's business. */
    public void expireAt(KeyRecord record, long expiresAtMs) {
        changes.aboutToChange(record);
        if (!record.hasExpiry()) {
            expiring.put(record.key(), record);
            changes.vouchedKeys().forget(record);
        }
        record.expiresAtMs = expiresAtMs;
        changes.endSet(record);
        changes.changed(record);
        watches.touched(index, record.key());
    }

    /** Takes the expiry away; false when there was none. */
    public boolean persist(KeyRecord record) {
        if (!record.hasExpiry()) {
            return false;
        }
        changes.aboutToChange(record);
        clearExpiry(record);
        changes.changed(record);
        watches.touched(index, record.key());
        return true;
    }

    private void clearExpiry(KeyRecord record) {
        if (record.hasExpiry()) {
            expiring.remove(record.key());
            record.expiresAtMs = KeyRecord.NEVER;
        }
    }

    void expire(KeyRecord record) {
        changes.aboutToExpire(record);
        remove(record);
        expiredKeys++;
        watches.expired(index, record.key());
    }

    /** Removes every key. Who hears of every change ({@link Watches.Listener}) is not told of each. */
    public void clear() {
        changes.cleared(index);
        for (int i = 0; i < keys.size(); i++) {
            KeyRecord record = keys.valueAt(i);
            changes.aboutToChange(record);
            values.removed(record);
            changes.removed(record);
            watches.touchedWithAll(index, record.key());
            blocked.gone(index, record.key());
        }
        forgetLast();
        keys = new DenseMap<>();
        expiring = new DenseMap<>();
    }

    /** Exchanges all keys with {@code other}, as SWAPDB. */
    void swapWith(Keyspace other) {
        changes.vouchedKeys().clear();
        touchAll();
        other.touchAll();
        DenseMap<KeyRecord> theirKeys = other.keys;
        DenseMap<KeyRecord> theirExpiring = other.expiring;
        other.keys = keys;
        other.expiring = expiring;
        forgetLast();
        other.forgetLast();
        keys = theirKeys;
        expiring = theirExpiring;
        // A key watched in either database has changed when it stands, or stood, in one of them.
        rewriteAll();
        other.rewriteAll();
    }

    private void touchAll() {
        for (int i = 0; i < keys.size(); i++) {
            changes.aboutToChange(keys.valueAt(i));
            watches.touchedWithAll(index, keys.keyAt(i));
            blocked.gone(index, keys.keyAt(i));
        }
    }

    private void rewriteAll() {
        for (int i = 0; i < keys.size(); i++) {
            KeyRecord record = keys.valueAt(i);
            int verifiedIn = record.verifiedIn();
            record.db = (short) index;
            changes.changed(record);
            record.verifiedIn(verifiedIn); // a copy that nobody vouches for is not truer for having moved
            watches.touchedWithAll(index, keys.keyAt(i));
            blocked.ready(index, keys.keyAt(i));
        }
    }

    /** A random key that has not expired, or null when there is none. */
    public @Nullable KeyRecord random(RandomGenerator random, long nowMs) {
        while (keys.size() > 0) {
            KeyRecord record = keys.valueAt(random.nextInt(keys.size()));
            if (!record.isExpired(nowMs)) {
                return record;
            }
            expire(record);
        }
        return null;
    }

    /** Any key, or any with an expiry; null when there is none. It may have expired. */
    @Nullable KeyRecord draw(boolean onlyVolatile, RandomGenerator random) {
        DenseMap<KeyRecord> from = onlyVolatile ? expiring : keys;
        return from.isEmpty() ? null : from.valueAt(random.nextInt(from.size()));
    }

    /** As if the value had last been used some seconds ago; of no effect where the policy counts uses instead. */
    public void unusedFor(KeyRecord record, long seconds) {
        record.used = values.usage().unusedFor(seconds);
    }

    /** As if the value had been used often, on Redis's logarithmic scale; of no effect where the policy does not count that. */
    public void usedOften(KeyRecord record, int frequency) {
        record.used = values.usage().usedOften(frequency);
    }

    /** Seconds since a value was used; 0 where the policy counts uses instead. */
    public long idleSeconds(KeyRecord record) {
        return values.usage().idleSeconds(record.used);
    }

    /** How often a value was used, on Redis's logarithmic scale, where the policy counts that. */
    public long frequency(KeyRecord record) {
        return values.usage().counter(record.used);
    }

    /**
     * One step of SCAN: visits about {@code count} keys from {@code cursor} on and returns the next cursor, 0 at the end.
     * Every key that stays is visited at least once. Expired ones are given too: ask {@link KeyRecord#isExpired}.
     */
    public long scan(long cursor, int count, Consumer<KeyRecord> visitor) {
        return keys.scan(cursor, count, (key, record) -> visitor.accept(record));
    }

    /** The records by position, for KEYS and exports; positions change with every removal. */
    public KeyRecord at(int position) {
        return keys.valueAt(position);
    }

    /**
     * Removes expired keys from a random sample of those that have an expiry.
     *
     * @return how many of {@code sample} had expired
     */
    int expireSample(int sample, RandomGenerator random, long nowMs) {
        int expired = 0;
        for (int i = 0; i < sample && expiring.size() > 0; i++) {
            KeyRecord record = expiring.valueAt(random.nextInt(expiring.size()));
            if (record.isExpired(nowMs)) {
                expire(record);
                expired++;
            }
        }
        return expired;
    }

    /** The mean time to live of the keys that have one, milliseconds, from a sample; as INFO keyspace's avg_ttl. */
    public long averageTtlMs(long nowMs) {
        int sample = Math.min(expiring.size(), 32);
        long sum = 0;
        for (int i = 0; i < sample; i++) {
            sum += Math.max(0, expiring.valueAt(i).expiresAtMs - nowMs);
        }
        return sample == 0 ? 0 : sum / sample;
    }

    void replaceBy(Keyspace loaded) {
        forgetLast();
        keys = loaded.keys;
        expiring = loaded.expiring;
    }

    /** Puts back a key that storage held; nothing is owed to the checkpoint for it. False when it is there already. */
    boolean restore(Bytes key, long id, Value value, long expiresAtMs) {
        var record = new KeyRecord(index, key, id, value);
        record.stored();
        return restore(record, expiresAtMs);
    }

    /** As {@link #restore(Bytes, long, Value, long)}, for a value that stays in storage. */
    boolean restoreStored(Bytes key, long id, ValueType type, long size, long bytes, long expiresAtMs) {
        var record = new KeyRecord(index, key, id, values);
        record.stored(type, size);
        values.leaveInStorage(record, bytes);
        return restore(record, expiresAtMs);
    }

    private boolean restore(KeyRecord record, long expiresAtMs) {
        record.expiresAtMs = expiresAtMs;
        record.used = values.usage().fresh();
        forgetLast();
        boolean isNew = keys.put(record.key(), record) == null;
        if (record.hasExpiry()) {
            expiring.put(record.key(), record);
        }
        return isNew;
    }
}
