package io.holdfast.engine.value;

import io.holdfast.resp.Bytes;
import java.util.Collections;
import java.util.NavigableMap;
import java.util.TreeMap;

/** A member of a consumer group. Changed by its group alone; owned by the engine loop. */
public final class StreamConsumer {
    /** {@link #activeMs} of a consumer that never got an entry. */
    public static final long NEVER = -1;

    private final int id;
    private final Bytes name;
    final NavigableMap<StreamId, PendingEntry> pending = new TreeMap<>();
    long seenMs;
    long activeMs = NEVER;

    StreamConsumer(int id, Bytes name) {
        this.id = id;
        this.name = name;
    }

    /** The number of its row in storage, within its group. */
    public int id() {
        return id;
    }

    public Bytes name() {
        return name;
    }

    /** When it last asked for entries, Unix milliseconds. */
    public long seenMs() {
        return seenMs;
    }

    /** When it last got entries, Unix milliseconds, or {@link #NEVER}. */
    public long activeMs() {
        return activeMs;
    }

    /** What it has not acknowledged. */
    public NavigableMap<StreamId, PendingEntry> pending() {
        return Collections.unmodifiableNavigableMap(pending);
    }
}
