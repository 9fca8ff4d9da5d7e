package io.holdfast.engine.keyspace;

import io.holdfast.engine.value.Value;
import io.holdfast.resp.Bytes;

/** One key: its value, its expiry, and what the next checkpoint owes it. Owned by the engine loop. */
public final class KeyRecord {
    /** No expiry. */
    public static final long NEVER = -1;

    int db;
    private final Bytes key;
    private final long id;
    Value value;
    long expiresAtMs = NEVER;
    /** The checkpoint generation in which it last changed; 0 when storage holds it as it is. */
    long changedIn;
    /** The checkpoint generation in which the mirror last changed it; 0 when journal and storage suffice to rebuild it. */
    long mirroredIn;
    /** Rows with this id may exist in storage. */
    boolean stored;
    /** The online period in which the upstream last vouched for the value; 0 when it never did. */
    private int verifiedIn;

    KeyRecord(int db, Bytes key, long id, Value value) {
        this.db = db;
        this.key = key;
        this.id = id;
        this.value = value;
    }

    /** The database that holds it. */
    public int db() {
        return db;
    }

    public Bytes key() {
        return key;
    }

    /** The id of its rows in storage: never used for another key, nor again for this one once it was deleted. */
    public long id() {
        return id;
    }

    public Value value() {
        return value;
    }

    /** Unix milliseconds, or {@link #NEVER}. */
    public long expiresAtMs() {
        return expiresAtMs;
    }

    public boolean hasExpiry() {
        return expiresAtMs != NEVER;
    }

    /** As Redis: a key lives up to and including its expiry's millisecond. */
    public boolean isExpired(long nowMs) {
        return expiresAtMs != NEVER && nowMs > expiresAtMs;
    }

    public int verifiedIn() {
        return verifiedIn;
    }

    public void verifiedIn(int onlinePeriod) {
        verifiedIn = onlinePeriod;
    }
}
