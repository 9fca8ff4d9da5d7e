package io.holdfast.sync.conflict;

import io.holdfast.engine.keyspace.Watches.Watched;
import io.holdfast.resp.Bytes;
import io.holdfast.sync.conflict.Merge.Target;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The form of what nodes write beside the data, for each other: when each wrote what it replayed. It lies in database 0 and
 * rolls back with the data. Pure; any thread.
 *
 * <pre>
 *   holdfast:{stamps}:0      hash, of days that are even since 1970; ends with the day after the last that wrote to it
 *   holdfast:{stamps}:1      of days that are odd
 *     16 bytes               of SHA-256 of database, key, and field or member:
 *                            "ms count node digest", the digest of what was written: 8 bytes of SHA-256, or "gone"
 *     clock                  "ms count node", the latest there
 * </pre>
 */
public final class Sidecar {
    /** In database 0. */
    public static final List<Bytes> KEYS = List.of(Bytes.of("holdfast:{stamps}:0"), Bytes.of("holdfast:{stamps}:1"));

    /** A stamp is kept for one to two of these. */
    private static final long PERIOD_MS = Duration.ofDays(1).toMillis();
    /** Stamps in one of the hashes, which is some 10 MB; what is written when it is full has none. */
    static final long STAMPS_MAX = 100_000;

    static final Bytes CLOCK = Bytes.of("clock");
    private static final String GONE = "gone";
    private static final int FIELD_BYTES = 16;
    private static final int DIGEST_BYTES = 8;

    private Sidecar() {}

    /** Which of {@link #KEYS} is written to. */
    static int at(long nowMs) {
        return (int) (nowMs / PERIOD_MS % KEYS.size());
    }

    /** When what is written now may go, Unix milliseconds. */
    static long endsMs(long nowMs) {
        return (nowMs / PERIOD_MS + 2) * PERIOD_MS;
    }

    static Bytes field(Watched key, @Nullable Bytes part) {
        MessageDigest sha = sha();
        sha.update(ByteBuffer.allocate(2 * Integer.BYTES)
                .putInt(key.db())
                .putInt(part == null ? -1 : key.key().length())
                .array());
        sha.update(key.key().array());
        if (part != null) {
            sha.update(part.array());
        }
        return Bytes.wrap(Arrays.copyOf(sha.digest(), FIELD_BYTES));
    }

    /** @param made what stands there afterwards; null: nothing */
    static Bytes word(Stamp stamp, @Nullable Bytes made) {
        return Bytes.of(stamp + " " + digest(made));
    }

    private static String digest(@Nullable Bytes made) {
        return made == null ? GONE : HexFormat.of().formatHex(sha().digest(made.array()), 0, DIGEST_BYTES);
    }

    /** The stamp in {@code word}, if {@code now} is what was written with it. */
    static @Nullable Stamp vouching(Bytes word, @Nullable Bytes now) {
        return word.latin1().endsWith(" " + digest(now)) ? Stamp.parse(word) : null;
    }

    private static MessageDigest sha() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JVM has SHA-256", e);
        }
    }

    /** Notes in {@code stamps} what {@code command} overwrites, where what it leaves is known. */
    static void note(int db, List<Bytes> command, Stamp stamp, Map<Bytes, Bytes> stamps) {
        for (Target target : Merge.of(command).targets(command)) {
            if (target.writes() && (target.makes() != null || target.removes())) {
                stamps.put(field(new Watched(db, target.key()), target.part()), word(stamp, target.makes()));
            }
        }
    }

    /** Two commands that write {@code stamps}. */
    static List<List<Bytes>> write(Map<Bytes, Bytes> stamps, Stamp clock, long nowMs) {
        Bytes key = KEYS.get(at(nowMs));
        List<Bytes> put = new ArrayList<>(List.of(Bytes.of("HSET"), key, CLOCK, Bytes.of(clock.toString())));
        stamps.forEach((field, word) -> {
            put.add(field);
            put.add(word);
        });
        return List.of(put, List.of(Bytes.of("PEXPIREAT"), key, Bytes.of(endsMs(nowMs))));
    }
}
