package io.holdfast.sync.mirror;

import io.holdfast.engine.LocalEngine;
import io.holdfast.engine.keyspace.Changes;
import io.holdfast.engine.keyspace.KeyRecord;
import io.holdfast.engine.keyspace.Watches.Watched;
import io.holdfast.engine.value.Value;
import io.holdfast.engine.value.ValueType;
import io.holdfast.resp.Bytes;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What this online period's upstream vouches for: which copies are as the upstream has them, which keys it does not have,
 * and which were too big to copy. Owned by the engine loop.
 */
final class Knowledge implements Changes.AbsentUpstream {
    private final LocalEngine engine;
    private final MirrorLimits limits;
    private final Set<Watched> absent = new HashSet<>();
    /** Until when a key that was too big is not asked for again, Unix milliseconds. */
    private final Map<Watched, Long> tooBig = new HashMap<>();

    private @Nullable Watched leftOut;
    /** What was verified in an earlier period may have changed. */
    private int onlinePeriod;

    Knowledge(LocalEngine engine, MirrorLimits limits) {
        this.engine = engine;
        this.limits = limits;
    }

    void beginPeriod() {
        onlinePeriod++;
        absent.clear();
        tooBig.clear();
    }

    int period() {
        return onlinePeriod;
    }

    @Nullable KeyRecord find(Watched key) {
        return engine.keyspaces().get(key.db()).find(key.key(), engine.nowMs());
    }

    /** The key's record if the upstream vouches for it. */
    @Nullable KeyRecord verified(int db, Bytes key) {
        KeyRecord record = engine.keyspaces().get(db).find(key, engine.nowMs());
        return record != null && isVerified(record) ? record : null;
    }

    boolean isVerified(KeyRecord record) {
        return !record.isGone() && record.verifiedIn() == onlinePeriod;
    }

    boolean isKnownAbsent(Watched key) {
        return absent.contains(key) && find(key) == null;
    }

    boolean isKnown(int db, Bytes key) {
        return verified(db, key) != null || isKnownAbsent(new Watched(db, key));
    }

    void vouchAbsent(Watched key) {
        if (absent.size() >= limits.absentMax()) {
            absent.clear(); // they are asked for again when they are touched again
        }
        absent.add(key);
    }

    @Override
    public boolean take(int db, Bytes key) {
        return !absent.isEmpty() && absent.remove(new Watched(db, key));
    }

    @Override
    public void expired(int db, Bytes key) {
        vouchAbsent(new Watched(db, key));
    }

    /** Keys may have come or gone without being named. */
    void forgetAbsent() {
        absent.clear();
    }

    void exists(Watched key) {
        absent.remove(key);
    }

    /** The copy may be wrong, or the key may be there after all. */
    void distrust(Watched key) {
        absent.remove(key);
        KeyRecord record = find(key);
        if (record != null) {
            record.verifiedIn(0);
        }
    }

    /** Better unknown than outdated. */
    void drop(Watched key) {
        exists(key); // perhaps: no longer is it known not to
        engine.mirrorWhole(onlinePeriod, key.db(), key.key(), null, KeyRecord.NEVER);
    }

    void noteTooBig(Watched key) {
        if (tooBig.size() >= limits.absentMax()) {
            tooBig.clear(); // likewise
        }
        tooBig.put(key, engine.nowMs() + limits.tooBigForMs());
    }

    /** This key is never copied. */
    void leaveOut(Watched key) {
        leftOut = key;
    }

    /** Whether it is not to be asked for: it is left out always, or was too big just now. */
    boolean isNotCopied(Watched key) {
        return key.equals(leftOut) || isTooBig(key);
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

    /** The key was written anew: how big it was says nothing any more. */
    void overwritten(Watched key) {
        if (!tooBig.isEmpty()) {
            tooBig.remove(key);
        }
    }

    /** Whether a copy has grown, write by write, beyond what is kept. */
    boolean hasOutgrown(KeyRecord record) {
        Value value = record.value();
        long max = value.type() == ValueType.STRING ? limits.stringBytesMax() : limits.grownElementsMax();
        return value.size() > max;
    }
}
