package io.holdfast.testing;

import io.holdfast.engine.command.Effect;
import io.holdfast.engine.exec.Journal;
import io.holdfast.engine.store.StorageException;
import io.holdfast.resp.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * A journal that keeps its entries in this process, and whose disk fails when a test says so. For one test thread.
 */
public final class MemoryJournal implements Journal {
    private final List<Entry> committed = new ArrayList<>();
    private final List<Entry> staged = new ArrayList<>();
    private long lastSequence;
    private long checkpointed;
    private int syncs;
    private boolean diskFails;
    private boolean failed;

    /** From now on, writing and syncing are refused. */
    public void failDisk() {
        diskFails = true;
    }

    /** Every committed entry, oldest first. */
    public List<Entry> entries() {
        return List.copyOf(committed);
    }

    /** Every committed effect, oldest first. */
    public List<Effect> effects() {
        return committed.stream().flatMap(entry -> entry.effects().stream()).toList();
    }

    /** How often it was synced. */
    public int syncs() {
        return syncs;
    }

    /** What the last checkpoint said; 0 before the first. */
    public long lastCheckpoint() {
        return checkpointed;
    }

    @Override
    public long stage(Scope scope, long timeMs, Bytes client, List<Effect> effects) {
        if (failed) {
            throw new StorageException("the journal has failed");
        }
        staged.add(new Entry(++lastSequence, scope, timeMs, client, List.copyOf(effects)));
        return lastSequence;
    }

    @Override
    public boolean hasStaged() {
        return !staged.isEmpty();
    }

    @Override
    public void commit() {
        refuseIfDiskFails();
        committed.addAll(staged);
        staged.clear();
    }

    @Override
    public long lastSequence() {
        return lastSequence;
    }

    @Override
    public void read(long sequence, Consumer<Entry> reader) {
        // Sequences rise by one from 1, so an entry's place tells its sequence.
        committed
                .subList((int) Math.min(sequence, committed.size()), committed.size())
                .forEach(reader);
    }

    @Override
    public boolean hasFailed() {
        return failed;
    }

    @Override
    public void sync() {
        refuseIfDiskFails();
        syncs++;
    }

    @Override
    public void checkpointed(long sequence) {
        checkpointed = sequence;
    }

    @Override
    public void close() {
        staged.clear();
    }

    private void refuseIfDiskFails() {
        if (diskFails) {
            failed = true;
            staged.clear();
            throw new StorageException("the disk fails, as the test asked");
        }
    }
}
