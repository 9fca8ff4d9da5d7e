package io.holdfast.sync.journal;

import io.holdfast.engine.command.Effect;
import io.holdfast.engine.exec.Journal;
import io.holdfast.engine.failpoint.Failpoint;
import io.holdfast.engine.store.StorageException;
import io.holdfast.resp.Bytes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps every committed entry in append-only files until it is checkpointed, confirmed upstream and past retention. The
 * engine loop stages and commits; methods that say so run on any thread, beside it.
 *
 * <pre>
 *   journal/00000000000000000001.seg    header | record | record | …     oldest: trimmed first
 *   journal/00000000000000048213.seg    header | record | …              full: synced, read only
 *   journal/00000000000000101777.seg    header | record | reco           newest: written, never trimmed
 * </pre>
 *
 * <p>{@link SegmentHeader} draws the header, {@link RecordFormat} a record, {@link JournalOpening} what becomes of a torn
 * tail. A write that finds the disk full takes place once {@link DiskRoom} has given up its reserve. After any other
 * failure of a write or a sync everything is refused until the journal is opened again; what was committed can still be
 * read.
 */
public final class SegmentJournal implements Journal {
    /** A turn that stages more is written as several records. */
    static final int TURN_BYTES_MAX = 64 * 1024 * 1024;

    private static final int PAGE_ENTRIES = 1000;
    private static final int PAGE_BYTES = 1024 * 1024;

    private static final Logger log = LoggerFactory.getLogger(SegmentJournal.class);

    private final Path directory;
    private final NodeIdentity node;
    private final long segmentBytesMax;
    private final DiskRoom room;
    private final long cutBytes;
    private @Nullable Consumer<Damage> onDamage;
    private volatile @Nullable String loss;
    private final Segments segments;
    private final JournalFailure failure = new JournalFailure();
    private final JournalSync sync;
    private final RecordEncoder encoder = new RecordEncoder();

    private SegmentWriter writer;
    private long newestSequence; // the writer's own copy of committedSequence

    private volatile long committedSequence;

    private final long openedSequence;
    private final EntriesBeside beside;
    private EntriesBeside olderBeside;

    private SegmentJournal(
            Path directory,
            NodeIdentity node,
            JournalOptions options,
            DiskRoom room,
            LongSupplier clockMs,
            LongSupplier ticker,
            JournalOpening opened) {
        this.directory = directory;
        this.node = node;
        this.room = room;
        segmentBytesMax = options.segmentBytesMax();
        cutBytes = opened.cutBytes();
        loss = opened.tailLoss();
        segments = opened.segments();
        writer = new SegmentWriter(segments.newest(), opened.newest(), room);
        newestSequence = writer.segment().lastSequence();
        committedSequence = newestSequence;
        openedSequence = newestSequence;
        beside = new EntriesBeside(newestSequence + 1);
        olderBeside = new EntriesBeside(newestSequence + 1);
        sync = new JournalSync(opened.newest(), newestSequence, options.appendFsync(), failure, clockMs, ticker);
    }

    /**
     * Opens the journal in {@code directory}, which is made if it is missing. A torn tail is cut.
     *
     * @param room what is left on the disk
     * @param clockMs wall clock, Unix milliseconds: judges retention
     * @param ticker a clock that only rises, nanoseconds: judges whether a sync is overdue
     * @throws StorageException when a segment's header is damaged, of a newer format or of another node, or the file system
     *     refuses
     */
    public static SegmentJournal open(
            Path directory,
            NodeIdentity node,
            JournalOptions options,
            DiskRoom room,
            LongSupplier clockMs,
            LongSupplier ticker) {
        return open(directory, node, options, room, clockMs, ticker, new DiskFiles());
    }

    static SegmentJournal open(
            Path directory,
            NodeIdentity node,
            JournalOptions options,
            DiskRoom room,
            LongSupplier clockMs,
            LongSupplier ticker,
            SegmentFiles files) {
        try {
            JournalOpening opened = JournalOpening.of(directory, node, options.retention(), clockMs, files);
            var journal = new SegmentJournal(directory, node, options, room, clockMs, ticker, opened);
            journal.sync.start();
            return journal;
        } catch (IOException e) {
            throw new StorageException("the journal in " + directory + " cannot be opened: " + e.getMessage(), e);
        }
    }

    /**
     * {@inheritDoc}
     *
     * @throws StorageException when the journal has failed, or the entry is longer than a record may be; it is not staged
     */
    @Override
    public long stage(Scope scope, long timeMs, Bytes client, List<Effect> effects) {
        failure.refuse();
        long bytes = RecordEncoder.bytesOf(client, effects);
        if (encoder.bytes() + bytes > TURN_BYTES_MAX) {
            commit();
        }
        encoder.add(scope, timeMs, client, effects, bytes);
        long sequence = newestSequence + encoder.count();
        if (!scope.isForUpstream()) {
            beside.add(sequence);
        }
        return sequence;
    }

    @Override
    public boolean hasStaged() {
        return !encoder.isEmpty();
    }

    @Override
    public void commit() {
        if (encoder.isEmpty()) {
            return;
        }
        try {
            failure.refuse();
            sync.awaitRoom();
            Segment segment = writer.segment();
            if (segment.hasRecords() && segment.bytes() + encoder.bytes() > segmentBytesMax) {
                roll(newestSequence + 1);
            }
            append(encoder.seal(newestSequence + 1, node.epoch()));
        } finally {
            encoder.reset();
        }
    }

    @Override
    public long lastSequence() {
        return newestSequence + encoder.count();
    }

    /**
     * {@inheritDoc} Entries of an earlier process all count as for the upstream until {@link #learn}.
     */
    @Override
    public long owed(long confirmed) {
        return Math.max(0, lastSequence() - confirmed - beside.after(confirmed) - olderBeside.after(confirmed));
    }

    /**
     * Reads, of the entries after {@code after} that an earlier process wrote, which are not for the upstream; for {@link
     * #learn}. Any thread.
     *
     * @throws JournalGapException when they have been trimmed meanwhile
     */
    public EntriesBeside besideOlder(long after) {
        var found = new EntriesBeside(after + 1);
        try (JournalReader reader = reader(after)) {
            long last = after;
            while (last < openedSequence) {
                List<Entry> page = reader.readable(PAGE_ENTRIES, PAGE_BYTES, this::committedSequence, damage -> {});
                if (page.isEmpty()) {
                    return found;
                }
                for (Entry entry : page) {
                    last = entry.sequence();
                    if (last <= openedSequence && !entry.isForUpstream()) {
                        found.add(last);
                    }
                }
            }
        }
        return found;
    }

    /** What {@link #besideOlder} has found. On the writer's thread. */
    public void learn(EntriesBeside older) {
        olderBeside = older;
    }

    /**
     * From now on {@link #read} passes over records that are damaged, where it can be known where they end, and tells of each;
     * it throws else.
     */
    public void passOver(Consumer<Damage> damaged) {
        onDamage = damaged;
    }

    @Override
    public void read(long sequence, Consumer<Entry> reader) {
        if (sequence >= committedSequence) {
            return;
        }
        try (var entries = new JournalReader(segments, sequence)) {
            List<Entry> page = page(entries);
            while (!page.isEmpty()) {
                page.forEach(reader);
                page = page(entries);
            }
        } catch (JournalGapException e) {
            throw new StorageException("entries that the tables do not include are missing: " + e.getMessage(), e);
        }
    }

    /** As {@link #read}, from the oldest on that there is. */
    public void readRetained(long sequence, Consumer<Entry> reader) {
        long from = sequence;
        try {
            reader(Math.min(sequence, committedSequence)).close();
        } catch (JournalGapException trimmed) {
            from = trimmed.firstAvailable() - 1;
        }
        read(from, reader);
    }

    private List<Entry> page(JournalReader entries) {
        Consumer<Damage> damaged = onDamage;
        return damaged == null
                ? entries.next(PAGE_ENTRIES, PAGE_BYTES)
                : entries.readable(PAGE_ENTRIES, PAGE_BYTES, this::committedSequence, damaged);
    }

    /**
     * A reader of every entry after {@code sequence}, those to come included. Any thread; the caller closes it.
     *
     * @throws JournalGapException when the entry after {@code sequence} has been trimmed
     * @throws IllegalArgumentException when {@code sequence} has never been committed
     */
    public JournalReader reader(long sequence) {
        if (sequence < 0 || sequence > committedSequence) {
            throw new IllegalArgumentException("no entry " + sequence + " among those up to " + committedSequence);
        }
        return new JournalReader(segments, sequence);
    }

    /** The newest committed entry; 0 when there is none. Any thread. */
    public long committedSequence() {
        return committedSequence;
    }

    /**
     * Never gives a sequence up to {@code sequence} again, although a power loss took the entries: the tables or the
     * upstream may hold them. To be called once after opening, on the writer's thread, with the newest sequence that the
     * checkpoint includes or replay may have sent.
     */
    public void skipTo(long sequence) {
        if (sequence <= newestSequence) {
            return;
        }
        if (!encoder.isEmpty()) {
            throw new IllegalStateException("entries are staged");
        }
        failure.refuse();
        loss = "entries " + (newestSequence + 1) + " to " + sequence + " of the journal were lost";
        log.warn("entries {} to {} of the journal in {} were lost", newestSequence + 1, sequence, directory);
        roll(sequence + 1);
        for (long lost = newestSequence + 1; lost <= sequence; lost++) {
            beside.add(lost);
        }
        newestSequence = sequence;
        committedSequence = sequence;
    }

    /** What may have been lost, as far as opening found out; null when nothing was. Any thread. */
    public @Nullable String loss() {
        return loss;
    }

    @Override
    public boolean hasFailed() {
        return failure.happened();
    }

    @Override
    public @Nullable String shortage() {
        return room.shortage();
    }

    @Override
    public boolean isExhausted() {
        return room.isExhausted();
    }

    /**
     * {@inheritDoc} The setting does not matter.
     *
     * @throws StorageException when the disk refuses; the journal refuses writes from then on
     */
    @Override
    public void sync() {
        sync.sync();
    }

    /** When commits are synced. Any thread. */
    public AppendFsync appendFsync() {
        return sync.setting();
    }

    /** Changes when commits are synced, from the next one on. Any thread. */
    public void setAppendFsync(AppendFsync setting) {
        sync.set(setting);
    }

    @Override
    public void checkpointed(long sequence) {
        segments.checkpointed(sequence);
    }

    /**
     * Says that the upstream holds every entry up to {@code sequence}: its cursor, which a failover to a stale replica may
     * have moved back. Any thread.
     */
    public void confirmed(long sequence) {
        segments.confirmed(sequence);
    }

    /**
     * Begins a new segment, so that the newest can be trimmed as well. On the writer's thread.
     *
     * @throws StorageException when the disk refuses
     */
    public void beginSegment() {
        if (writer.segment().hasRecords() && !failure.happened()) {
            commit();
            roll(newestSequence + 1);
        }
    }

    /** Changes how long confirmed entries stay. Any thread. */
    public void retain(Retention retention) {
        segments.retain(retention);
    }

    /** Any thread. */
    public JournalStatus status() {
        return new JournalStatus(
                segments.bytes(),
                segments.count(),
                segments.oldest().firstSequence(),
                committedSequence,
                sync.syncedSequence(),
                sync.lastSyncMs(),
                sync.delayedCommits(),
                cutBytes,
                failure.message());
    }

    /** Syncs what is committed, in every setting, and lets go of the files. Staged entries are forgotten. */
    @Override
    public void close() {
        try {
            if (!failure.happened()) {
                sync.sync();
            }
        } finally {
            sync.close();
            writer.close();
        }
    }

    private void append(ByteBuffer record) {
        Segment segment = writer.segment();
        long start = segment.bytes();
        int bytes = record.remaining();
        long last = newestSequence + encoder.count();
        try {
            Failpoint.JOURNAL_BEFORE_WRITE.pass();
            writer.write(record, sync.setting() == AppendFsync.ALWAYS);
            Failpoint.JOURNAL_AFTER_WRITE.pass();
            sync.written(last);
        } catch (IOException e) {
            writer.cut();
            throw failure.report(new StorageException(
                    "journal segment " + segment.path() + " could not be written at offset " + start + ": "
                            + e.getMessage(),
                    e));
        } catch (StorageException e) {
            writer.cut();
            throw e;
        }
        newestSequence = last;
        segment.committed(start + bytes, last, encoder.concernsUpstream());
        committedSequence = last;
        room.written(bytes);
    }

    /**
     * Begins a new segment. The full one is synced first, in every setting: otherwise a power loss could take its end and
     * leave what follows.
     */
    private void roll(long firstSequence) {
        sync.sync();
        Segment full = writer.segment();
        long follows = full.hasRecords() ? full.lastSequence() : full.follows();
        SegmentFile next;
        Failpoint.SEGMENT_BEFORE_ROLL.pass();
        try {
            next = begin(new SegmentHeader(node, firstSequence, follows));
        } catch (IOException e) {
            throw failure.report(new StorageException(
                    "a new journal segment could not be begun in " + directory + ": " + e.getMessage(), e));
        }
        Failpoint.SEGMENT_AFTER_ROLL.pass();
        sync.follow(next, firstSequence - 1);
        writer.close();
        writer = new SegmentWriter(segments.newest(), next, room);
    }

    private SegmentFile begin(SegmentHeader header) throws IOException {
        try {
            return segments.begin(header);
        } catch (IOException e) {
            if (!DiskRoom.isFull(e) || !room.exhausted()) {
                throw e;
            }
            return segments.begin(header);
        }
    }
}
