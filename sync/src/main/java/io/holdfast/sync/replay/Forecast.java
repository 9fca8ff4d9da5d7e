package io.holdfast.sync.replay;

import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.Effect;
import io.holdfast.engine.command.KeyFlag;
import io.holdfast.engine.keyspace.KeyRecord;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.sync.conflict.Unmet;
import io.holdfast.sync.journal.Conflict;
import io.holdfast.sync.replay.DryRunReport.Outcome;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a dry run knows of one key: what it would be behind the effects so far. For one thread. */
final class Forecast {
    private static final Bytes NX = Bytes.of("NX");
    private static final Bytes PXAT = Bytes.of("PXAT");
    private static final Bytes KEEPTTL = Bytes.of("KEEPTTL");

    private final int db;
    private final Bytes key;
    private final long first;
    private long last;
    private long effects;
    private boolean compared;
    private Outcome outcome = Outcome.APPLY;
    private String policy = "";
    private String winner = "";
    private String reason = "";
    /** As TYPE answers; null where it cannot be told. */
    private @Nullable String type;

    private long expiresAtMs = KeyRecord.NEVER;

    /** @param sequence of the first entry that changes it */
    Forecast(int db, Bytes key, long sequence) {
        this.db = db;
        this.key = key;
        first = sequence;
        last = sequence;
    }

    int db() {
        return db;
    }

    Bytes key() {
        return key;
    }

    /** What it is upstream before anything is replayed. */
    void is(@Nullable String typeNow) {
        type = typeNow;
    }

    /** An effect of entry {@code sequence} is on it, sent or not. */
    void meets(long sequence) {
        effects++;
        last = sequence;
    }

    void compared() {
        compared = true;
    }

    /** What it is, and how long, cannot be told any more. */
    void forgetWhatItIs() {
        type = null;
        expiresAtMs = KeyRecord.NEVER;
    }

    void merges() {
        worsen(Outcome.MERGE);
    }

    void conflicts(Conflict decided) {
        conflicts(decided.policy(), decided.winner().words());
    }

    private void conflicts(String by, String who) {
        worsen(Outcome.CONFLICT);
        policy = by;
        winner = who;
    }

    /** An effect on it does not arrive. */
    void isRefused(String why) {
        if (worsen(Outcome.DEAD_LETTER)) {
            reason = why;
        }
    }

    private boolean worsen(Outcome now) {
        boolean worse = now.compareTo(outcome) > 0;
        if (worse) {
            outcome = now;
        }
        return worse;
    }

    /**
     * {@code effect} is sent.
     *
     * @param flags what it does to this key
     */
    void takes(CommandSpec spec, Effect effect, Set<KeyFlag> flags) {
        List<Bytes> command = effect.command();
        String name = command.get(0).latin1().toUpperCase(Locale.ROOT);
        if (name.equals("SET")) {
            set(effect);
            return;
        }
        boolean overwrites = spec.isOverwriting(command.toArray(Bytes[]::new));
        String expected = KeyTypes.of(spec.group());
        String now = type;
        if (!overwrites && expected != null && now != null && !now.equals(KeyTypes.NONE) && !now.equals(expected)) {
            isRefused("WRONGTYPE: " + name + " meets a " + now);
            return;
        }
        if (flags.contains(KeyFlag.RM)) {
            type = KeyTypes.NONE;
            expiresAtMs = KeyRecord.NEVER;
        } else if (overwrites) {
            type = expected; // RESTORE: whatever the payload is
            expiresAtMs = KeyRecord.NEVER;
        } else if (flags.contains(KeyFlag.DELETE)) {
            type = null; // it may have been the last element
        } else if (expected != null) {
            type = expected;
        } else {
            expiry(name, command);
        }
    }

    private void set(Effect effect) {
        List<Bytes> command = effect.command();
        boolean isThere = type != null && !type.equals(KeyTypes.NONE);
        if (isThere && command.subList(3, command.size()).contains(NX)) {
            Unmet.of(effect, Reply.Null.BULK)
                    .ifPresent(unmet -> conflicts("merge", unmet.winner().words()));
            return;
        }
        type = "string";
        if (!command.contains(KEEPTTL)) {
            int at = command.lastIndexOf(PXAT);
            expiresAtMs = at < 3 || at + 1 == command.size() ? KeyRecord.NEVER : number(command.get(at + 1));
        }
    }

    private void expiry(String name, List<Bytes> command) {
        if (name.equals("PEXPIREAT")) {
            expiresAtMs = number(command.get(2));
        } else if (name.equals("PERSIST")) {
            expiresAtMs = KeyRecord.NEVER;
        }
    }

    private static long number(Bytes text) {
        return Long.parseLong(text.latin1());
    }

    /** What becomes of it if nothing more is written. */
    Outcome outcome(long nowMs) {
        boolean expired = expiresAtMs != KeyRecord.NEVER && expiresAtMs <= nowMs;
        return expired && Outcome.EXPIRED.compareTo(outcome) > 0 ? Outcome.EXPIRED : outcome;
    }

    DryRunReport.Row row(long nowMs) {
        return new DryRunReport.Row(db, key, outcome(nowMs), first, last, effects, compared, policy, winner, reason);
    }
}
