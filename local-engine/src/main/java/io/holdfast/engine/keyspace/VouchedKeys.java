package io.holdfast.engine.keyspace;

import io.holdfast.resp.Bytes;

/**
 * Which keys were found vouched for, and stay so until somebody says otherwise: not gone, not in doubt, without an expiry. Who
 * meets one again has one place of memory to look at, where the way to the record and to its key's bytes has five, of which with
 * many keys each is waited for. Of each key two parts of its hash are kept: in which of the table's buckets it stands, and 32
 * bits. That a key that was not noted meets those of another is left to chance, one in a billion looks, in a process whose hashes
 * nobody knows. Not every key that could be is noted. Owned by the engine loop.
 */
public final class VouchedKeys {
    private static final int SLOTS_MIN = 1 << 10;
    /** Four bytes each. */
    private static final int SLOTS_MAX = 1 << 21;
    /** An odd number whose bits are evenly spread: keys of one name are kept apart by their databases. */
    private static final long DATABASE = 0x9E3779B97F4A7C15L;

    private static final int FREE = 0;
    /** Slots of a bucket, which are in one or two lines of the processor's cache. In a table that is half full hardly one overflows. */
    private static final int BUCKET = 8;

    private int[] slots = new int[SLOTS_MIN];
    private int used;

    /**
     * Whether the key is one of them.
     *
     * @param hash {@link Bytes#longHash} of it
     */
    public boolean contains(int db, long hash) {
        long its = inDatabase(db, hash);
        int first = first(its);
        int mark = mark(its);
        int differs = -1;
        for (int i = 0; i < BUCKET; i++) {
            differs &= differs(slots[first + i], mark);
        }
        return differs >= 0;
    }

    /** Brings where a key would stand into the processor's caches, so that {@link #contains} need not wait; the number means nothing. */
    public int warm(int db, long hash) {
        return slots[first(inDatabase(db, hash))];
    }

    /**
     * Negative where two marks differ. Without a branch: in which of the slots it is nobody can foresee, and a processor that
     * guesses wrong does nothing else until their memory has come.
     */
    private static int differs(int one, int other) {
        int difference = one ^ other;
        return difference | -difference;
    }

    /** The record was found to be vouched for. */
    public void note(KeyRecord record) {
        if (record.hasExpiry()) {
            return; // its time comes without anybody saying so
        }
        if (used > slots.length / 2 && slots.length < SLOTS_MAX) {
            // Where the others would stand in it is not kept: they are noted when they are met again.
            slots = new int[2 * slots.length];
            used = 0;
        }
        put(inDatabase(record.db(), record.key().longHash()));
        record.noted();
    }

    private void put(long hash) {
        int first = first(hash);
        int mark = mark(hash);
        int at = first + (int) (hash >>> (Long.SIZE - 3)); // whose it is if none is free, it loses
        for (int i = first; i < first + BUCKET; i++) {
            if (slots[i] == FREE || slots[i] == mark) {
                at = i;
                break;
            }
        }
        used += slots[at] == FREE ? 1 : 0;
        slots[at] = mark;
    }

    /** What was found does not hold any more. */
    public void forget(KeyRecord record) {
        if (used > 0 && record.isNoted()) {
            long hash = inDatabase(record.db(), record.key().longHash());
            int first = first(hash);
            int mark = mark(hash);
            for (int i = first; i < first + BUCKET; i++) {
                if (slots[i] == mark) {
                    slots[i] = FREE;
                    used--;
                }
            }
        }
    }

    /** Of no key does it hold any more. */
    public void clear() {
        slots = new int[SLOTS_MIN];
        used = 0;
    }

    private static long inDatabase(int db, long hash) {
        return hash + db * DATABASE;
    }

    /** The first slot of the bucket of a hash. */
    private int first(long hash) {
        return (int) hash & (slots.length - BUCKET);
    }

    /** What stands for a hash in its bucket: never {@link #FREE}. */
    private static int mark(long hash) {
        int upper = (int) (hash >>> Integer.SIZE);
        return upper == FREE ? 1 : upper;
    }
}
