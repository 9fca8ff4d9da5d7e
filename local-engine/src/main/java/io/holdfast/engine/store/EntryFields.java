package io.holdfast.engine.store;

import io.holdfast.resp.Bytes;
import java.io.ByteArrayOutputStream;
import java.sql.SQLDataException;
import java.util.ArrayList;
import java.util.List;

/**
 * The fields and values of a stream entry in one column: each behind its length in bytes, so that any bytes can stand in
 * it and people can still read it.
 *
 * <pre>
 *   11:temperature4:21.54:unit1:C
 * </pre>
 */
public final class EntryFields {
    private static final int LENGTH_DIGITS_MAX = 10;

    private EntryFields() {}

    static Bytes encode(List<Bytes> strings) {
        var out = new ByteArrayOutputStream();
        for (Bytes string : strings) {
            out.writeBytes(Bytes.of(string.length()).array());
            out.write(':');
            out.writeBytes(string.array());
        }
        return Bytes.wrap(out.toByteArray());
    }

    /** @throws StorageException when {@code encoded} is not what a stream's entry has in its column */
    public static List<Bytes> decode(Bytes encoded) {
        try {
            return decode(encoded, 0);
        } catch (SQLDataException e) {
            throw new StorageException("stream_entry has a row whose fields cannot be read", e);
        }
    }

    /** @throws SQLDataException when {@code encoded} is not what {@link #encode} makes */
    static List<Bytes> decode(Bytes encoded, long keyId) throws SQLDataException {
        var strings = new ArrayList<Bytes>();
        for (int at = 0; at < encoded.length(); ) {
            int colon = at;
            long length = 0;
            while (colon < encoded.length() && colon - at <= LENGTH_DIGITS_MAX && isDigit(encoded.at(colon))) {
                length = length * 10 + encoded.at(colon++) - '0';
            }
            if (colon == at || colon == encoded.length() || encoded.at(colon) != ':') {
                throw damage(keyId);
            }
            long end = colon + 1 + length;
            if (end > encoded.length()) {
                throw damage(keyId);
            }
            strings.add(encoded.slice(colon + 1, (int) end));
            at = (int) end;
        }
        if (strings.isEmpty() || strings.size() % 2 != 0) {
            throw damage(keyId);
        }
        return strings;
    }

    private static boolean isDigit(byte b) {
        return b >= '0' && b <= '9';
    }

    private static SQLDataException damage(long keyId) {
        return new SQLDataException("stream_entry has a row whose fields cannot be read, of key " + keyId);
    }
}
