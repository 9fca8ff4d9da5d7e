package io.holdfast.engine.keyspace;

import io.holdfast.resp.Bytes;

/**
 * Hashes of keys that were found vouched for, and that stay so until somebody says otherwise: not gone, not in doubt, without an
 * expiry. Who meets one again has one place of memory to look at, where the way to the record and to its key's bytes has five, of
 * which with many keys each is waited for. That the hash of a key that is not here is met, 64 bits with a key of this process's
 * own, is left to chance. Not every key that could be is noted. Owned by the engine loop.
 */
public final class VouchedKeys {
    private static final int SLOTS_MIN = 1 << 10;
    /** Eight bytes each. */
    private static final int SLOTS_MAX = 1 << 20;
    /** An odd number whose bits are evenly spread: keys of one name are kept apart by their databases. */
    private static final long DATABASE = 0x9E3779B97F4A7C15L;

    private static final long FREE = 0;
    /** A hash stands in one of so many neighbouring slots, mostly in one line of the processor's cache. */
    private static final int NEIGHBOURS = 4;

    private long[] slots = new long[SLOTS_MIN];
    private int used;

    /**
     * Whether the key is one of them.
     *
     * @param hash {@link Bytes#longHash} of it
     */
    public boolean contains(int db, long hash) {
        long wanted = inDatabase(db, hash);
        int at = slot(wanted);
        long met = differs(slots[at], wanted)
                & differs(slots[at + 1], wanted)
                & differs(slots[at + 2], wanted)
                & differs(slots[at + 3], wanted);
        return met >= 0 && wanted != FREE;
    }

    /**
     * Negative where two hashes differ. Without a branch: which of the neighbours it is nobody can foresee, and a processor that
     * guesses wrong does nothing else until their memory has come.
     */
    private static long differs(long one, long other) {
        long difference = one ^ other;
        return difference | -difference;
    }

    /** The record was found to be vouched for. */
    public void note(KeyRecord record) {
        if (record.hasExpiry()) {
            return; // its time comes without anybody saying so
        }
        if (used > slots.length / 2 && slots.length < SLOTS_MAX) {
            grow();
        }
        put(inDatabase(record.db(), record.key().longHash()));
        record.noted();
    }

    private void grow() {
        long[] before = slots;
        slots = new long[2 * before.length];
        used = 0;
        for (long hash : before) {
            if (hash != FREE) {
                put(hash);
            }
        }
    }

    private void put(long hash) {
        int first = slot(hash);
        int at = first + (int) (hash >>> (Long.SIZE - 2)); // whose it is if none is free, it loses
        for (int i = first; i < first + NEIGHBOURS; i++) {
            if (slots[i] == FREE || slots[i] == hash) {
                at = i;
                break;
            }
        }
        used += slots[at] == FREE ? 1 : 0;
        slots[at] = hash;
    }

    /** What was found does not hold any more. */
    public void forget(KeyRecord record) {
        if (used > 0 && record.isNoted()) {
            long hash = inDatabase(record.db(), record.key().longHash());
            int first = slot(hash);
            for (int i = first; i < first + NEIGHBOURS; i++) {
                if (slots[i] == hash) {
                    slots[i] = FREE;
                    used--;
                }
            }
        }
    }

    /** Of no key does it hold any more. */
    public void clear() {
        slots = new long[SLOTS_MIN];
        used = 0;
    }

    private static long inDatabase(int db, long hash) {
        return hash + db * DATABASE;
    }

    private int slot(long hash) {
        return (int) hash & (slots.length - NEIGHBOURS);
    }
}
