package io.holdfast.sync.replay;

import io.holdfast.engine.exec.Journal;
import io.holdfast.sync.journal.Damage;
import io.holdfast.sync.journal.JournalGapException;
import io.holdfast.sync.journal.JournalReader;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The entries that come next, read from the journal a batch at a time. Lives on the replay thread. */
final class Backlog implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Backlog.class);

    private final ReplaySource source;
    private final int entriesMax;
    private final int bytesMax;
    private final Consumer<Damage> onDamage;
    private final Consumer<String> onGap;

    /** Read and not passed yet, oldest first; never more than one batch. */
    private final Deque<Journal.Entry> read = new ArrayDeque<>();

    private @Nullable JournalReader reader;

    /**
     * @param onDamage hears of entries that cannot be read, before they are passed over
     * @param onGap hears which entries the upstream had, lacks now, and cannot get from here any more: as
     *     {@link ReplayStatus#journalGap}
     */
    Backlog(ReplaySource source, int entriesMax, int bytesMax, Consumer<Damage> onDamage, Consumer<String> onGap) {
        this.onDamage = onDamage;
        this.onGap = onGap;
        this.source = source;
        this.entriesMax = entriesMax;
        this.bytesMax = bytesMax;
    }

    /**
     * Goes on after {@code from}, or as near as the journal still reaches.
     *
     * @param known entries up to here were once confirmed; a later one can only be gone if it was not for the upstream
     * @return where it goes on
     */
    long open(long from, long known) throws ReplayFailedException {
        close();
        read.clear();
        long committed = source.committedSequence();
        if (from > committed) {
            throw new ReplayFailedException(
                    "the journal ends with entry " + committed + ", before the upstream's cursor " + from);
        }
        try {
            reader = source.reader(from);
            return from;
        } catch (JournalGapException gap) {
            long reached = gap.firstAvailable() - 1;
            if (from < known) {
                long last = Math.min(known, reached);
                log.error(
                        "JOURNAL-GAP: the upstream lacks the entries {} to {}, which the journal no longer holds",
                        from + 1,
                        last);
                onGap.accept((from + 1) + "-" + last);
            }
            reader = source.reader(reached);
            return reached;
        }
    }

    /** Up to {@code limit} entries, which stay until they are passed; none when the journal has no more. */
    List<Journal.Entry> next(int limit) {
        if (read.isEmpty()) {
            read.addAll(more());
        }
        return read.stream().limit(limit).toList();
    }

    private List<Journal.Entry> more() {
        JournalReader from = reader;
        if (from == null) {
            throw new IllegalStateException("not opened");
        }
        try {
            return readable(from);
        } catch (JournalGapException gap) {
            // What is ahead of us is not confirmed: it was trimmed because it was never for the upstream.
            from.close();
            JournalReader beyond = source.reader(gap.firstAvailable() - 1);
            reader = beyond;
            return readable(beyond);
        }
    }

    /** What can be read; each damage on the way is passed over, and ends behind itself. */
    private List<Journal.Entry> readable(JournalReader from) {
        return from.readable(entriesMax, bytesMax, source::committedSequence, onDamage);
    }

    /** Everything up to {@code sequence} needs no more attention. */
    void pass(long sequence) {
        while (!read.isEmpty() && read.peek().sequence() <= sequence) {
            read.remove();
        }
    }

    @Override
    public void close() {
        if (reader != null) {
            reader.close();
            reader = null;
        }
    }
}
