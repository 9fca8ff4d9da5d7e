package io.holdfast.sync.journal;

import io.holdfast.engine.exec.Journal;
import io.holdfast.engine.store.StorageException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Follows the journal from one sequence on: every committed entry of every scope, each once, none before it is committed
 * whole. Confined to one thread, which may be another than the writer's; holds one file open.
 */
public final class JournalReader implements AutoCloseable {
    private final Segments segments;
    private final long after;

    private Segment segment;
    private RecordScanner scanner;
    private long passed; // the newest entry that was read, or skipped because it is before the place asked for
    private long returned;
    private Journal.@Nullable Entry held; // decoded, and too long for the last call
    private int heldBytes;
    private @Nullable RuntimeException problem;
    private long damagedAt;

    JournalReader(Segments segments, long after) {
        this.segments = segments;
        this.after = after;
        returned = after;
        segment = segments.holding(after + 1);
        if (after < segment.follows()) {
            throw new JournalGapException(after + 1, segment.firstSequence());
        }
        scanner = open(segment);
        passed = segment.firstSequence() - 1;
    }

    /**
     * The next committed entries, whole; an empty list when there are none yet. The first is returned even if it is longer
     * than {@code bytesMax}, so that reading always gets on.
     *
     * @throws JournalGapException when the next entry has been trimmed
     * @throws DamagedRecordException when the next entry is damaged, naming segment, offset and sequence; what comes before
     *     it is given first
     */
    public List<Journal.Entry> next(int entriesMax, int bytesMax) {
        if (problem != null) {
            throw problem;
        }
        List<Journal.Entry> entries = new ArrayList<>();
        try {
            fill(entries, entriesMax, bytesMax);
        } catch (StorageException | JournalGapException e) {
            problem = e;
            if (entries.isEmpty()) {
                throw e;
            }
        }
        return entries;
    }

    /**
     * As {@link #next}, but for what is damaged, which is passed over.
     *
     * @param committed gives the newest committed entry
     * @param onDamage hears of each damage before it is passed over
     * @throws DamagedRecordException when it cannot be known yet where a damage ends
     */
    public List<Journal.Entry> readable(
            int entriesMax, int bytesMax, LongSupplier committed, Consumer<Damage> onDamage) {
        while (true) {
            try {
                return next(entriesMax, bytesMax);
            } catch (DamagedRecordException damaged) {
                Damage damage = skipDamage(committed.getAsLong());
                if (damage == null) {
                    throw damaged;
                }
                onDamage.accept(damage);
            }
        }
    }

    /**
     * Goes on behind the damage that {@link #next} has thrown for.
     *
     * @param committed the newest committed entry, as it was before this call
     * @return what is passed over; null when it cannot be known yet where that ends
     */
    public @Nullable Damage skipDamage(long committed) {
        if (!(problem instanceof DamagedRecordException)) {
            throw new IllegalStateException("nothing was found damaged");
        }
        try {
            return skip(committed);
        } catch (IOException e) {
            throw new StorageException("journal segment " + segment.path() + " cannot be read: " + e.getMessage(), e);
        }
    }

    private @Nullable Damage skip(long committed) throws IOException {
        Segment in = segment;
        Segment next = segments.after(in);
        long limit = in.bytes();
        boolean isQuiet = in.lastSequence() == committed; // then the newest record ends at the limit
        long first = passed + 1;
        scanner.moveTo(damagedAt);
        long end;
        if (isFoundBehind(limit)) {
            end = scanner.position();
            passed = scanner.firstSequence() - 1;
            scanner.skipEntries();
        } else if (next != null && next.follows() >= first) {
            end = limit;
            passed = next.follows();
            RecordScanner entered = open(next);
            scanner.close();
            scanner = entered;
            segment = next;
        } else if (next == null && isQuiet && committed >= first) {
            end = limit;
            passed = committed;
            scanner.moveTo(limit);
        } else {
            return null;
        }
        long last = passed;
        if (segment != in) {
            passed = segment.firstSequence() - 1; // a hole that is meant
        }
        problem = null;
        held = null;
        return new Damage(in.path(), damagedAt, end, first, last, guess(in, damagedAt, end, first));
    }

    /** Moves to the next record that is as it was written and belongs behind what was read. */
    private boolean isFoundBehind(long limit) throws IOException {
        if (scanner.next(limit) && scanner.firstSequence() > passed) {
            scanner.moveTo(damagedAt); // it is whole: what is missing stood before it
            return true;
        }
        scanner.moveTo(damagedAt);
        return scanner.findNext(limit, passed, Long.MAX_VALUE);
    }

    private static List<Journal.Entry> guess(Segment in, long offset, long end, long first) throws IOException {
        try (var anew = RecordScanner.ofAnyHeader(in.path())) {
            return anew.guess(offset, end, first);
        }
    }

    /** The sequence of the newest entry that {@link #next} gave; before the first, the one it was opened after. */
    public long sequence() {
        return returned;
    }

    @Override
    public void close() {
        scanner.close();
    }

    private void fill(List<Journal.Entry> entries, int entriesMax, int bytesMax) {
        long bytes = 0;
        while (entries.size() < entriesMax) {
            Journal.Entry entry = peek();
            if (entry == null || (!entries.isEmpty() && bytes + heldBytes > bytesMax)) {
                return;
            }
            bytes += heldBytes;
            held = null;
            returned = entry.sequence();
            entries.add(entry);
        }
    }

    private Journal.@Nullable Entry peek() {
        try {
            while (held == null) {
                int before = scanner.undecodedBytes();
                Journal.Entry entry = scanner.nextEntry();
                if (entry == null) {
                    if (!nextRecord()) {
                        return null;
                    }
                } else {
                    passed = entry.sequence();
                    if (passed > after) {
                        held = entry;
                        heldBytes = before - scanner.undecodedBytes();
                    }
                }
            }
            return held;
        } catch (IOException e) {
            throw new StorageException("journal segment " + segment.path() + " cannot be read: " + e.getMessage(), e);
        }
    }

    private boolean nextRecord() throws IOException {
        while (true) {
            long committed = segment.bytes();
            if (scanner.position() < committed) {
                readRecord(committed);
                if (scanner.lastSequence() > after) {
                    return true;
                }
                passed = scanner.lastSequence();
                scanner.skipEntries();
                continue;
            }
            Segment next = segments.after(segment);
            if (next == null) {
                return false;
            }
            if (scanner.position() == segment.bytes()) { // looked at again: the writer may have gone on before it left
                enter(next);
            }
        }
    }

    private void readRecord(long committed) throws IOException {
        long offset = scanner.position();
        if (!scanner.next(committed)) {
            throw damaged(offset, "the record of entry " + (passed + 1) + " does not match its checksum");
        }
        if (scanner.firstSequence() != passed + 1) {
            throw damaged(offset, "it goes on with entry " + scanner.firstSequence() + " after entry " + passed);
        }
    }

    private void enter(Segment next) {
        boolean empty = segment.bytes() == SegmentHeader.BYTES;
        long newest = empty ? segment.follows() : passed;
        if (next.follows() > newest && !segments.contains(segment)) {
            throw new JournalGapException(newest + 1, next.firstSequence());
        }
        if (next.follows() != newest) {
            throw damaged(
                    segment.bytes(),
                    "it ends with entry " + newest + ", but the next segment follows entry " + next.follows());
        }
        RecordScanner entered = open(next);
        scanner.close();
        scanner = entered;
        segment = next;
        passed = next.firstSequence() - 1;
    }

    private RecordScanner open(Segment wanted) {
        try {
            return new RecordScanner(wanted.path());
        } catch (NoSuchFileException e) {
            if (!segments.contains(wanted)) {
                throw new JournalGapException(
                        wanted.firstSequence(), segments.oldest().firstSequence());
            }
            throw new StorageException("journal segment " + wanted.path() + " is missing", e);
        } catch (IOException e) {
            throw new StorageException("journal segment " + wanted.path() + " cannot be read: " + e.getMessage(), e);
        }
    }

    private DamagedRecordException damaged(long offset, String what) {
        damagedAt = offset;
        return new DamagedRecordException("journal segment " + segment.path() + " is damaged at offset " + offset + ": "
                + what + "; run holdfast repair");
    }
}
