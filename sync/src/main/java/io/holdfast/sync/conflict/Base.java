package io.holdfast.sync.conflict;

import io.holdfast.engine.command.Effect;
import io.holdfast.engine.exec.Journal;
import io.holdfast.engine.keyspace.KeyRecord;
import io.holdfast.resp.Bytes;

/**
 * What a key was when the outage began: the value that the upstream last vouched for. Immutable.
 *
 * @param expiresAtMs Unix milliseconds, or {@link KeyRecord#NEVER}
 */
record Base(Content content, long expiresAtMs) {
    private static final Bytes PEXPIREAT = Bytes.of("PEXPIREAT");

    /** As an entry of scope BASE says; all its effects are on one key. */
    static Base of(Journal.Entry entry) {
        long expiresAtMs = KeyRecord.NEVER;
        for (Effect effect : entry.effects()) {
            if (effect.command().get(0).equals(PEXPIREAT)) {
                expiresAtMs = Long.parseLong(effect.command().get(2).latin1());
            }
        }
        return new Base(Content.of(entry.effects()), expiresAtMs);
    }

    /** As {@link Ends} takes it. */
    long endsMs() {
        return content.equals(Content.Nothing.ABSENT) ? Ends.NO_KEY : expiresAtMs;
    }

    /** Whether the upstream may have let it end by itself: its end there is not known to the millisecond, nor is the upstream's time. */
    boolean mayHaveEnded(long nowMs) {
        return expiresAtMs != KeyRecord.NEVER && nowMs > expiresAtMs - Ends.SLACK_MS;
    }
}
