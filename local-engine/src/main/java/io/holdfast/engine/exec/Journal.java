package io.holdfast.engine.exec;

import io.holdfast.engine.command.Effect;
import io.holdfast.engine.store.StorageException;
import io.holdfast.resp.Bytes;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Keeps every change in order, durably, before it is acknowledged. Entries are staged during a turn of the engine loop
 * and written together by one {@link #commit}; runs on the engine loop, but for {@link #sync} and {@link #checkpointed}.
 */
public interface Journal extends AutoCloseable {
    /** Whom an entry is for, besides the recovery of this process, which reads them all. */
    enum Scope {
        /** Nobody else: written while no upstream was configured. */
        LOCAL,
        /** The upstream: replayed there exactly once. */
        UPSTREAM,
        /** What a key was upstream when an outage first changed it here: for recovery and conflicts, never replayed. */
        BASE,
        /** What a copy was that the upstream did not vouch for, likewise: for recovery alone. */
        COPY,
        /** The upstream alone, which refused it once: replayed there exactly once, never applied here, where it was long ago. */
        REQUEUED;

        /** Whether its entries are replayed. */
        public boolean isForUpstream() {
            return this == UPSTREAM || this == REQUEUED;
        }
    }

    /**
     * The effects of one acknowledged command, transaction or script: applied whole or not at all.
     *
     * @param sequence its place; sequences rise by one and are never used again
     * @param timeMs the clock reading of the command, Unix milliseconds: expiry is judged by it on recovery
     * @param client who asked for it, as {@link io.holdfast.engine.command.Session#who} says; empty where that is not kept
     */
    record Entry(long sequence, Scope scope, long timeMs, Bytes client, List<Effect> effects) {
        /** Of nobody in particular. */
        public Entry(long sequence, Scope scope, long timeMs, List<Effect> effects) {
            this(sequence, scope, timeMs, Bytes.EMPTY, effects);
        }

        /** Whether it is replayed. */
        public boolean isForUpstream() {
            return scope.isForUpstream();
        }
    }

    /**
     * Adds an entry to the record of this turn and returns its sequence. Not durable before {@link #commit}.
     *
     * @param client who asked for it; empty for nobody in particular
     */
    long stage(Scope scope, long timeMs, Bytes client, List<Effect> effects);

    /** Adds an entry of nobody in particular. */
    default long stage(Scope scope, long timeMs, List<Effect> effects) {
        return stage(scope, timeMs, Bytes.EMPTY, effects);
    }

    /** True when entries are staged and not committed. */
    boolean hasStaged();

    /**
     * Writes the staged entries as one record, synced first if the durability setting says so.
     *
     * @throws StorageException when they could not be written; nothing of them will be replayed, and the journal refuses
     *     further entries
     */
    void commit();

    /** The sequence of the newest entry, staged ones included; 0 when there is none. */
    long lastSequence();

    /** How many entries for the upstream come after the entry {@code confirmed}, staged ones included. */
    default long owed(long confirmed) {
        return Math.max(0, lastSequence() - confirmed);
    }

    /**
     * Gives every committed entry after {@code sequence}, oldest first.
     *
     * @throws StorageException when one of them is damaged, naming it
     */
    void read(long sequence, Consumer<Entry> reader);

    /** True when a write or a sync has failed: nothing further is accepted. */
    boolean hasFailed();

    /** Why nothing may be written that takes room; null while there is room. */
    default @Nullable String shortage() {
        return null;
    }

    /** True when the disk has taken no more: nothing at all may be written until there is room again. */
    default boolean isExhausted() {
        return false;
    }

    /**
     * Makes everything committed so far survive a power loss. Any thread.
     *
     * @throws StorageException when the disk refuses
     */
    void sync();

    /** Says that {@code storage.db} holds every entry up to {@code sequence}, durably. Any thread. */
    void checkpointed(long sequence);

    @Override
    void close();
}
