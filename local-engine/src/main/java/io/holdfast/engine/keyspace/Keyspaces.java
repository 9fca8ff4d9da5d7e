package io.holdfast.engine.keyspace;

import io.holdfast.engine.value.Value;
import io.holdfast.engine.value.ValueType;
import io.holdfast.resp.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** All numbered databases of one engine. Owned by the engine loop. */
public final class Keyspaces {
    private final ValueCache values;
    private final Changes changes;
    private final Watches watches = new Watches();
    private final BlockedClients blocked = new BlockedClients();
    private final List<Keyspace> keyspaces = new ArrayList<>();
    private final Eviction eviction;
    private final SplittableRandom random;
    private boolean expiringActively = true;

    public Keyspaces(int count, SplittableRandom random) {
        this.random = random;
        this.values = new ValueCache(random);
        this.changes = new Changes(values);
        this.eviction = new Eviction(keyspaces, values, random);
        for (int i = 0; i < count; i++) {
            keyspaces.add(new Keyspace(i, changes, watches, values, blocked));
        }
    }

    public int count() {
        return keyspaces.size();
    }

    public Keyspace get(int index) {
        return keyspaces.get(index);
    }

    public List<Keyspace> all() {
        return List.copyOf(keyspaces);
    }

    public Changes changes() {
        return changes;
    }

    public ValueCache values() {
        return values;
    }

    public Eviction eviction() {
        return eviction;
    }

    /** From now on keys are given up by this policy; what is remembered of their use may begin anew. */
    public void evictBy(EvictionPolicy policy) {
        Usage usage = values.usage();
        if (usage.countsUses() != policy.countsUses()) {
            usage.countUses(policy.countsUses());
            everyKey().forEach(record -> record.used = usage.fresh());
        }
        eviction.policy(policy);
    }

    /** How slowly counters of uses rise, where the policy counts uses. */
    public void lfuLogFactor(int factor) {
        values.usage().logFactor(factor);
    }

    /** After how long without use they fall by one; 0: never. */
    public void lfuDecayMinutes(int minutes) {
        values.usage().decayMinutes(minutes);
    }

    public Watches watches() {
        return watches;
    }

    public BlockedClients blocked() {
        return blocked;
    }

    public SplittableRandom random() {
        return random;
    }

    /** Exchanges all keys of two databases, as SWAPDB. */
    public void swap(int a, int b, long nowMs) {
        if (a == b) {
            return;
        }
        // What has expired is no key any more: to get it in exchange for none is no change for who watches.
        for (int watchedIn : new int[] {a, b}) {
            for (Bytes key : watches.keysOf(watchedIn)) {
                keyspaces.get(a).find(key, nowMs);
                keyspaces.get(b).find(key, nowMs);
            }
        }
        keyspaces.get(a).swapWith(keyspaces.get(b));
    }

    public void clear() {
        keyspaces.forEach(Keyspace::clear);
    }

    public boolean isEmpty() {
        return keyspaces.stream().allMatch(keyspace -> keyspace.size() == 0);
    }

    /** Puts back a key that storage held, on start-up; false when it is there already. */
    public boolean restore(int db, Bytes key, long id, Value value, long expiresAtMs) {
        changes.idSeen(id);
        return keyspaces.get(db).restore(key, id, value, expiresAtMs);
    }

    /**
     * As {@link #restore}, for a value that stays in storage until it is asked for.
     *
     * @param size elements it has, or bytes of a string
     * @param bytes an estimate of the heap it would take
     */
    public boolean restoreStored(int db, Bytes key, long id, ValueType type, long size, long bytes, long expiresAtMs) {
        changes.idSeen(id);
        return keyspaces.get(db).restoreStored(key, id, type, size, bytes, expiresAtMs);
    }

    /** Every key of every database. Nothing may change while they are gone through. */
    public Iterable<KeyRecord> everyKey() {
        return () -> keyspaces.stream()
                .flatMap(keyspace -> IntStream.range(0, keyspace.size()).mapToObj(keyspace::at))
                .iterator();
    }

    /**
     * Bounds the memory that values take; what is in storage leaves memory when room is needed.
     *
     * @param bytesMax 0: no bound
     */
    public void boundValues(long bytesMax) {
        values.bound(bytesMax, everyKey());
    }

    /**
     * Holds what {@code loaded} holds, all of it in memory, and nothing else. Only right when that is the same data: nobody who watches a key
     * hears of it, and nothing is owed to the next checkpoint.
     */
    public void replaceBy(Keyspaces loaded) {
        long bytesMax = values.bytesMax();
        everyKey().forEach(values::removed);
        changes.vouchedKeys().clear();
        values.bound(0, everyKey());
        for (int i = 0; i < keyspaces.size(); i++) {
            keyspaces.get(i).replaceBy(loaded.get(i));
        }
        everyKey().forEach(record -> record.used = values.usage().fresh());
        values.bound(bytesMax, everyKey());
    }

    /** Whether expired keys go before anybody meets them (DEBUG SET-ACTIVE-EXPIRE). */
    public void expireActively(boolean on) {
        expiringActively = on;
    }

    /**
     * Removes expired keys: samples each database, and again while a quarter of a sample had expired.
     *
     * @param roundsMax bound on the samples taken in one database
     */
    public void expireSome(int roundsMax, long nowMs) {
        if (!expiringActively) {
            return;
        }
        int sample = 20;
        for (Keyspace keyspace : keyspaces) {
            for (int round = 0; round < roundsMax && keyspace.expiringSize() > 0; round++) {
                if (keyspace.expireSample(sample, random, nowMs) * 4 < sample) {
                    break;
                }
            }
        }
    }

    /** The journal has of a key, if it is there yet, that it was changed and ends: nobody else knows after a start. */
    public void endOwed(int db, Bytes key) {
        KeyRecord record = keyspaces.get(db).findToOverwrite(key);
        if (record != null) {
            changes.endOwed(record);
        }
    }

    /** Removes every expired key of which the upstream has to hear, whether anybody has met it or not. */
    public void expireOwed(long nowMs) {
        for (KeyRecord record : changes.expiredHere(nowMs)) {
            Keyspace keyspace = keyspaces.get(record.db());
            if (record.equals(keyspace.findToOverwrite(record.key()))) { // what was read anew has records of its own
                keyspace.expire(record);
            }
        }
    }
}
