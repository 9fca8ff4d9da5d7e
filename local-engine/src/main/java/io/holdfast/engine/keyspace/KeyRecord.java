package io.holdfast.engine.keyspace;

import io.holdfast.engine.value.Value;
import io.holdfast.engine.value.ValueType;
import io.holdfast.resp.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * One key: its value or where that is, its expiry, and what the next checkpoint owes it. Every key has one in memory, so
 * its fields are as small as they can be. Owned by the engine loop.
 */
public final class KeyRecord {
    /** No expiry. */
    public static final long NEVER = -1;

    /** In place of a generation: see {@link #isGone}. */
    static final int GONE = Integer.MIN_VALUE;

    private static final byte NOT_STORED = -1;

    private static final byte PINNED = 0;
    private static final byte EVICTABLE = 1;
    private static final byte ELSEWHERE = 2;
    /** The bits of {@link #place} that say which of these. */
    private static final byte PLACE = 3;
    /** The bits beside them: see {@link #isFollowed} and {@link #isNoted}. */
    private static final byte FOLLOWED = 4;

    private static final byte NOTED = 8;

    private final Bytes key;
    private final long id;
    /** The value; or, where it is not in memory, the {@link ValueCache} that can bring it: so no field is needed for that. */
    private Object held;

    long expiresAtMs = NEVER;
    /**
     * The checkpoint generation in which it last changed. Negative: the generation that wrote it, and nothing changed
     * since; 0: storage held it at the start.
     */
    int changedIn;
    /** The checkpoint generation in which the mirror last changed it; 0 when journal and storage suffice to rebuild it. */
    int mirroredIn;
    /**
     * When the upstream last vouched for the value, as a stamp that rises with time; 0 when it never did, or no longer does;
     * negative where it was written here in an outage since.
     */
    private int verifiedIn;
    /** What the value was last counted as, in units of {@link ValueCache}; kept while it is not in memory. */
    int weight;
    /** When it was last used, and perhaps how often: in the terms of {@link Usage}. */
    int used;

    short db;
    /** The database under which storage has the key, if it does. */
    private short storedDb;
    /** The low bits of the number of elements that storage has; compared when it is loaded again. */
    private short storedSize;

    private byte storedAs = NOT_STORED;
    /**
     * Where its value is. It says what the class of what is held would say as well, but without a look at that, which is
     * seldom in the processor's cache and not needed by a command that overwrites it. Beside it bits for which there is no
     * other room: a byte more would make each record eight bytes longer.
     */
    private byte place = PINNED;

    KeyRecord(int db, Bytes key, long id, Object held) {
        this.db = (short) db;
        this.key = key;
        this.id = id;
        this.held = held;
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

    /**
     * The value, which is loaded now where it is not in memory: everybody waits, so commands have their values brought
     * before they run.
     *
     * @throws ValueLostException when storage cannot give it
     */
    public Value value() {
        return !isResident() ? ((ValueCache) held).loadNow(this) : (Value) held;
    }

    /** The value; null when it is not in memory. */
    public @Nullable Value residentValue() {
        return isResident() ? (Value) held : null;
    }

    /** Reads both ends of the object, which is longer than what a processor fetches at once. */
    public int warm() {
        return (int) id + place;
    }

    public boolean isResident() {
        return (place & PLACE) != ELSEWHERE;
    }

    private void place(byte anew) {
        place = (byte) ((place & ~PLACE) | anew);
    }

    void hold(Value value) {
        held = value;
        if (!isResident()) {
            place(PINNED);
        }
    }

    void letGo(ValueCache bringer) {
        held = bringer;
        place(ELSEWHERE);
    }

    /** Whether its value may be let go of whenever room is needed. */
    boolean isEvictable() {
        return (place & PLACE) == EVICTABLE;
    }

    void evictable(boolean now) {
        if (isResident()) {
            place(now ? EVICTABLE : PINNED);
        }
    }

    /** What the value takes on the heap, roughly, or would take if it were there; 0 where that was never counted. */
    public long approximateBytes() {
        Value value = residentValue();
        return value == null ? (long) weight * ValueCache.UNIT_BYTES : value.approximateBytes();
    }

    /** The type of the value, wherever that is. */
    public ValueType type() {
        Value value = residentValue();
        return value == null ? ValueType.ofCode(storedAs) : value.type();
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
        return storedAs == NOT_STORED ? null : ValueType.ofCode(storedAs);
    }

    /** True when storage has this key, and in the database where it is now. */
    public boolean isStoredInPlace() {
        return storedAs != NOT_STORED && storedDb == db;
    }

    /** Storage has, or is being given, the key as it is now. */
    void stored() {
        Value value = residentValue();
        if (value != null) {
            stored(value.type(), value.size());
        }
        storedDb = db;
    }

    void stored(ValueType type, long size) {
        storedAs = type.code();
        storedSize = (short) size;
        storedDb = db;
    }

    /** Whether a value that was read for this key can be the one that was written. */
    boolean fits(Value value) {
        return value.type() == storedAs() && (short) value.size() == storedSize;
    }

    /** The keyspace has removed it, and another may stand for its key. */
    public boolean isGone() {
        return changedIn == GONE;
    }

    /** Whether the upstream was asked to tell when it changes, and no write has come through here since. */
    public boolean isFollowed() {
        return (place & FOLLOWED) != 0;
    }

    public void followed(boolean now) {
        place = (byte) (now ? place | FOLLOWED : place & ~FOLLOWED);
    }

    /** Whether {@link VouchedKeys} may have it: once it had. */
    boolean isNoted() {
        return (place & NOTED) != 0;
    }

    void noted() {
        place |= NOTED;
    }

    /** A stamp: see {@link Changes#mirroringBegins}. */
    public int verifiedIn() {
        return verifiedIn;
    }

    public void verifiedIn(int stamp) {
        verifiedIn = stamp;
    }
}
