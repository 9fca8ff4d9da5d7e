package io.holdfast.engine.value;

import io.holdfast.engine.rule.RedisInteger;
import io.holdfast.resp.Bytes;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A binary-safe string. It is held in one of two ways: as immutable bytes that may be shared with a client's argument or
 * reply, or, after a change in place, as a buffer of its own with room to grow. Owned by the engine loop.
 */
public final class StringValue implements Value {
    private static final int EMBEDDED_MAX = 44;
    /** A buffer that is full doubles up to this many bytes more, as Redis's strings do. */
    private static final int SPARE_MAX = 1 << 20;

    private static final byte[] NO_BUFFER = {};

    private @Nullable Bytes whole; // null: the content is in the buffer
    private byte[] buffer = NO_BUFFER;
    private int length;
    private boolean changedInPlace;
    private boolean keptAsText;
    private boolean stored;
    private boolean changed = true;

    public StringValue(Bytes content) {
        whole = content;
        length = content.length();
    }

    private StringValue(StringValue other) {
        this(other.bytes());
        changedInPlace = other.changedInPlace;
        keptAsText = other.keptAsText;
    }

    public static StringValue ofLong(long number) {
        return new StringValue(Bytes.of(number));
    }

    /** A string that stays text though it may spell an integer: what INCRBYFLOAT leaves. */
    public static StringValue ofText(Bytes content) {
        var value = new StringValue(content);
        value.keptAsText = true;
        return value;
    }

    /** A string that Redis holds as bytes with room to grow, whatever it spells: what BITOP leaves. */
    public static StringValue ofBits(Bytes content) {
        var value = new StringValue(content);
        value.becomeRaw();
        return value;
    }

    /** The content. Cheap where nothing changed since the last call; valid for ever. */
    public Bytes bytes() {
        Bytes content = whole;
        if (content == null) {
            content = Bytes.wrap(buffer.length == length ? buffer : Arrays.copyOf(buffer, length));
            whole = content;
            buffer = NO_BUFFER; // it may be the array that was just given away
        }
        return content;
    }

    @Override
    public int warm() {
        return length == 0 ? 0 : array()[0];
    }

    public int length() {
        return length;
    }

    /** The content is its first {@link #length} bytes. For reading only, and only until the next change. */
    public byte[] array() {
        Bytes content = whole;
        return content != null ? content.array() : buffer;
    }

    public byte byteAt(int index) {
        Bytes content = whole;
        if (content != null) {
            return content.at(index);
        }
        if (index >= length) {
            throw new ArrayIndexOutOfBoundsException(index);
        }
        return buffer[index];
    }

    /** The bytes from {@code from} (inclusive) to {@code to} (exclusive). */
    public Bytes getRange(int from, int to) {
        Bytes content = whole;
        return content != null ? content.slice(from, to) : Bytes.copyOf(buffer, from, to - from);
    }

    /** Replaces the whole content. */
    public void set(Bytes content) {
        whole = content;
        buffer = NO_BUFFER;
        length = content.length();
        changedInPlace = false;
        keptAsText = false;
        changed = true;
    }

    /** Appending is cheap again and again, until the next {@link #bytes}. */
    public void append(Bytes tail) {
        setRange(length, tail);
    }

    /** Writes {@code patch} at {@code offset}; zero bytes fill what lies between the old end and it. */
    public void setRange(int offset, Bytes patch) {
        int end = Math.addExact(offset, patch.length());
        byte[] target = editable(Math.max(end, length));
        System.arraycopy(patch.array(), 0, target, offset, patch.length());
    }

    /** Writes one byte; zero bytes fill what lies between the old end and it. */
    public void setByte(int offset, byte b) {
        byte[] target = editable(Math.max(Math.addExact(offset, 1), length));
        target[offset] = b;
    }

    /**
     * Makes it ready for changes of bits, as Redis does even where none follows: with zero bytes at its end until it is
     * {@code lengthMin} long, and raw from now on.
     *
     * @return true where that made it longer
     */
    public boolean growTo(int lengthMin) {
        int before = length;
        if (lengthMin > before) {
            editable(lengthMin);
        }
        becomeRaw();
        return lengthMin > before;
    }

    /** Redis holds it as bytes with room to grow from now on: as if it had been changed in place. */
    public void becomeRaw() {
        changedInPlace = true;
    }

    /** As {@link #array}, to be changed within its length. */
    public byte[] writable() {
        return editable(length);
    }

    @Override
    public ValueType type() {
        return ValueType.STRING;
    }

    @Override
    public Encoding encoding() {
        if (changedInPlace) {
            return Encoding.RAW;
        }
        if (!keptAsText && RedisInteger.isLong(bytes())) {
            return Encoding.INT;
        }
        return length <= EMBEDDED_MAX ? Encoding.EMBSTR : Encoding.RAW;
    }

    @Override
    public long size() {
        return length;
    }

    @Override
    public boolean isEmpty() {
        return false;
    }

    @Override
    public StringValue copy() {
        return new StringValue(this);
    }

    @Override
    public boolean hasChanges() {
        return changed;
    }

    @Override
    public void drainChanges(RowSink sink) {
        if (!changed) {
            return;
        }
        if (!stored) {
            sink.clear();
        }
        sink.string(bytes());
        markClean();
    }

    @Override
    public void markAllChanged() {
        stored = false;
        changed = true;
    }

    @Override
    public void markClean() {
        stored = true;
        changed = false;
    }

    @Override
    public long approximateBytes() {
        return 64L + Math.max(length, buffer.length);
    }

    /** The buffer, with the content and the new length; what lies behind the old length is zero. */
    private byte[] editable(int newLength) {
        Bytes content = whole;
        if (content != null) {
            buffer = Arrays.copyOf(content.array(), newLength == length ? length : withSpare(newLength));
            whole = null;
        } else if (newLength > buffer.length) {
            buffer = Arrays.copyOf(buffer, withSpare(newLength));
        }
        length = newLength;
        changedInPlace = true;
        changed = true;
        return buffer;
    }

    private static int withSpare(int length) {
        return (int) Math.min((long) length + Math.min(length, SPARE_MAX), Integer.MAX_VALUE - 8);
    }
}
