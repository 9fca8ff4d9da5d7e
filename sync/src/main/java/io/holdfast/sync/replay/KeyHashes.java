package io.holdfast.sync.replay;

import io.holdfast.resp.Bytes;

/**
 * A set of keys by hashes of 64 bits: two keys may be taken for one, none is forgotten. It takes about 16 bytes a key. For one
 * thread.
 */
final class KeyHashes {
    private static final int SLOTS_MIN = 1024;
    private static final long FNV_OFFSET = 0xcbf29ce484222325L;
    private static final long FNV_PRIME = 0x100000001b3L;
    private static final long MIX = 0x9e3779b97f4a7c15L;

    private long[] slots = new long[SLOTS_MIN]; // 0: free
    private int size;

    /** False when it was there already. */
    boolean add(int db, Bytes key) {
        if (size * 2 >= slots.length) {
            grow();
        }
        boolean added = put(slots, hash(db, key));
        size += added ? 1 : 0;
        return added;
    }

    boolean contains(int db, Bytes key) {
        long hash = hash(db, key);
        int at = place(slots, hash);
        while (slots[at] != 0) {
            if (slots[at] == hash) {
                return true;
            }
            at = (at + 1) & (slots.length - 1);
        }
        return false;
    }

    private void grow() {
        var wider = new long[slots.length * 2];
        for (long hash : slots) {
            if (hash != 0) {
                put(wider, hash);
            }
        }
        slots = wider;
    }

    private static boolean put(long[] into, long hash) {
        int at = place(into, hash);
        while (into[at] != 0) {
            if (into[at] == hash) {
                return false;
            }
            at = (at + 1) & (into.length - 1);
        }
        into[at] = hash;
        return true;
    }

    private static int place(long[] in, long hash) {
        return (int) (hash >>> 20) & (in.length - 1);
    }

    private static long hash(int db, Bytes key) {
        long hash = FNV_OFFSET ^ db;
        for (int i = 0; i < key.length(); i++) {
            hash = (hash ^ (key.at(i) & 0xff)) * FNV_PRIME;
        }
        hash = (hash ^ hash >>> 32) * MIX;
        hash ^= hash >>> 29;
        return hash == 0 ? 1 : hash;
    }
}
