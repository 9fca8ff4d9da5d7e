package io.holdfast.sync.conflict;

import io.holdfast.engine.keyspace.KeyRecord;
import io.holdfast.resp.Bytes;
import io.holdfast.sync.journal.Conflict.Winner;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * When a key ends: what it was to be when the outage began, and what others have made of that. Unix milliseconds;
 * {@link KeyRecord#NEVER}, or {@link #NO_KEY}. Immutable.
 *
 * <pre>
 *   here        others      merge
 *   t1          t2          the later; nothing of either is lost before its time
 *   t1          no end      no end, and a record: one side wanted the key to go
 *   no end      t2          no end, and a record
 * </pre>
 *
 * @param isTheirs whether what others have set stands upstream; else an end of ours may
 */
record Ends(long baseMs, long theirsMs, boolean isTheirs) {
    static final long NO_KEY = -2;

    /** Nothing is known, or nobody asked. */
    static final Ends UNKNOWN = new Ends(NO_KEY, NO_KEY, true);

    /** A copy's end was told in milliseconds that remain, over a network: so far apart two ends may be the same. */
    static final long SLACK_MS = 5_000;

    private static final Bytes PEXPIREAT = Bytes.of("PEXPIREAT");
    private static final Bytes PERSIST = Bytes.of("PERSIST");

    /**
     * What is to stand, and whether somebody's wish was dropped for that.
     *
     * @param dropped who got it his way where the other did not; null where both can live with it
     */
    record Decision(long endsMs, @Nullable Winner dropped) {}

    static Ends of(long baseMs, long theirsMs) {
        return new Ends(baseMs, theirsMs, true);
    }

    /** Whether others have set another end than the key had. Where it was not there, they have set any. */
    boolean areChanged() {
        return theirsMs != NO_KEY && !isSame(baseMs, theirsMs);
    }

    private static boolean isSame(long one, long other) {
        return one == other || (one >= 0 && other >= 0 && Math.abs(one - other) <= SLACK_MS);
    }

    /** Whether an end of ours has come: to send it would remove what is there now. */
    static boolean hasPassed(long endsMs, long nowMs) {
        return endsMs >= 0 && endsMs <= nowMs;
    }

    /** The same once an end of ours is sent. */
    Ends overwritten() {
        return new Ends(baseMs, theirsMs, false);
    }

    /**
     * @param oursMs the end that was set here
     * @param isOursLater whether it was set after the upstream's key was last touched
     */
    Decision decide(ConflictPolicy policy, long oursMs, boolean isOursLater, long nowMs) {
        if (isSame(oursMs, theirsMs)) {
            return new Decision(theirsMs, null);
        }
        boolean isOneForEver = oursMs == KeyRecord.NEVER || theirsMs == KeyRecord.NEVER;
        return switch (policy) {
            case MERGE, KEEP_BOTH -> {
                boolean ours = oursMs == KeyRecord.NEVER || (!isOneForEver && oursMs > theirsMs);
                yield ours ? ours(oursMs, isOneForEver) : theirs(Winner.UPSTREAM, isOneForEver);
            }
            case LAST_WRITE_WINS ->
                isOursLater && !hasPassed(oursMs, nowMs) ? ours(oursMs, true) : theirs(Winner.UPSTREAM, true);
            case LOCAL_WINS -> ours(oursMs, true);
            case UPSTREAM_WINS -> theirs(Winner.UPSTREAM, true);
            case PARK -> theirs(Winner.PARKED, true);
        };
    }

    private static Decision ours(long oursMs, boolean drops) {
        return new Decision(oursMs, drops ? Winner.LOCAL : null);
    }

    private Decision theirs(Winner winner, boolean drops) {
        return new Decision(theirsMs, drops ? winner : null);
    }

    /** The command that has {@code key} end so. */
    static List<Bytes> command(Bytes key, long endsMs) {
        return endsMs == KeyRecord.NEVER ? List.of(PERSIST, key) : List.of(PEXPIREAT, key, Bytes.of(endsMs));
    }

    // ---- as they are kept

    static Ends ofWord(Bytes word) {
        String[] numbers = word.latin1().split(" ", -1);
        return new Ends(Long.parseLong(numbers[0]), Long.parseLong(numbers[1]), numbers[2].equals("theirs"));
    }

    Bytes toWord() {
        return Bytes.of(baseMs + " " + theirsMs + (isTheirs ? " theirs" : " ours"));
    }
}
