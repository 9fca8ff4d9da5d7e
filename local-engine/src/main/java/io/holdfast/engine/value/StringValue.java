package io.holdfast.engine.value;

import io.holdfast.engine.rule.RedisInteger;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.RequestFrame;
import java.util.Arrays;

/**
 * A binary-safe string. Its array may be shared with a client's argument or reply, and is not changed then; after a change in
 * place it is one of its own, with room to grow. Owned by the engine loop.
 */
public final class StringValue implements Value {
    private static final int EMBEDDED_MAX = 44;
    /** A buffer that is full doubles up to this many bytes more, as Redis's strings do. */
    private static final int SPARE_MAX = 1 << 20;

    private byte[] content; // its first length bytes
    private int length;
    private boolean shared; // then there are no others
    private boolean changedInPlace;
    private boolean keptAsText;
    private boolean stored;
    private boolean changed = true;

    public StringValue(Bytes content) {
        this.content = content.array();
        length = content.length();
        shared = true;
    }

    private StringValue(StringValue other) {
        this(other.bytes());
        changedInPlace = other.changedInPlace;
        keptAsText = other.keptAsText;
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
        if (!shared) {
            content = content.length == length ? content : Arrays.copyOf(content, length);
            shared = true;
        }
        return Bytes.wrap(content);
    }

    /** The content, for reading only, and only until the next change. */
    public Bytes peek() {
        return content.length == length ? Bytes.wrap(content) : bytes();
    }

    /** Brings the beginning of the content into the processor's caches; the number means nothing. */
    public int warm() {
        return length == 0 ? 0 : content[0];
    }

    public int length() {
        return length;
    }

    /** The content is its first {@link #length} bytes. For reading only, and only until the next change. */
    public byte[] array() {
        return content;
    }

    public byte byteAt(int index) {
        if (index >= length) {
            throw new ArrayIndexOutOfBoundsException(index);
        }
        return content[index];
    }

    /** The bytes from {@code from} to {@code to}, which is not included. */
    public Bytes getRange(int from, int to) {
        return shared ? Bytes.wrap(content).slice(from, to) : Bytes.copyOf(content, from, to - from);
    }

    /** Replaces the whole content. */
    public void set(Bytes anew) {
        content = anew.array();
        shared = true;
        replaced();
    }

    /**
     * As {@link #set}, but {@code anew} is copied into an array of its own, where that has just the room: who replaces a
     * string by one of the same length again and again leaves nothing behind for the garbage collector, which would have to
     * copy what lives and to visit every place that refers to it.
     */
    public void replace(Bytes anew) {
        if (anew.length() != content.length) {
            set(anew);
            return;
        }
        if (shared) {
            content = anew.array().clone();
            shared = false;
        } else {
            System.arraycopy(anew.array(), 0, content, 0, content.length);
        }
        replaced();
    }

    /** As {@link #replace(Bytes)} with an argument of a request, of which no copy is made but the content. */
    public void replace(RequestFrame request, int argument) {
        if (shared || request.length(argument) != content.length) {
            content = new byte[request.length(argument)];
            shared = false;
        }
        request.copyArgument(argument, content, 0);
        replaced();
    }

    private void replaced() {
        length = content.length;
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
        return 64L + content.length;
    }

    /** The content, to be changed, with its new length; what lies behind the old length is zero. */
    private byte[] editable(int newLength) {
        if (shared) {
            content = Arrays.copyOf(content, newLength == length ? length : withSpare(newLength));
            shared = false;
        } else if (newLength > content.length) {
            content = Arrays.copyOf(content, withSpare(newLength));
        }
        length = newLength;
        changedInPlace = true;
        changed = true;
        return content;
    }

    private static int withSpare(int length) {
        return (int) Math.min((long) length + Math.min(length, SPARE_MAX), Integer.MAX_VALUE - 8);
    }
}
