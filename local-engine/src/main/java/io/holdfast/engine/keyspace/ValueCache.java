package io.holdfast.engine.keyspace;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Policy;
import com.github.benmanes.caffeine.cache.RemovalCause;
import io.holdfast.engine.value.Value;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the values in memory within a bound, and brings those back that are asked for. Keys stay. Owned by the engine loop.
 *
 * <pre>
 *   changed ──► pinned ──checkpoint durable──► evictable ──room needed──► in storage alone
 *                  ▲                               │                            │
 *                  └────────about to change────────┘◄────────loaded, used───────┘
 * </pre>
 *
 * <p>Only what is evictable is known to Caffeine, which chooses what goes. A use is told to it once a second and key at
 * most: the record's own clock says whether that was done, and costs a comparison (docs/decisions/0006). Without a bound
 * nothing is counted and nothing kept here.
 */
public final class ValueCache {
    /** {@link KeyRecord#weight} counts in units of so many bytes, so that an int holds any value. */
    static final int UNIT_BYTES = 16;

    /** Values made evictable between two looks at the clients. */
    private static final int ADMISSIONS_A_SLICE = 2_000;

    private final Usage usage;
    private final IdentityHashMap<KeyRecord, Load> loading = new IdentityHashMap<>();
    private final ArrayDeque<KeyRecord> admissible = new ArrayDeque<>();
    private final List<Runnable> waitingForRoom = new ArrayList<>();
    private @Nullable ValueSource source;
    private @Nullable Durability durability;
    private @Nullable Cache<KeyRecord, KeyRecord> evictable;
    private Policy.@Nullable Eviction<KeyRecord, KeyRecord> eviction;
    private long bytesMax; // 0: no bound
    private long unitsMax; // of bytesMax
    private long units; // in memory
    private long evictableUnits;
    private long storedUnits; // not in memory
    private long loads;
    private long evictions;
    private long lost;
    private boolean admitting;
    private boolean storageFails;
    private boolean stopped;

    ValueCache(RandomGenerator random) {
        usage = new Usage(random);
    }

    /** Who wait for one value. */
    private static final class Load {
        final List<Request> requests = new ArrayList<>(1);
    }

    /** One command, and how many of its values are still to come. */
    private static final class Request {
        final List<KeyRecord> records = new ArrayList<>();
        final Runnable ready;
        int missing;

        Request(Runnable ready) {
            this.ready = ready;
        }
    }

    Usage usage() {
        return usage;
    }

    /** Where values come from that are not in memory; without one none ever leaves it. */
    public void source(ValueSource from) {
        source = from;
    }

    /** The loop is about to end: nothing more leaves memory. */
    public void stop() {
        stopped = true;
    }

    // ---- the bound

    /**
     * Bounds the values in memory.
     *
     * @param bytesMax 0: no bound
     * @param all every key there is: what they hold is counted, and what is in storage may go
     */
    public void bound(long bytesMax, Iterable<KeyRecord> all) {
        boolean wasBounded = unitsMax > 0;
        this.bytesMax = bytesMax;
        unitsMax = bytesMax == 0 ? 0 : Math.max(1, bytesMax / UNIT_BYTES);
        if (unitsMax > 0 && !wasBounded) {
            begin(all);
        } else if (unitsMax == 0 && wasBounded) {
            end(all);
        }
        keepWithinBound();
    }

    private void begin(Iterable<KeyRecord> all) {
        Cache<KeyRecord, KeyRecord> made = Caffeine.newBuilder()
                .executor(Runnable::run)
                .maximumWeight(unitsMax)
                .weigher((KeyRecord key, KeyRecord same) -> key.weight)
                .evictionListener((@Nullable KeyRecord key, @Nullable KeyRecord same, RemovalCause cause) -> {
                    if (key != null) {
                        evicted(key);
                    }
                })
                .build();
        units = 0;
        evictable = made;
        eviction = made.policy().eviction().orElseThrow();
        for (KeyRecord record : all) {
            if (record.isResident()) {
                record.weight = weigh(record.value());
                units += record.weight;
                admissible.add(record);
            }
        }
        admitMore();
    }

    private void end(Iterable<KeyRecord> all) {
        evictable = null;
        eviction = null;
        admissible.clear();
        for (KeyRecord record : all) {
            record.evictable(false);
        }
        units = 0;
        evictableUnits = 0;
    }

    public boolean isBounded() {
        return unitsMax > 0;
    }

    /** False when every value is in memory, and will be. */
    public boolean mayLackValues() {
        return unitsMax > 0 || storedUnits > 0;
    }

    /** Moves the clock on, and keeps the bound; to be called about ten times a second. */
    public void tick(long nowMs) {
        usage.second((int) (nowMs / 1000));
        keepWithinBound();
    }

    /** 0: no bound. */
    public long bytesMax() {
        return bytesMax;
    }

    /** Of the values in memory; only counted where they are bounded. */
    public long bytes() {
        return units * UNIT_BYTES;
    }

    /** Of all values, in memory or not; only counted where they are bounded. */
    public long bytesWithStored() {
        return (units + storedUnits) * UNIT_BYTES;
    }

    /** Of the values that are in storage alone, as they would take in memory. */
    public long storedBytes() {
        return storedUnits * UNIT_BYTES;
    }

    /** Of the values in memory that no checkpoint has yet. */
    public long pinnedBytes() {
        return (units - evictableUnits) * UNIT_BYTES;
    }

    /** Values brought back from storage. */
    public long loads() {
        return loads;
    }

    /** Values that left memory; they are in storage. */
    public long evictions() {
        return evictions;
    }

    /** How often a value could not be brought back from storage. */
    public long lost() {
        return lost;
    }

    /** What waits for a checkpoint takes more than half of the room: the next one should not wait. */
    public boolean isCheckpointWanted() {
        return unitsMax > 0 && (units - evictableUnits) * 2 > unitsMax;
    }

    /** What waits for a checkpoint takes all the room. */
    private boolean isFull() {
        return unitsMax > 0 && units - evictableUnits > unitsMax;
    }

    /** There is no room for more, and none can be made: storage cannot be written, or the bound has room for no value at all. */
    public boolean isOutOfMemory() {
        return (bytesMax > 0 && bytesMax < UNIT_BYTES) || (storageFails && isFull());
    }

    /** Whether checkpoints can be written. */
    public void storageFails(boolean now) {
        storageFails = now;
        if (now) {
            releaseWaiting();
        }
    }

    /**
     * Lets a command that needs memory wait for a checkpoint, where what was written since the last one takes all the room.
     *
     * @param ready is run on the engine loop when there is room, or will be none
     * @return false when there is room, and {@code ready} will not be run
     */
    public boolean awaitRoom(Runnable ready) {
        if (!isFull() || isOutOfMemory()) {
            return false;
        }
        waitingForRoom.add(ready);
        return true;
    }

    private void releaseWaiting() {
        if (!waitingForRoom.isEmpty() && (!isFull() || storageFails)) {
            List<Runnable> ready = List.copyOf(waitingForRoom);
            waitingForRoom.clear();
            ready.forEach(Runnable::run);
        }
    }

    /** Lets values go until the bound is kept, as far as storage has them. */
    private void keepWithinBound() {
        Policy.Eviction<KeyRecord, KeyRecord> of = eviction;
        if (of != null) {
            long room = Math.max(0, unitsMax - (units - evictableUnits));
            if (room != of.getMaximum()) {
                of.setMaximum(room);
            }
        }
    }

    private void evicted(KeyRecord record) {
        record.evictable(false);
        evictableUnits -= record.weight;
        units -= record.weight;
        storedUnits += record.weight;
        record.letGo(this);
        evictions++;
    }

    private static int weigh(Value value) {
        return (int) Math.min(Integer.MAX_VALUE, value.approximateBytes() / UNIT_BYTES + 1);
    }

    // ---- what happens to keys

    /** The key was used: its value is to stay longer than others. */
    void used(KeyRecord record) {
        int now = usage.afterUse(record.used);
        if (record.used != now) {
            record.used = now;
            if (record.isEvictable() && evictable != null) {
                Object unused = evictable.getIfPresent(record);
            }
        }
    }

    /** The value may be changed now: it stays until a checkpoint has it, or until it has shown not to be changed. */
    void aboutToChange(KeyRecord record) {
        if (record.isEvictable()) {
            pin(record);
            admissible.add(record);
            admitMore();
        }
    }

    private void pin(KeyRecord record) {
        if (record.isEvictable()) {
            record.evictable(false);
            evictableUnits -= record.weight;
            if (evictable != null) {
                evictable.invalidate(record);
            }
        }
    }

    /** The value of a resident key is new or has changed. */
    void changed(KeyRecord record) {
        if (unitsMax > 0) {
            Value value = record.residentValue();
            if (value != null) {
                pin(record);
                int weight = weigh(value);
                units += weight - record.weight;
                record.weight = weight;
            }
        }
    }

    /** Another value takes the place of what was not in memory, if it was not. */
    void replaced(KeyRecord record) {
        if (!record.isResident()) {
            loading.remove(record);
            storedUnits -= record.weight;
            record.weight = 0;
        }
    }

    void removed(KeyRecord record) {
        if (record.isResident()) {
            pin(record);
            units -= unitsMax > 0 ? record.weight : 0;
        } else {
            replaced(record);
        }
    }

    /** A key whose value stays in storage at the start. */
    void leaveInStorage(KeyRecord record, long bytes) {
        record.weight = (int) Math.min(Integer.MAX_VALUE, bytes / UNIT_BYTES + 1);
        storedUnits += record.weight;
        record.letGo(this);
    }

    /** A checkpoint that wrote these keys is durable. */
    void stored(Collection<KeyRecord> records) {
        admitLater(records);
    }

    private void admitLater(Collection<KeyRecord> records) {
        if (unitsMax > 0) {
            admissible.addAll(records);
            admitMore();
        }
    }

    /** Tells whether storage holds a key's value exactly as it is. */
    @FunctionalInterface
    interface Durability {
        boolean isStored(KeyRecord record);
    }

    void judgedBy(Durability judge) {
        durability = judge;
    }

    private void admitMore() {
        if (!admitting && !stopped && !admissible.isEmpty()) {
            if (source == null) {
                admissible.clear();
                return;
            }
            admitting = true;
            source.onLoop(this::admitSlice);
        }
    }

    private void admitSlice() {
        admitting = false;
        for (int i = 0; i < ADMISSIONS_A_SLICE && !admissible.isEmpty(); i++) {
            admit(admissible.remove());
        }
        keepWithinBound();
        releaseWaiting();
        admitMore();
    }

    private void admit(KeyRecord record) {
        Cache<KeyRecord, KeyRecord> into = evictable;
        boolean isClean = durability != null && durability.isStored(record);
        if (into != null && isClean && !record.isEvictable() && record.isResident()) {
            record.evictable(true);
            evictableUnits += record.weight;
            into.put(record, record); // which may let it go at once
        }
    }

    // ---- bringing values back

    /**
     * Sees to it that the values of these keys are in memory.
     *
     * @param ready is run on the engine loop when they are, or cannot be had; it may use them until it returns
     * @return false when they are in memory already, and {@code ready} will not be run
     */
    public boolean bring(Collection<KeyRecord> records, Runnable ready) {
        Request request = null;
        for (KeyRecord record : records) {
            if (!record.isResident()) {
                if (request == null) {
                    request = new Request(ready);
                }
                request.missing++;
                request.records.add(record);
                load(record).requests.add(request);
            }
        }
        return request != null;
    }

    private Load load(KeyRecord record) {
        Load running = loading.get(record);
        if (running != null) {
            return running;
        }
        var load = new Load();
        loading.put(record, load);
        var unused = source().read(record.id(), record.type())
                .whenCompleteAsync((value, failure) -> loaded(record, load, value), source()::onLoop);
        return load;
    }

    private void loaded(KeyRecord record, Load load, @Nullable Value value) {
        // Not so when the key was removed or given another value meanwhile. A failed load is tried again, and reported,
        // by
        // the command that wants it.
        if (loading.remove(record, load) && value != null && record.fits(value)) {
            hold(record, value);
        }
        for (Request request : load.requests) {
            if (--request.missing == 0) {
                request.ready.run();
                admitLater(request.records);
            }
        }
    }

    private ValueSource source() {
        if (source == null) {
            throw new IllegalStateException("values are in storage, and there is no way to it");
        }
        return source;
    }

    /** Loads a value while everybody waits. */
    Value loadNow(KeyRecord record) {
        Value value;
        try {
            value = source().read(record.id(), record.type()).join();
        } catch (CompletionException e) {
            lost++;
            if (e.getCause() instanceof ValueLostException lost) {
                throw lost;
            }
            throw e;
        }
        if (!record.fits(value)) {
            lost++;
            throw new ValueLostException(
                    "the " + record.type().redisName() + " at " + record.key() + " lacks rows in storage", null);
        }
        loading.remove(record);
        hold(record, value);
        admitLater(List.of(record));
        return value;
    }

    private void hold(KeyRecord record, Value value) {
        storedUnits -= record.weight;
        record.weight = weigh(value);
        units += unitsMax > 0 ? record.weight : 0;
        record.hold(value);
        record.used = usage.afterUse(record.used);
        loads++;
    }
}
