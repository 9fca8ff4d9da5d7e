package io.holdfast.sync.journal;

import io.holdfast.engine.command.Effect;
import io.holdfast.engine.exec.Journal;
import io.holdfast.engine.store.StorageException;
import io.holdfast.resp.Bytes;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Walks the records of one segment and checks each before it shows anything of it. Confined to one thread; never reads
 * beyond the limit it is given, so it can follow a segment that is being written. The layout is drawn at
 * {@link RecordFormat}.
 */
final class RecordScanner implements AutoCloseable {
    private static final int WINDOW_BYTES = 256 * 1024;
    private static final int LIST_CAPACITY_MAX = 1024;
    private static final int GUESSED_BYTES_MAX = 1 << 20;
    /** Whether a disk has written so much or none of it is not known. */
    private static final int SECTOR_BYTES = 512;

    private final Path path;
    private final FileChannel channel;
    private final @Nullable SegmentHeader header;
    private final CRC32C crc = new CRC32C();

    private ByteBuffer window = ByteBuffer.allocate(WINDOW_BYTES).limit(0); // the file from windowStart on
    private long windowStart;
    private long position = SegmentHeader.BYTES;

    private long firstSequence;
    private long epoch;
    private long timeMs;
    private int count;
    private int scopes;
    private int decoded;
    private Bytes lastClient = Bytes.EMPTY;
    private ByteBuffer entries = ByteBuffer.allocate(0);

    /**
     * Opens {@code segment} and checks its header.
     *
     * @throws StorageException when the header is damaged
     */
    RecordScanner(Path segment) throws IOException {
        this(segment, true);
    }

    /** As {@link #RecordScanner(Path)}, whatever the header says. */
    static RecordScanner ofAnyHeader(Path segment) throws IOException {
        return new RecordScanner(segment, false);
    }

    private RecordScanner(Path segment, boolean strict) throws IOException {
        path = segment;
        channel = FileChannel.open(segment, StandardOpenOption.READ);
        try {
            var bytes = ByteBuffer.allocate(SegmentHeader.BYTES);
            while (bytes.hasRemaining() && channel.read(bytes, bytes.position()) >= 0) {}
            header = decode(bytes.flip(), strict);
        } catch (IOException | StorageException e) {
            channel.close();
            throw e;
        }
    }

    private @Nullable SegmentHeader decode(ByteBuffer bytes, boolean strict) {
        try {
            return SegmentHeader.decode(bytes, path);
        } catch (StorageException e) {
            if (strict) {
                throw e;
            }
            return null;
        }
    }

    SegmentHeader header() {
        return Objects.requireNonNull(header);
    }

    /** Null when it is damaged, which only {@link #ofAnyHeader} allows. */
    @Nullable SegmentHeader headerIfIntact() {
        return header;
    }

    /** Where the record after the current one begins. */
    long position() {
        return position;
    }

    long fileBytes() throws IOException {
        return channel.size();
    }

    /** Of the current record. */
    long firstSequence() {
        return firstSequence;
    }

    /** Of the current record. */
    long lastSequence() {
        return firstSequence + count - 1;
    }

    /** Of the current record's first entry, Unix milliseconds; 0 before the first. */
    long timeMs() {
        return timeMs;
    }

    /**
     * Where the last byte ends that is not zero, and no less than {@link #position}: behind it the file may have been lengthened
     * for what was to come ({@link SegmentWriter}), or a power loss taken what was written.
     */
    long contentEnd() throws IOException {
        long end = fileBytes();
        int piece = SECTOR_BYTES; // nearly always it is in the last
        while (end > position) {
            int bytes = (int) Math.min(piece, end - position);
            ByteBuffer last = window(end - bytes, bytes, end);
            for (int i = bytes - 1; i >= 0; i--) {
                if (last.get(i) != 0) {
                    return end - bytes + i + 1;
                }
            }
            end -= bytes;
            piece = WINDOW_BYTES;
        }
        return position;
    }

    /**
     * Whether what stands at {@link #position} can be a record that was written whole and has been damaged since. One that was torn
     * is shorter than it says, or nothing is there of its last sectors.
     */
    boolean isWholeButDamaged() throws IOException {
        long size = fileBytes();
        long content = contentEnd() - position;
        if (content < RecordFormat.HEADER_BYTES) {
            return false;
        }
        ByteBuffer start = window(position, RecordFormat.HEADER_BYTES, size);
        int length = start.getInt(RecordFormat.LENGTH_AT);
        if (plausible(length, size - position)) {
            long end = position + RecordFormat.CHECKED_FROM + length;
            if (end == size || (end - 1) / SECTOR_BYTES <= (position + content - 1) / SECTOR_BYTES) {
                return true;
            }
        }
        if (content > RecordFormat.RECORD_BYTES_MAX) {
            return false;
        }
        int wanted = start.getInt(RecordFormat.CHECKSUM_AT);
        ByteBuffer rest = window(position, (int) content, size);
        crc.reset();
        crc.update(rest.slice(RecordFormat.CHECKED_FROM, (int) content - RecordFormat.CHECKED_FROM));
        return (int) crc.getValue() == wanted; // its length is what was damaged
    }

    /** True when the current record has entries for the upstream, or bases. */
    boolean concernsUpstream() {
        return RecordFormat.concernsUpstream(scopes);
    }

    /**
     * Moves to the record at {@link #position}. False when no whole, valid record stands there before {@code limit}; then
     * nothing moves.
     */
    boolean next(long limit) throws IOException {
        long available = limit - position;
        if (available < RecordFormat.HEADER_BYTES) {
            return false;
        }
        int length = window(position, RecordFormat.HEADER_BYTES, limit).getInt(RecordFormat.LENGTH_AT);
        if (!plausible(length, available)) {
            return false;
        }
        int bytes = RecordFormat.CHECKED_FROM + length;
        ByteBuffer record = window(position, bytes, limit);
        crc.reset();
        crc.update(record.slice(RecordFormat.CHECKED_FROM, length));
        if ((int) crc.getValue() != record.getInt(RecordFormat.CHECKSUM_AT)
                || record.getInt(RecordFormat.COUNT_AT) < 1) {
            return false;
        }
        firstSequence = record.getLong(RecordFormat.SEQUENCE_AT);
        epoch = record.getLong(RecordFormat.EPOCH_AT);
        timeMs = record.getLong(RecordFormat.TIME_AT);
        count = record.getInt(RecordFormat.COUNT_AT);
        scopes = record.get(RecordFormat.SCOPES_AT);
        begin(record);
        position += bytes;
        return true;
    }

    private void begin(ByteBuffer record) {
        entries = record.position(RecordFormat.HEADER_BYTES);
        decoded = 0;
        lastClient = Bytes.EMPTY;
    }

    /** The next entry of the current record, in arrays of its own; null after its last. */
    Journal.@Nullable Entry nextEntry() {
        if (decoded == count) {
            return null;
        }
        try {
            byte code = entries.get();
            Journal.Scope scope = RecordFormat.scope((byte) (code & ~RecordFormat.CLIENT_FOLLOWS));
            Bytes client = (code & RecordFormat.CLIENT_FOLLOWS) == 0 ? Bytes.EMPTY : client();
            long entryMs = timeMs + unZigZag(varint());
            int effectCount = bounded(varint());
            List<Effect> effects = list(effectCount);
            for (int i = 0; i < effectCount; i++) {
                effects.add(effect());
            }
            return new Journal.Entry(
                    firstSequence + decoded++, scope, entryMs, client, Collections.unmodifiableList(effects));
        } catch (BufferUnderflowException | IllegalArgumentException | ArithmeticException e) {
            throw new StorageException(
                    "journal segment " + path + ": entry " + (firstSequence + decoded) + " (epoch " + epoch
                            + ") has a valid checksum but is malformed",
                    e);
        }
    }

    /** Leaves the rest of the current record undecoded. */
    void skipEntries() {
        decoded = count;
    }

    /** Bytes of the current record that {@link #nextEntry} has not decoded. */
    int undecodedBytes() {
        return entries.remaining();
    }

    /**
     * Looks for a valid record that begins after the bad one at {@link #position}, and moves there. Sequences must go on
     * plausibly: an entry takes more than a byte.
     *
     * @return false when nothing valid follows: what stands at {@link #position} is a torn tail
     */
    boolean findNext(long limit, long lastSequence, long epochMax) throws IOException {
        long bad = position;
        for (long at = bad + 1; limit - at >= RecordFormat.HEADER_BYTES; at++) {
            ByteBuffer candidate = window(at, RecordFormat.HEADER_BYTES, limit);
            long skipped = candidate.getLong(RecordFormat.SEQUENCE_AT) - lastSequence;
            long writtenIn = candidate.getLong(RecordFormat.EPOCH_AT);
            if (skipped < 1 || skipped > at - bad || writtenIn < 1 || writtenIn > epochMax) {
                continue;
            }
            position = at;
            if (next(limit)) {
                position = at;
                return true;
            }
        }
        position = bad;
        return false;
    }

    /** The next record looked for is that at {@code offset}. */
    void moveTo(long offset) {
        position = offset;
        skipEntries();
    }

    /**
     * What stands at {@code offset}, as a record whatever its checksum says: as many entries as look like some, none unless it
     * says of itself that it begins with {@code first}.
     *
     * @param end no byte from there on is read
     */
    List<Journal.Entry> guess(long offset, long end, long first) throws IOException {
        int bytes = (int) Math.min(end - offset, GUESSED_BYTES_MAX);
        if (bytes < RecordFormat.HEADER_BYTES) {
            return List.of();
        }
        ByteBuffer record = window(offset, bytes, end);
        if (record.getLong(RecordFormat.SEQUENCE_AT) != first) {
            return List.of();
        }
        firstSequence = first;
        timeMs = record.getLong(RecordFormat.TIME_AT);
        count = Math.min(record.getInt(RecordFormat.COUNT_AT), LIST_CAPACITY_MAX);
        begin(record);
        List<Journal.Entry> guessed = new ArrayList<>();
        try {
            for (Journal.Entry entry = nextEntry(); entry != null; entry = nextEntry()) {
                guessed.add(entry);
            }
        } catch (StorageException expected) {
            skipEntries(); // from here on it looks like nothing
        }
        return guessed;
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new StorageException("journal segment " + path + " could not be closed: " + e.getMessage(), e);
        }
    }

    private static boolean plausible(int length, long available) {
        return length > RecordFormat.HEADER_BYTES - RecordFormat.CHECKED_FROM
                && length <= RecordFormat.RECORD_BYTES_MAX - RecordFormat.CHECKED_FROM
                && length <= available - RecordFormat.CHECKED_FROM;
    }

    /** The {@code length} bytes of the file from {@code from}, as a buffer of their own over the window. */
    private ByteBuffer window(long from, int length, long limit) throws IOException {
        if (from < windowStart || from + length > windowStart + window.limit()) {
            load(from, length, limit);
        }
        return window.slice((int) (from - windowStart), length);
    }

    private void load(long from, int length, long limit) throws IOException {
        int wanted = (int) Math.max(length, Math.min(WINDOW_BYTES, limit - from));
        if (wanted > window.capacity() || window.capacity() > WINDOW_BYTES) {
            window = ByteBuffer.allocate(Math.max(wanted, WINDOW_BYTES)); // grows for a giant record, and shrinks again
        }
        window.clear();
        windowStart = from;
        while (window.position() < wanted) {
            window.limit(Math.min(wanted, window.position() + WINDOW_BYTES)); // the JDK keeps a direct buffer this long
            if (channel.read(window, from + window.position()) < 0) {
                window.limit(0);
                throw new StorageException("journal segment " + path + " ends at offset " + channel.size()
                        + ", before a record that it held");
            }
        }
        window.flip();
    }

    private Bytes client() {
        int length = bounded(varint());
        if (length > 0) {
            lastClient = bytes(length);
        }
        return lastClient;
    }

    private Bytes bytes(int length) {
        var bytes = new byte[length];
        entries.get(bytes);
        return Bytes.wrap(bytes);
    }

    private Effect effect() {
        int db = Math.toIntExact(varint());
        int argumentCount = bounded(varint());
        List<Bytes> command = list(argumentCount);
        for (int i = 0; i < argumentCount; i++) {
            command.add(bytes(bounded(varint())));
        }
        return new Effect(db, Collections.unmodifiableList(command));
    }

    private static <T> List<T> list(int size) {
        return new ArrayList<>(Math.min(size, LIST_CAPACITY_MAX));
    }

    /** A count or a length: each thing counted takes a byte at least, so more cannot be meant. */
    private int bounded(long value) {
        if (value < 0 || value > entries.remaining()) {
            throw new IllegalArgumentException("length " + value + " of " + entries.remaining());
        }
        return (int) value;
    }

    private long varint() {
        long value = 0;
        for (int shift = 0; shift < Long.SIZE; shift += 7) {
            byte next = entries.get();
            value |= (long) (next & 0x7F) << shift;
            if (next >= 0) {
                return value;
            }
        }
        throw new IllegalArgumentException("varint longer than ten bytes");
    }

    private static long unZigZag(long value) {
        return (value >>> 1) ^ -(value & 1);
    }
}
