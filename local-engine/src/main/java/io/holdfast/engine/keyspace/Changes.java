package io.holdfast.engine.keyspace;

import io.holdfast.engine.value.RowSink;
import io.holdfast.engine.value.Value;
import io.holdfast.engine.value.ValueType;
import io.holdfast.resp.Bytes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the next checkpoint has to write. A checkpoint is a cut at one journal sequence, but its rows are taken a slice
 * at a time, so that the loop never stops for long: a key that changes while its rows are still owed to the running
 * checkpoint is written out first.
 *
 * <pre>
 *   generation 7 (being written)         generation 8 (collecting)
 *   k1 ✓  k2 ✓  k3 …  k4 …               k1  k9
 *                 └─ about to change: its rows go to 7 first, then it joins 8
 * </pre>
 *
 * Owned by the engine loop.
 */
public final class Changes {
    /** Receives the rows of a checkpoint. */
    public interface Sink {
        /** The row of the key itself, and where the rows of its value go. */
        RowSink key(KeyRecord record);

        /** The key with this id is gone, and all its rows, which are those of a value of this type. */
        void gone(long id, ValueType storedAs);

        /** The libraries of functions are these now. */
        void libraries(List<Bytes> codes);
    }

    /** Is told the state of a mirrored key just before a local command changes it for the first time. */
    public interface BaseListener {
        /**
         * The key holds this.
         *
         * @param vouched whether the upstream vouched for it when the outage began; if not, no checkpoint has it yet
         */
        void base(KeyRecord record, boolean vouched);

        /** The key is not there; as {@link #base}. */
        void absentBase(int db, Bytes key, boolean vouched);

        /** A key that was changed here in this outage is about to go, because its time has come. */
        void expired(KeyRecord record);
    }

    /** Which keys the upstream did not have when the outage began, and which have gone here since. */
    public interface AbsentUpstream {
        /** Whether {@code key} was one of them; from now on it is not. */
        boolean take(int db, Bytes key);

        /** The copy that the upstream vouched for has expired, as its own will have. */
        void expired(int db, Bytes key);

        /** A key was removed here, or has expired. */
        void removed(int db, Bytes key);

        /** Every key of a database was removed here. */
        void cleared(int db);
    }

    private record Gone(long id, ValueType storedAs) {}

    private int generation = 1;
    private int durableGeneration;
    private boolean mirroring;
    private int mirroringStamp;
    /**
     * The first stamp of the online period that ended with the outage, for which bases are owed; 0 while the upstream is in
     * charge. Its negative is the mark of what was written here since.
     */
    private int vouchedPeriod;

    private @Nullable AbsentUpstream absentUpstream;
    private @Nullable BaseListener baseListener;
    private final Map<Watches.Watched, Integer> mirrorRemoved = new HashMap<>();
    private @Nullable List<Bytes> libraries;
    private final VouchedKeys vouchedKeys = new VouchedKeys();
    private final OwedEnds owedEnds = new OwedEnds();
    private long lastId;
    private List<KeyRecord> collecting = new ArrayList<>();
    private List<Gone> goneCollecting = new ArrayList<>();
    private List<KeyRecord> writing = List.of();
    private List<KeyRecord> inCheckpoint = List.of();
    private int written;
    private @Nullable Sink sink;
    private final ValueCache values;

    Changes(ValueCache values) {
        this.values = values;
        values.judgedBy(this::isStored);
    }

    long nextId() {
        return ++lastId;
    }

    /** Ids up to this one were given before the last start. */
    public void idSeen(long id) {
        lastId = Math.max(lastId, id);
    }

    /** The greatest id ever given; the next start must not give it again. */
    public long lastId() {
        return lastId;
    }

    /** Keys that the upstream vouches for, as far as somebody has noted them in this online period. */
    public VouchedKeys vouchedKeys() {
        return vouchedKeys;
    }

    /** Who journals bases; without one (recovery, tests) nobody does. */
    public void onBase(BaseListener listener) {
        baseListener = listener;
    }

    /**
     * From now until {@link #mirroringEnds} changes come from the upstream, not from clients, and what they leave is vouched
     * for as of {@code stamp}, a number that rises with time.
     */
    public void mirroringBegins(int stamp) {
        mirroring = true;
        mirroringStamp = stamp;
    }

    /** Whether what runs now has been done by the upstream already. */
    public boolean isMirroring() {
        return mirroring;
    }

    public void mirroringEnds() {
        mirroring = false;
    }

    /**
     * An outage begins: what the online period that began with {@code firstStamp} left of its keys, here and absent, is the
     * base of what changes now.
     */
    public void outageBegins(int firstStamp, AbsentUpstream absent) {
        vouchedPeriod = firstStamp;
        absentUpstream = absent;
    }

    /** The upstream is in charge again: what changes here is its doing. */
    public void outageEnds() {
        vouchedPeriod = 0;
        absentUpstream = null;
        owedEnds.clear();
    }

    void aboutToInsert(int db, Bytes key) {
        if (mirrorRemoved.isEmpty() && absentUpstream == null) {
            return;
        }
        Integer removedIn = mirrorRemoved.remove(new Watches.Watched(db, key));
        if (mirroring || baseListener == null) {
            return;
        }
        boolean vouchedAbsent = absentUpstream != null && absentUpstream.take(db, key);
        if (vouchedAbsent || (removedIn != null && removedIn > durableGeneration)) {
            baseListener.absentBase(db, key, vouchedAbsent);
        }
    }

    void aboutToChange(KeyRecord record) {
        if (!mirroring && baseListener != null && (record.mirroredIn > durableGeneration || isVouched(record))) {
            boolean vouched = isVouched(record);
            baseListener.base(record, vouched);
            record.mirroredIn = 0;
            if (absentUpstream != null) {
                record.verifiedIn(vouched ? -vouchedPeriod : 0);
                absentUpstream.take(record.db(), record.key()); // it may have been absent before it came
            }
        }
        if (sink != null && record.changedIn == generation - 1) {
            write(sink, record);
        }
    }

    /** A key is about to go because its time has come, not because anybody changes it. */
    void aboutToExpire(KeyRecord record) {
        if (absentUpstream != null && isVouched(record)) {
            record.verifiedIn(0);
            absentUpstream.expired(record.db(), record.key());
        } else if (owedEnds.remove(record) && baseListener != null) {
            baseListener.expired(record);
        }
    }

    /** A command has said when the key ends. */
    void endSet(KeyRecord record) {
        if (absentUpstream != null && !mirroring) {
            owedEnds.add(record);
        }
    }

    /** As {@link #endSet}, of a key that the journal says it of: nobody else knows after a start. */
    public void endOwed(KeyRecord record) {
        if (record.hasExpiry()) {
            owedEnds.add(record);
        }
    }

    /** Keys that were changed here in this outage, and have expired by {@code nowMs} without having been met since. */
    List<KeyRecord> expiredHere(long nowMs) {
        return owedEnds.expired(nowMs);
    }

    private boolean isVouched(KeyRecord record) {
        return vouchedPeriod > 0 && record.verifiedIn() >= vouchedPeriod;
    }

    /** The key was made here, or given a whole new value: in an outage nobody's doubt concerns it any more. */
    void madeHere(KeyRecord record) {
        if (vouchedPeriod > 0 && !mirroring) {
            record.verifiedIn(-vouchedPeriod);
        }
    }

    void changed(KeyRecord record) {
        if (mirroring) {
            record.mirroredIn = generation;
            record.verifiedIn(mirroringStamp);
            record.followed(false);
        } else if (record.expiresAtMs != KeyRecord.NEVER
                && vouchedPeriod > 0
                && record.verifiedIn() == -vouchedPeriod) {
            owedEnds.add(record); // of other copies nobody knows when the upstream's own ends
        }
        if (record.changedIn != generation) {
            record.changedIn = generation;
            collecting.add(record);
        }
    }

    void removed(KeyRecord record) {
        record.changedIn = KeyRecord.GONE;
        vouchedKeys.forget(record);
        owedEnds.remove(record);
        if (mirroring) {
            mirrorRemoved.put(new Watches.Watched(record.db(), record.key()), generation);
        } else if (absentUpstream != null) {
            absentUpstream.removed(record.db(), record.key());
        }
        ValueType storedAs = record.storedAs();
        if (storedAs != null) {
            goneCollecting.add(new Gone(record.id(), storedAs));
        }
    }

    /** Every key of the database is being removed. */
    void cleared(int db) {
        vouchedKeys.clear(); // at once, rather than key by key
        if (absentUpstream != null && !mirroring) {
            absentUpstream.cleared(db);
        }
    }

    /** The libraries of functions have changed, and are these now. */
    public void librariesChanged(List<Bytes> codes) {
        libraries = codes;
    }

    /** Rows that a checkpoint would have to write now, roughly. */
    public int owed() {
        return collecting.size() + goneCollecting.size() + (libraries == null ? 0 : 1);
    }

    /** Memory is short, and a checkpoint would let values leave it: it should not wait. */
    public boolean isCheckpointWanted() {
        return values.isCheckpointWanted();
    }

    /** Whether the last attempt to write a checkpoint failed. */
    public void checkpointFails(boolean now) {
        values.storageFails(now);
    }

    public boolean isWriting() {
        return sink != null;
    }

    /** Begins a checkpoint: everything changed so far belongs to it. Call {@link #writeSome} until it says done. */
    public void begin(Sink into) {
        if (sink != null) {
            throw new IllegalStateException("a checkpoint is being collected already");
        }
        sink = into;
        goneCollecting.forEach(gone -> into.gone(gone.id(), gone.storedAs()));
        goneCollecting = new ArrayList<>();
        if (libraries != null) {
            into.libraries(libraries);
            libraries = null;
        }
        writing = collecting;
        collecting = new ArrayList<>();
        written = 0;
        generation++;
    }

    /** Writes at most {@code keysMax} keys into the sink; true when all are written and the cut is complete. */
    public boolean writeSome(int keysMax) {
        Sink into = sink;
        if (into == null) {
            throw new IllegalStateException("no checkpoint is being collected");
        }
        int end = Math.min(writing.size(), written + keysMax);
        for (; written < end; written++) {
            KeyRecord record = writing.get(written);
            if (record.changedIn == generation - 1) {
                write(into, record);
            }
        }
        if (written < writing.size()) {
            return false;
        }
        inCheckpoint = writing;
        writing = List.of();
        sink = null;
        return true;
    }

    /** The generation that the checkpoint now being collected, or the next one, belongs to. */
    public int generation() {
        return sink == null ? generation : generation - 1;
    }

    /** Everything up to and including {@code written} is in storage, durably. */
    public void durable(int written) {
        durableGeneration = written;
        mirrorRemoved.values().removeIf(removedIn -> removedIn <= written);
        values.stored(inCheckpoint);
        inCheckpoint = List.of();
    }

    /** True when storage holds the key, durably, just as it is. */
    private boolean isStored(KeyRecord record) {
        return record.changedIn <= 0 && !record.isGone() && -record.changedIn <= durableGeneration;
    }

    private void write(Sink into, KeyRecord record) {
        RowSink rows = into.key(record);
        Value value = record.residentValue();
        if (value != null) { // otherwise storage has it, and only the key has changed
            value.drainChanges(rows);
        }
        record.changedIn = 1 - generation;
        record.stored();
    }
}
