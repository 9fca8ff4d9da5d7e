package io.holdfast.engine.keyspace;

import io.holdfast.engine.value.Value;
import io.holdfast.engine.value.ValueType;
import io.holdfast.resp.Bytes;
import org.jspecify.annotations.Nullable;

/** One key: its value, its expiry, and what the next checkpoint owes it. Owned by the engine loop. */
public final class KeyRecord {
    /** No expiry. */
    public static final long NEVER = -1;

    /** In place of a generation: see {@link #isGone}. */
    static final long GONE = -1;

    int db;
    private final Bytes key;
    private final long id;
    Value value;
    long expiresAtMs = NEVER;
    /** The checkpoint generation in which it last changed; 0 when storage holds it as it is. */
    long changedIn;
    /** The checkpoint generation in which the mirror last changed it; 0 when journal and storage suffice to rebuild it. */
    long mirroredIn;
    /** The type of the rows that storage may have with this id; null when it has none. */
    @Nullable ValueType storedAs;
    /** The database under which storage has the key, if it does. */
    int storedDb;
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

    /** The type of the rows that storage may have of this key; null when there are none to remove. */
    public @Nullable ValueType storedAs() {
        return storedAs;
    }

    /** True when storage has this key, and in the database where it is now. */
    public boolean isStoredInPlace() {
        return storedAs != null && storedDb == db;
    }

    void stored() {
        storedAs = value.type();
        storedDb = db;
    }

    /** The keyspace has removed it, and another may stand for its key. */
    public boolean isGone() {
        return changedIn == GONE;
    }

    public int verifiedIn() {
        return verifiedIn;
    }

    public void verifiedIn(int onlinePeriod) {
        verifiedIn = onlinePeriod;
    }
}
