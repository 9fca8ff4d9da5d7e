package io.holdfast.proxy;

import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.Effect;
import io.holdfast.engine.exec.Journal;
import io.holdfast.engine.store.QueuedOperation;
import io.holdfast.proxy.admin.QueuePage;
import io.holdfast.sync.journal.DeadLetters;
import io.holdfast.sync.journal.JournalReader;
import io.holdfast.sync.journal.SegmentJournal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What waits for the upstream, and what it has refused, a page at a time, out of the journal itself: however much there is,
 * a page costs what it shows. On the desk's thread.
 */
final class QueuePages {
    private static final int ENTRIES_AT_A_TIME = 200;
    private static final int BYTES_AT_A_TIME = 1 << 20;
    /** Of the values on one page, characters; it ends behind the row that goes beyond. */
    private static final int PAGE_CHARS_MAX = 4 << 20;

    private final SegmentJournal journal;
    private final DeadLetters deadLetters;
    private final CommandTable commands;

    QueuePages(SegmentJournal journal, DeadLetters deadLetters, CommandTable commands) {
        this.journal = journal;
        this.deadLetters = deadLetters;
        this.commands = commands;
    }

    /** A page that is being filled; rows before {@code from} were on earlier ones. */
    private static final class Filling {
        private final long from;
        private final int count;
        private final List<QueuedOperation> rows = new ArrayList<>();
        private final List<String> unreadable = new ArrayList<>();
        private long chars;
        private long next;

        Filling(long from, int count) {
            this.from = from;
            this.count = count;
        }

        boolean isFull() {
            return next != 0;
        }

        /** @param number where the first of the operations stands among all of their kind */
        void add(long number, List<QueuedOperation> operations) {
            for (int i = 0; i < operations.size() && i < QueueRows.IDS_AN_ENTRY && !isFull(); i++) {
                if (number + i < from) {
                    continue;
                }
                if (rows.size() == count || chars > PAGE_CHARS_MAX) {
                    next = number + i;
                    return;
                }
                QueuedOperation operation = operations.get(i);
                String value = operation.value();
                chars += value == null ? 0 : value.length();
                rows.add(operation);
            }
        }

        QueuePage page() {
            return new QueuePage(rows, next, unreadable);
        }
    }

    /** Of what was refused, by the numbers of the dead letters. */
    QueuePage failed(long from, int count) {
        var filling = new Filling(from, count);
        long after = Math.max(0, from / QueueRows.IDS_AN_ENTRY - 1);
        List<DeadLetters.Stored> letters = deadLetters.page(after, DeadLetters.State.OPEN, ENTRIES_AT_A_TIME);
        while (!letters.isEmpty() && !filling.isFull()) {
            for (DeadLetters.Stored stored : letters) {
                filling.add(stored.id() * QueueRows.IDS_AN_ENTRY, new QueueRows(commands).refused(stored.letter()));
                after = stored.id();
            }
            letters = filling.isFull() ? List.of() : deadLetters.page(after, DeadLetters.State.OPEN, ENTRIES_AT_A_TIME);
        }
        return filling.page();
    }

    /**
     * Of what waits, by the sequences of its entries.
     *
     * @param confirmed the newest entry that the upstream has
     */
    QueuePage pending(long from, int count, long confirmed) {
        var filling = new Filling(from, count);
        long committed = journal.committedSequence();
        long asked = Math.max(confirmed, from / QueueRows.IDS_AN_ENTRY - 1);
        if (asked >= committed) {
            return filling.page();
        }
        long after = Math.max(asked, journal.status().firstSequence() - 1);
        Map<Long, Set<Integer>> dead = deadLetters.among(after + 1, committed);
        try (JournalReader reader = journal.reader(after)) {
            List<Journal.Entry> entries = more(reader, filling);
            while (!entries.isEmpty() && !filling.isFull()) {
                for (Journal.Entry entry : entries) {
                    if (entry.isForUpstream() && !filling.isFull()) {
                        filling.add(
                                entry.sequence() * QueueRows.IDS_AN_ENTRY,
                                rows(entry, dead.getOrDefault(entry.sequence(), Set.of())));
                    }
                }
                entries = filling.isFull() ? List.of() : more(reader, filling);
            }
        }
        return filling.page();
    }

    private List<Journal.Entry> more(JournalReader reader, Filling filling) {
        return reader.readable(
                ENTRIES_AT_A_TIME,
                BYTES_AT_A_TIME,
                journal::committedSequence,
                damage -> filling.unreadable.add(damage.toString()));
    }

    private List<QueuedOperation> rows(Journal.Entry entry, Set<Integer> refused) {
        var rows = new QueueRows(commands);
        List<QueuedOperation> operations = new ArrayList<>();
        int position = 0;
        for (Effect effect : entry.effects()) {
            if (!refused.contains(position)) {
                operations.addAll(rows.pending(entry, effect));
            }
            position++;
        }
        return operations;
    }
}
