package io.holdfast.sync.mirror;

import io.holdfast.engine.LocalEngine;
import io.holdfast.engine.keyspace.Changes;
import io.holdfast.engine.keyspace.KeyRecord;
import io.holdfast.engine.keyspace.Keyspace;
import io.holdfast.engine.keyspace.VouchedKeys;
import io.holdfast.engine.keyspace.Watches.Watched;
import io.holdfast.engine.value.Value;
import io.holdfast.engine.value.ValueType;
import io.holdfast.resp.Bytes;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What this online period's upstream vouches for: which copies are as the upstream has them, which keys it does not have,
 * and which were too big to copy. Owned by the engine loop.
 */
final class Knowledge implements Changes.AbsentUpstream {
    private static final int LACKING_PER_ABSENT = 10;

    private final LocalEngine engine;
    private final MirrorLimits limits;
    private final Set<Watched> absent = new HashSet<>();
    /** Until when a key that was too big is not asked for again, Unix milliseconds. */
    private final Map<Watched, Long> tooBig = new HashMap<>();

    private final VouchedKeys vouchedKeys;
    private final Completeness completeness;
    /** Removed here in this outage: nobody asks the upstream whether it has them. */
    private final Set<Watched> removed = new HashSet<>();

    private final BitSet cleared = new BitSet();
    private MirrorMode mode = MirrorMode.TOUCHED;
    private final Set<Watched> leftOut = new HashSet<>();
    private final long beganMs;
    private LongSupplier aheadMs = () -> 0;
    /** Seconds since the start, and at least one more for each period: what is vouched for now bears it. */
    private int stamp = 1;
    /** What bears an earlier stamp may have changed since. */
    private int firstStamp = 1;

    Knowledge(LocalEngine engine, MirrorLimits limits) {
        this.engine = engine;
        this.limits = limits;
        this.vouchedKeys = engine.keyspaces().changes().vouchedKeys();
        this.completeness = new Completeness(LACKING_PER_ABSENT * limits.absentMax());
        this.beganMs = engine.nowMs();
    }

    void clockAhead(LongSupplier now) {
        aheadMs = now;
    }

    /** How far the upstream's clock is ahead of the engine's, milliseconds. */
    long aheadMs() {
        return aheadMs.getAsLong();
    }

    /** Time has passed. */
    void tick() {
        stamp = Math.max(stamp, (int) TimeUnit.MILLISECONDS.toSeconds(engine.nowMs() - beganMs));
    }

    void beginPeriod() {
        firstStamp = nextStamp();
        vouchedKeys.clear();
        absent.clear();
        tooBig.clear();
        removed.clear();
        cleared.clear();
    }

    /** A stamp that nothing bears yet. */
    int nextStamp() {
        return ++stamp;
    }

    /** The first stamp of the online period, which tells it from others. */
    int period() {
        return firstStamp;
    }

    /** What is vouched for now bears this. */
    int stamp() {
        return stamp;
    }

    /** When a stamp was given, Unix milliseconds, to about a second. */
    long atMs(int given) {
        return Math.min(engine.nowMs(), beganMs + TimeUnit.SECONDS.toMillis(given));
    }

    Completeness completeness() {
        return completeness;
    }

    @Nullable KeyRecord find(Watched key) {
        return engine.keyspaces().get(key.db()).find(key.key(), engine.nowMs());
    }

    /** The key's record if the upstream vouches for it. */
    @Nullable KeyRecord verified(int db, Bytes key) {
        return verified(null, db, key);
    }

    /** As {@link #verified(int, Bytes)}, and without looking for it where {@code likely} is the key's record. */
    @Nullable KeyRecord verified(@Nullable KeyRecord likely, int db, Bytes key) {
        KeyRecord record = find(likely, db, key);
        return record != null && isVerified(record) ? record : null;
    }

    /**
     * The key's record, whether the upstream vouches for it or not; without looking for it where {@code likely} is that and vouched
     * for, and without asking a clock where there is none.
     */
    @Nullable KeyRecord find(@Nullable KeyRecord likely, int db, Bytes key) {
        if (isVerified(likely, key)) {
            return likely;
        }
        Keyspace keys = engine.keyspaces().get(db);
        KeyRecord record = keys.findToOverwrite(key);
        return record != null && record.hasExpiry() ? keys.find(key, engine.nowMs()) : record;
    }

    private boolean isVerified(@Nullable KeyRecord record, Bytes key) {
        return record != null
                && isVerified(record)
                && record.key().equals(key)
                && !(record.hasExpiry() && record.isExpired(engine.nowMs()));
    }

    /** Keys that were noted as verified, and are yet. */
    VouchedKeys vouchedKeys() {
        return vouchedKeys;
    }

    boolean isVerified(KeyRecord record) {
        return !record.isGone() && record.verifiedIn() >= firstStamp;
    }

    /** In this outage, wholly or on top of what was vouched for. */
    boolean isWrittenHere(KeyRecord record) {
        return record.verifiedIn() == -firstStamp;
    }

    /** The upstream vouches for it, or it was written here since. */
    boolean isVouched(KeyRecord record) {
        return isVerified(record) || isWrittenHere(record);
    }

    /** Whether a key that is not here is known not to be upstream, or was removed here. */
    boolean isAbsent(Watched key) {
        return isKnownAbsent(key) || ((removed.contains(key) || cleared.get(key.db())) && find(key) == null);
    }

    boolean isKnownAbsent(Watched key) {
        return (absent.contains(key) || completeness.covers(key)) && find(key) == null;
    }

    boolean isKnown(int db, Bytes key) {
        return verified(db, key) != null || isKnownAbsent(new Watched(db, key));
    }

    void vouchAbsent(Watched key) {
        if (absent.size() >= limits.absentMax()) {
            absent.clear(); // they are asked for again when they are touched again
        }
        absent.add(key);
        completeness.settled(key);
    }

    @Override
    public boolean take(int db, Bytes key) {
        var watched = new Watched(db, key);
        boolean noted = !absent.isEmpty() && absent.remove(watched);
        // What was removed here was taken before.
        return noted || (completeness.covers(watched) && mayRemember() && !removed.contains(watched));
    }

    @Override
    public void removed(int db, Bytes key) {
        if (mayRemember()) {
            removed.add(new Watched(db, key));
        }
    }

    private boolean mayRemember() {
        return removed.size() < limits.keysMax();
    }

    @Override
    public void cleared(int db) {
        cleared.set(db);
    }

    @Override
    public void expired(int db, Bytes key) {
        vouchAbsent(new Watched(db, key));
    }

    /** Whether there are keys, of whichever database, that are known not to be upstream. */
    boolean knowsAbsent() {
        return !absent.isEmpty();
    }

    /** Keys may have come or gone without being named. */
    void forgetAbsent() {
        absent.clear();
    }

    /** The key is there, and here. */
    void copied(Watched key) {
        absent.remove(key);
        completeness.settled(key);
    }

    /** The copy may be wrong, or the key may be there after all. */
    void distrust(Watched key) {
        absent.remove(key);
        KeyRecord record = find(key);
        if (record != null) {
            distrust(record);
        }
        completeness.lacks(key);
    }

    private void distrust(KeyRecord record) {
        if (isVouched(record)) { // otherwise it is in doubt already, and from when it is may be remembered
            record.verifiedIn(0);
        }
        vouchedKeys.forget(record);
    }

    /** Every copy of a pinned key of {@code db}, or of every other key of it, may be wrong. */
    void distrustAll(int db, boolean pinned) {
        Keyspace keyspace = engine.keyspaces().get(db);
        for (int i = 0; i < keyspace.size(); i++) {
            KeyRecord record = keyspace.at(i);
            if (completeness.isPinned(db, record.key()) == pinned) {
                distrust(record);
            }
        }
    }

    /** Better unknown than outdated. */
    void drop(Watched key) {
        absent.remove(key); // perhaps it is there
        completeness.lacks(key);
        remove(key);
    }

    /** What there is of a key that the upstream does not have goes. */
    void remove(Watched key) {
        engine.warmCopy().replace(stamp, key.db(), key.key(), null, KeyRecord.NEVER);
    }

    void noteTooBig(Watched key) {
        if (tooBig.size() >= limits.absentMax()) {
            tooBig.clear(); // likewise
        }
        tooBig.put(key, engine.nowMs() + limits.tooBigForMs());
    }

    /** Whether keys like this are copied without being touched. */
    boolean isPinned(Watched key) {
        return completeness.isPinned(key.db(), key.key());
    }

    /** This key is never copied. */
    void leaveOut(Watched key) {
        leftOut.add(key);
    }

    boolean isLeftOut(Watched key) {
        return leftOut.contains(key);
    }

    /** Which keys are copied at all. */
    void mode(MirrorMode of) {
        mode = of;
    }

    MirrorMode mode() {
        return mode;
    }

    /** Whether a key like this is copied at all. */
    boolean isWanted(int db, Bytes key) {
        return switch (mode) {
            case TOUCHED -> true;
            case PINNED -> completeness.isPinned(db, key);
            case OFF -> false;
        };
    }

    /** Whether it is not to be asked for: it is of no interest, left out always, or was too big just now. */
    boolean isNotCopied(Watched key) {
        return isLeftOut(key) || !isWanted(key.db(), key.key()) || isTooBig(key);
    }

    private boolean isTooBig(Watched key) {
        Long lookAgainAtMs = tooBig.get(key);
        if (lookAgainAtMs == null) {
            return false;
        }
        if (engine.nowMs() < lookAgainAtMs) {
            return true;
        }
        tooBig.remove(key);
        return false;
    }

    /** Whether {@link #overwritten} has anything to do. */
    boolean mindsOverwriting() {
        return !tooBig.isEmpty() || completeness.lacking() > 0;
    }

    /** The key was written anew: how big it was says nothing any more. */
    void overwritten(Watched key) {
        tooBig.remove(key);
        if (completeness.lacking() > 0 && verified(key.db(), key.key()) != null) {
            completeness.settled(key);
        }
    }

    /** Whether a copy has grown, write by write, beyond what is kept. */
    boolean hasOutgrown(KeyRecord record) {
        Value value = record.value();
        long max = value.type() == ValueType.STRING ? limits.stringBytesMax() : limits.grownElementsMax();
        return value.size() > max;
    }
}
