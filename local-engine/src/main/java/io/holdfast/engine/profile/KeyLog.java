package io.holdfast.engine.profile;

import io.holdfast.engine.profile.Profile.Newest;
import java.util.ArrayList;
import java.util.List;

/**
 * Keys whose elements are written behind each other into dated files, each key's in a directory of its own. Immutable.
 *
 * @param database of Redis, as SELECT counts
 * @param name of the directory below {@code logs/}
 * @param newest the end of a list at which elements are added
 * @param fileBytesMax a longer file is followed by the next of its day
 * @param retentionDays older files are removed; 0: none is for its age
 * @param totalBytesMax where all files together are larger, the oldest are removed; 0: none is for that
 */
public record KeyLog(
        int line,
        int database,
        String name,
        KeyPattern keys,
        Read read,
        Newest newest,
        long fileBytesMax,
        int retentionDays,
        long totalBytesMax) {
    /** Alike elements are found by their length and by what they begin with. */
    private static final int ALIKE_BYTES = 4096;

    /** What the keys hold. */
    public enum Read {
        LIST,
        STREAM
    }

    public boolean isList() {
        return read == Read.LIST;
    }

    /** Whether positions in storage fall from element to element as they are added. */
    public boolean growsAtHead() {
        return newest == Newest.HEAD;
    }

    /**
     * The directory of a key, below the data directory.
     *
     * @param parts of the key's name, as the last columns of {@link #keysSql} have them
     */
    public String directory(List<String> parts) {
        var directory = new StringBuilder("logs/").append(name);
        for (String part : parts) {
            directory.append('/').append(SafeName.of(part));
        }
        return directory.toString();
    }

    /**
     * The statement that gives a row for each key: its id, its name, how far it goes, and the parts of its name. A list goes
     * as far as the position of its newest element, whose checksum is given, too, and back to that of its oldest; a stream to
     * the two halves of its last id.
     *
     * @param rowsMax so many rows at most
     */
    public String keysSql(int rowsMax) {
        List<String> columns = new ArrayList<>(List.of("k.id", "k.key"));
        if (isList()) {
            String newestFirst = "from list_item i where i.key_id = k.id order by i.position" + backwards(false);
            String oldestFirst = "from list_item i where i.key_id = k.id order by i.position" + backwards(true);
            columns.add("(select i.position " + newestFirst + " limit 1)");
            columns.add("(select i.crc " + newestFirst + " limit 1)");
            columns.add("(select i.position " + oldestFirst + " limit 1)");
        } else {
            columns.add("(select s.last_ms from stream_value s where s.key_id = k.id)");
            columns.add("(select s.last_seq from stream_value s where s.key_id = k.id)");
            columns.add("0");
        }
        columns.addAll(keys.parts("k.key").values());
        return "select " + String.join(", ", columns) + " from keyspace k where k.db = " + database + " and k.type = '"
                + (isList() ? "list" : "stream") + "' and " + keys.condition("k.key") + " and " + ViewSql.alive()
                + " order by k.key limit " + rowsMax;
    }

    // ---- lists

    /** The checksum of the row at a position; no row where there is none. */
    public static String checksumSql(long keyId, long position) {
        return "select crc from list_item where key_id = " + keyId + " and position = " + position;
    }

    /** Position, checksum, length and beginning of the newest elements, the newest first. */
    public String newestSql(long keyId, int rowsMax) {
        return "select position, crc, length(value), substr(value, 1, " + ALIKE_BYTES
                + ") from list_item where key_id = " + keyId + " order by position" + backwards(false) + " limit "
                + rowsMax;
    }

    /** Position and length of the elements that were added behind a position, the oldest first. */
    public String addedSql(long keyId, long behind, int rowsMax) {
        return "select position, length(value) from list_item where key_id = " + keyId + " and position "
                + (growsAtHead() ? "< " : "> ") + behind + " order by position" + backwards(true) + " limit " + rowsMax;
    }

    /**
     * Position, checksum, length, beginning and the whole of elements, the oldest first; null instead of the whole where that
     * is too long.
     */
    public String elementsSql(long keyId, long behind, long upTo, int bytesMax) {
        return "select position, crc, length(value), substr(value, 1, " + ALIKE_BYTES
                + "), case when length(value) <= " + bytesMax + " then value end from list_item where key_id = " + keyId
                + " and position " + (growsAtHead() ? "< " : "> ") + behind + " and position "
                + (growsAtHead() ? ">= " : "<= ") + upTo + " order by position" + backwards(true);
    }

    /** What puts the newest element first, or the oldest. */
    private String backwards(boolean oldestFirst) {
        return growsAtHead() == oldestFirst ? " desc" : "";
    }

    // ---- streams

    /** The two halves of the id, and the length of the fields, of entries behind an id, in order. */
    public static String entryLengthsSql(long keyId, long ms, long seq, int rowsMax) {
        return "select ms, seq, length(fields) " + entriesBehind(keyId, ms, seq) + " limit " + rowsMax;
    }

    /** The two halves of the id, the length of the fields, and the fields unless that is too much; in order. */
    public static String entriesSql(long keyId, long ms, long seq, int rowsMax, int bytesMax) {
        return "select ms, seq, length(fields), case when length(fields) <= " + bytesMax + " then fields end "
                + entriesBehind(keyId, ms, seq) + " limit " + rowsMax;
    }

    private static String entriesBehind(long keyId, long ms, long seq) {
        return "from stream_entry where key_id = " + keyId + " and ms >= " + ms + " and (ms > " + ms + " or seq > "
                + seq + ") order by ms, seq";
    }
}
