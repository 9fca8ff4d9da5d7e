package io.holdfast.proxy;

import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.Effect;
import io.holdfast.engine.exec.Journal;
import io.holdfast.engine.store.Checkpointer;
import io.holdfast.engine.store.Database;
import io.holdfast.engine.store.QueuedOperation;
import io.holdfast.engine.store.StorageException;
import io.holdfast.sync.journal.DeadLetter;
import io.holdfast.sync.journal.DeadLetters;
import io.holdfast.sync.journal.JournalGapException;
import io.holdfast.sync.journal.JournalReader;
import io.holdfast.sync.journal.SegmentJournal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a table of what waits for the upstream beside the tables of keys: the oldest entries of the journal that it may lack,
 * and what it has refused. A picture of the journal, never its source. Asked on the engine loop, written on the checkpoint
 * thread.
 */
final class SyncQueue implements Checkpointer.Companion {
    private static final Logger log = LoggerFactory.getLogger(SyncQueue.class);

    /** More are in the journal; a table of all of them would cost each checkpoint more than the keys do. */
    static final int ROWS_MAX = 1_000;

    private static final int PAGE_ENTRIES = 200;
    private static final int PAGE_BYTES = 1 << 20;

    private final SegmentJournal journal;
    private final DeadLetters deadLetters;
    private final Database database;
    private final CommandTable commands;
    private final LongSupplier confirmedSequence;
    private volatile State written = State.UNKNOWN;

    /** What the table depends on. */
    private record State(long confirmed, long committed, long dead) {
        static final State UNKNOWN = new State(-1, -1, -1);
    }

    /** @param confirmedSequence the newest entry that the upstream has; any thread */
    SyncQueue(
            SegmentJournal journal,
            DeadLetters deadLetters,
            Database database,
            CommandTable commands,
            LongSupplier confirmedSequence) {
        this.journal = journal;
        this.deadLetters = deadLetters;
        this.database = database;
        this.commands = commands;
        this.confirmedSequence = confirmedSequence;
    }

    private State now() {
        long committed = journal.committedSequence();
        return new State(Math.min(confirmedSequence.getAsLong(), committed), committed, deadLetters.count());
    }

    @Override
    public boolean isOwed() {
        State now = now();
        State before = written;
        boolean bothEmpty =
                now.confirmed == now.committed && before.confirmed == before.committed && before.committed >= 0;
        return bothEmpty ? now.dead != before.dead : !now.equals(before);
    }

    @Override
    public void write() {
        State now = now();
        try {
            List<QueuedOperation> operations = new ArrayList<>();
            var rows = new QueueRows(commands);
            addRefused(rows, operations);
            addPending(rows, now, operations);
            database.queue(operations);
            written = now;
        } catch (StorageException | JournalGapException e) {
            log.warn("The table of what waits for the upstream stays as it was: {}", e.getMessage());
        }
    }

    private void addRefused(QueueRows rows, List<QueuedOperation> into) {
        for (DeadLetters.Stored stored : deadLetters.page(0, DeadLetters.State.OPEN, ROWS_MAX)) {
            DeadLetter letter = stored.letter();
            add(into, rows.refused(letter));
        }
    }

    private void addPending(QueueRows rows, State now, List<QueuedOperation> into) {
        if (now.confirmed >= now.committed) {
            return;
        }
        long from = Math.max(now.confirmed, journal.status().firstSequence() - 1);
        Map<Long, Set<Integer>> dead = deadLetters.among(from + 1, now.committed);
        try (JournalReader reader = journal.reader(from)) {
            List<Journal.Entry> page = readable(reader);
            while (!page.isEmpty() && into.size() < ROWS_MAX) {
                for (Journal.Entry entry : page) {
                    if (entry.isForUpstream()) {
                        addPending(rows, entry, dead.getOrDefault(entry.sequence(), Set.of()), into);
                    }
                }
                page = readable(reader);
            }
        }
    }

    /** What is damaged is left out here: {@code degraded} says so. */
    private List<Journal.Entry> readable(JournalReader reader) {
        return reader.readable(
                PAGE_ENTRIES,
                PAGE_BYTES,
                journal::committedSequence,
                damage -> log.warn("The table of what waits for the upstream lacks something: {}", damage));
    }

    private static void addPending(
            QueueRows rows, Journal.Entry entry, Set<Integer> refused, List<QueuedOperation> into) {
        int position = 0;
        for (Effect effect : entry.effects()) {
            if (!refused.contains(position)) {
                add(into, rows.pending(entry, effect));
            }
            position++;
        }
    }

    private static void add(List<QueuedOperation> into, List<QueuedOperation> more) {
        into.addAll(more.subList(0, Math.min(more.size(), ROWS_MAX - into.size())));
    }
}
