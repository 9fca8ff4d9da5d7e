package io.holdfast.sync.journal;

import io.holdfast.engine.command.Effect;
import io.holdfast.engine.exec.Journal;
import io.holdfast.engine.failpoint.Failpoint;
import io.holdfast.engine.store.StorageException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts dead letters back into the journal, each exactly once: whatever is killed at any moment, a letter ends either open
 * or as one entry for the upstream. Runs on the operator's thread, one call at a time; nobody else writes entries of the
 * scope {@code REQUEUED}.
 *
 * <pre>
 *   sync.db   open ─► requeueing, behind entry n                                  ─► requeued, as entry n+k
 *   journal                                        ─► entries n+1 …, and a sync
 *   crash     open                                 │ found behind n: requeued; else open
 * </pre>
 */
public final class Requeue {
    private static final Logger log = LoggerFactory.getLogger(Requeue.class);

    /** Most letters that go into the journal at a time. */
    public static final int LETTERS_MAX = 500;
    /** Beyond so many bytes of effects no more should go with them. */
    public static final long BYTES_MAX = 8 * 1024 * 1024;

    private static final int READ_BYTES_MAX = 1024 * 1024;
    private static final String IN_DOUBT =
            "in doubt: it was being requeued, and whether it was is not known any more; before: ";

    private final DeadLetters letters;
    private final SegmentJournal journal;
    private final Writer writer;

    /** Who owns the journal's writing end. */
    @FunctionalInterface
    public interface Writer {
        /**
         * Commits an entry of the scope {@code REQUEUED} for each effect.
         *
         * @return the sequence of each
         * @throws StorageException when the journal refuses, or nobody is there to write any more
         */
        List<Long> append(List<Effect> effects);
    }

    public Requeue(SyncStore store, SegmentJournal journal, Writer writer) {
        letters = store.deadLetters();
        this.journal = journal;
        this.writer = writer;
    }

    /**
     * Requeues those of {@code ids} that are open, and returns them; durable when it returns.
     *
     * @param ids at most {@link #LETTERS_MAX}
     * @throws StorageException when the journal or {@code sync.db} refuses; the next start decides then
     */
    public List<DeadLetters.Stored> run(List<Long> ids) {
        List<DeadLetters.Stored> chosen = letters.requeueing(ids, journal.committedSequence());
        if (chosen.isEmpty()) {
            return chosen;
        }
        Failpoint.REQUEUE_MARKED.pass();
        List<Long> entries = writer.append(chosen.stream().map(Requeue::effect).toList());
        Failpoint.REQUEUE_APPENDED.pass();
        journal.sync(); // or a power loss could take the entry and leave a letter that says it is there
        Map<Long, Long> requeued = new HashMap<>();
        for (int i = 0; i < chosen.size(); i++) {
            requeued.put(chosen.get(i).id(), entries.get(i));
        }
        Failpoint.REQUEUE_SYNCED.pass();
        letters.requeued(requeued);
        return chosen;
    }

    private static Effect effect(DeadLetters.Stored stored) {
        return new Effect(stored.letter().db(), stored.letter().command());
    }

    /**
     * Finds out what became of letters that a crash left on their way; to be called at a start, before the journal skips or
     * trims anything.
     */
    public static void settle(SyncStore store, SegmentJournal journal) {
        DeadLetters letters = store.deadLetters();
        List<DeadLetters.Stored> left = letters.all(DeadLetters.State.REQUEUEING);
        if (left.isEmpty()) {
            return;
        }
        Map<Long, Long> found = new HashMap<>();
        // What was sent and is not in the journal any more may have been one of them.
        boolean isWhole =
                store.replay().lastSent() <= journal.committedSequence() && find(letters, left, journal, found);
        letters.requeued(found);
        List<Long> lost = left.stream()
                .map(DeadLetters.Stored::id)
                .filter(id -> !found.containsKey(id))
                .toList();
        letters.reopen(lost, isWhole ? "" : IN_DOUBT);
        log.info(
                "Of {} dead letters on their way back, {} are in the journal and {} open",
                left.size(),
                found.size(),
                lost.size());
    }

    /** Gives letters their entries; false when what they may be in cannot be read. */
    private static boolean find(
            DeadLetters letters, List<DeadLetters.Stored> left, SegmentJournal journal, Map<Long, Long> found) {
        long from =
                left.stream().mapToLong(DeadLetters.Stored::requeuedAs).min().orElseThrow();
        if (from > journal.committedSequence()) {
            return true; // and what came behind it is gone as well
        }
        Set<Long> taken = letters.entriesAfter(from);
        try (JournalReader reader = journal.reader(from)) {
            List<Journal.Entry> entries = reader.next(LETTERS_MAX, READ_BYTES_MAX);
            while (!entries.isEmpty()) {
                for (Journal.Entry entry : entries) {
                    if (entry.scope() == Journal.Scope.REQUEUED && !taken.contains(entry.sequence())) {
                        left.stream()
                                .filter(stored -> !found.containsKey(stored.id()) && isCarriedBy(stored, entry))
                                .findFirst()
                                .ifPresent(stored -> found.put(stored.id(), entry.sequence()));
                    }
                }
                entries = reader.next(LETTERS_MAX, READ_BYTES_MAX);
            }
            return true;
        } catch (JournalGapException | StorageException unreadable) {
            log.warn("Letters on their way back cannot be looked for in the journal: {}", unreadable.getMessage());
            return false;
        }
    }

    private static boolean isCarriedBy(DeadLetters.Stored stored, Journal.Entry entry) {
        return stored.requeuedAs() < entry.sequence() && entry.effects().equals(List.of(effect(stored)));
    }
}
