package io.holdfast.sync.journal;

import io.holdfast.engine.command.Effect;
import io.holdfast.engine.exec.Journal;
import io.holdfast.engine.store.StorageException;
import io.holdfast.resp.Bytes;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * Builds the record of a turn in one reused buffer, so that staging allocates nothing. Runs on the writer's thread. The
 * layout is drawn at {@link RecordFormat}.
 */
final class RecordEncoder {
    /** A buffer that grew beyond it for one giant record is given back afterwards. */
    static final int BUFFER_BYTES_KEPT = 8 * 1024 * 1024;

    private static final int BUFFER_BYTES_FIRST = 64 * 1024;
    private static final int VARINT_BYTES_MAX = 10;

    private final CRC32C crc = new CRC32C();
    private ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES_FIRST).position(RecordFormat.HEADER_BYTES);
    private int count;
    private int scopes;
    private long timeMs;
    private Bytes lastClient = Bytes.EMPTY;

    boolean isEmpty() {
        return count == 0;
    }

    /** Entries added since {@link #reset}. */
    int count() {
        return count;
    }

    /** Length of the record so far. */
    int bytes() {
        return buffer.position();
    }

    int capacity() {
        return buffer.capacity();
    }

    /** True when an entry so far is for the upstream, or the base of one. */
    boolean concernsUpstream() {
        return RecordFormat.concernsUpstream(scopes);
    }

    /** Length at most of an entry of these effects. */
    static long bytesOf(Bytes client, List<Effect> effects) {
        long bytes = 1L + VARINT_BYTES_MAX + client.length() + VARINT_BYTES_MAX + VARINT_BYTES_MAX;
        for (int i = 0; i < effects.size(); i++) {
            List<Bytes> command = effects.get(i).command();
            bytes += 2 * VARINT_BYTES_MAX;
            for (int a = 0; a < command.size(); a++) {
                bytes += VARINT_BYTES_MAX + command.get(a).length();
            }
        }
        return bytes;
    }

    /**
     * Adds an entry.
     *
     * @param bytesAtMost what {@link #bytesOf} says of the effects
     * @throws StorageException when the record would be longer than the format allows; nothing is added then
     */
    void add(Journal.Scope scope, long entryMs, Bytes client, List<Effect> effects, long bytesAtMost) {
        reserve(bytesAtMost);
        if (count == 0) {
            timeMs = entryMs;
        }
        byte code = RecordFormat.code(scope);
        putScope(code, client);
        putVarint(zigZag(entryMs - timeMs));
        putVarint(effects.size());
        for (int i = 0; i < effects.size(); i++) {
            Effect effect = effects.get(i);
            List<Bytes> command = effect.command();
            putVarint(effect.db());
            putVarint(command.size());
            for (int a = 0; a < command.size(); a++) {
                byte[] argument = command.get(a).array();
                putVarint(argument.length);
                buffer.put(argument);
            }
        }
        scopes |= code;
        count++;
    }

    private void putScope(byte code, Bytes client) {
        if (client.isEmpty()) {
            buffer.put(code);
            return;
        }
        buffer.put((byte) (code | RecordFormat.CLIENT_FOLLOWS));
        if (client.equals(lastClient)) {
            putVarint(0);
            return;
        }
        putVarint(client.length());
        buffer.put(client.array());
        lastClient = client;
    }

    /** The finished record, valid until {@link #reset}. */
    ByteBuffer seal(long firstSequence, long epoch) {
        buffer.flip();
        buffer.putInt(RecordFormat.LENGTH_AT, buffer.limit() - RecordFormat.CHECKED_FROM);
        buffer.putLong(RecordFormat.SEQUENCE_AT, firstSequence);
        buffer.putLong(RecordFormat.EPOCH_AT, epoch);
        buffer.putLong(RecordFormat.TIME_AT, timeMs);
        buffer.putInt(RecordFormat.COUNT_AT, count);
        buffer.put(RecordFormat.SCOPES_AT, (byte) scopes);
        crc.reset();
        crc.update(buffer.position(RecordFormat.CHECKED_FROM));
        buffer.putInt(RecordFormat.CHECKSUM_AT, (int) crc.getValue());
        return buffer.position(0);
    }

    /** Forgets the entries and begins the next record. */
    void reset() {
        if (buffer.capacity() > BUFFER_BYTES_KEPT) {
            buffer = ByteBuffer.allocateDirect(BUFFER_BYTES_FIRST);
        }
        buffer.clear().position(RecordFormat.HEADER_BYTES);
        count = 0;
        scopes = 0;
        lastClient = Bytes.EMPTY;
    }

    private void reserve(long bytes) {
        if (buffer.remaining() >= bytes) {
            return;
        }
        long needed = buffer.position() + bytes;
        if (needed > RecordFormat.RECORD_BYTES_MAX) {
            throw new StorageException("a change of " + bytes + " bytes is too long for the journal, which takes "
                    + RecordFormat.RECORD_BYTES_MAX + " at a time");
        }
        long doubled = Math.min(2L * buffer.capacity(), RecordFormat.RECORD_BYTES_MAX);
        var larger = ByteBuffer.allocateDirect((int) Math.max(needed, doubled));
        buffer = larger.put(buffer.flip());
    }

    private void putVarint(long value) {
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            buffer.put((byte) (rest | 0x80));
            rest >>>= 7;
        }
        buffer.put((byte) rest);
    }

    private static long zigZag(long value) {
        return (value << 1) ^ (value >> 63);
    }
}
