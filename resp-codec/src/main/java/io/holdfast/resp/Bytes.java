package io.holdfast.resp;

import com.google.errorprone.annotations.Immutable;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * An immutable, binary-safe string: a key, a field, a member, an argument. Ordered as Redis orders strings
 * ({@code memcmp}, shorter first). Safe on every thread.
 */
@Immutable
@SuppressWarnings("Immutable") // the array is never changed, and the hash is a cache
public final class Bytes implements Comparable<Bytes> {
    public static final Bytes EMPTY = new Bytes(new byte[0]);

    private final byte[] array;
    private int hash; // 0: not computed; benign race, as in java.lang.String

    private Bytes(byte[] array) {
        this.array = array;
    }

    /** Takes ownership: the caller must not change {@code array} afterwards. */
    public static Bytes wrap(byte[] array) {
        return array.length == 0 ? EMPTY : new Bytes(array);
    }

    /** Copies {@code length} bytes from {@code offset}. */
    public static Bytes copyOf(byte[] source, int offset, int length) {
        return length == 0 ? EMPTY : new Bytes(Arrays.copyOfRange(source, offset, offset + length));
    }

    /** The UTF-8 bytes of {@code text}. */
    public static Bytes of(String text) {
        return wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    /** One byte a char: the way back from {@link #latin1}. */
    public static Bytes ofLatin1(String text) {
        return wrap(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** The decimal digits of {@code number}, as Redis prints an integer. */
    public static Bytes of(long number) {
        return wrap(Long.toString(number).getBytes(StandardCharsets.ISO_8859_1));
    }

    public int length() {
        return array.length;
    }

    public boolean isEmpty() {
        return array.length == 0;
    }

    public byte at(int index) {
        return array[index];
    }

    /** The bytes themselves, not a copy: for reading only. */
    public byte[] array() {
        return array;
    }

    /** The bytes from {@code from} (inclusive) to {@code to} (exclusive). */
    public Bytes slice(int from, int to) {
        return from == 0 && to == array.length ? this : copyOf(array, from, to - from);
    }

    /** True when both have the same bytes, an ASCII letter's case aside; for options and command names. */
    public boolean equalsIgnoreCase(String ascii) {
        if (ascii.length() != array.length) {
            return false;
        }
        for (int i = 0; i < array.length; i++) {
            if (lower(array[i]) != lower((byte) ascii.charAt(i))) {
                return false;
            }
        }
        return true;
    }

    /** An ASCII letter in lower case; any other byte as it is. */
    public static byte lower(byte b) {
        return b >= 'A' && b <= 'Z' ? (byte) (b + 32) : b;
    }

    /** The bytes read as UTF-8, for messages and logs; not reversible for binary data. */
    public String utf8() {
        return new String(array, StandardCharsets.UTF_8);
    }

    /** One char a byte: reversible, for parsing numbers and tests. */
    public String latin1() {
        return new String(array, StandardCharsets.ISO_8859_1);
    }

    @Override
    public int compareTo(Bytes other) {
        return Arrays.compareUnsigned(array, other.array);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other == this || (other instanceof Bytes bytes && Arrays.equals(array, bytes.array));
    }

    /** Another one in each process. */
    @Override
    public int hashCode() {
        int h = hash;
        if (h == 0) {
            h = KeyedHash.hash(array, 0, array.length);
            hash = h;
        }
        return h;
    }

    /** 64 bits of which {@link #hashCode} is made: another one in each process. Computed each time. */
    public long longHash() {
        return longHash(array, 0, array.length);
    }

    /** The same of a part of {@code bytes}, from {@code from} (inclusive) to {@code to} (exclusive). */
    public static long longHash(byte[] bytes, int from, int to) {
        return KeyedHash.longHash(bytes, from, to);
    }

    /** For people: printable ASCII as it is, other bytes as {@code \xNN}. */
    @Override
    public String toString() {
        var text = new StringBuilder(array.length);
        for (byte b : array) {
            if (b >= 0x20 && b < 0x7f && b != '\\') {
                text.append((char) b);
            } else {
                text.append(String.format("\\x%02x", b));
            }
        }
        return text.toString();
    }
}
