package io.holdfast.sync.journal;

import io.holdfast.engine.command.Effect;
import io.holdfast.engine.exec.Journal;
import io.holdfast.engine.exec.Journal.Scope;
import io.holdfast.resp.Bytes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** A journal in a temporary directory, with clocks that stand still until they are moved. */
final class JournalFixture implements AutoCloseable {
    static final long START_MS = 1_700_000_000_000L;

    final Path directory;
    final FaultyFiles files = new FaultyFiles();
    final DiskRoom room;

    AppendFsync appendFsync = AppendFsync.NO;
    long segmentBytesMax = 64 * 1024 * 1024;
    Retention retention = new Retention(Long.MAX_VALUE, Duration.ofHours(24));
    long epoch = 1;

    private final AtomicLong nowMs = new AtomicLong(START_MS);
    private final AtomicLong nanos = new AtomicLong(1);

    private final List<SegmentJournal> opened = new ArrayList<>();

    JournalFixture(Path directory) {
        this.directory = directory.resolve("journal");
        room = DiskRoom.of(directory, files);
    }

    SegmentJournal open() {
        var journal = SegmentJournal.open(
                directory,
                new NodeIdentity(7, 8, epoch++),
                new JournalOptions(segmentBytesMax, appendFsync, retention),
                room,
                nowMs::get,
                nanos::get,
                files);
        opened.add(journal);
        return journal;
    }

    /** Moves the clock on the wall. */
    void advance(Duration time) {
        nowMs.addAndGet(time.toMillis());
    }

    /** Moves the clock that only rises. */
    void tick(long byNanos) {
        nanos.addAndGet(byNanos);
    }

    /** Commits one entry {@code SET k <value>} for {@code scope}; returns its sequence. */
    long write(SegmentJournal journal, Scope scope, String value) {
        long sequence = journal.stage(scope, START_MS, List.of(set(value)));
        journal.commit();
        return sequence;
    }

    static Effect set(String value) {
        return Effect.of(0, Bytes.of("SET"), Bytes.of("k"), Bytes.of(value));
    }

    static List<Journal.Entry> entries(Journal journal) {
        return entries(journal, 0);
    }

    static List<Journal.Entry> entries(Journal journal, long after) {
        var entries = new ArrayList<Journal.Entry>();
        journal.read(after, entries::add);
        return entries;
    }

    static List<String> values(Journal journal) {
        return entries(journal).stream().map(JournalFixture::value).toList();
    }

    static String value(Journal.Entry entry) {
        return entry.effects().get(0).command().get(2).utf8();
    }

    List<Path> segments() {
        try (var list = Files.list(directory)) {
            return list.sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Path newestSegment() {
        List<Path> segments = segments();
        return segments.get(segments.size() - 1);
    }

    @Override
    public void close() {
        opened.forEach(SegmentJournal::close);
    }
}
