package io.holdfast.sync.conflict;

import io.holdfast.engine.command.Effect;
import io.holdfast.engine.exec.Journal;
import io.holdfast.engine.keyspace.KeyRecord;
import io.holdfast.resp.Bytes;
import java.util.ArrayList;
import java.util.List;

/**
 * What a key was when the outage began: the value that the upstream last vouched for. Immutable.
 *
 * @param expiresAtMs Unix milliseconds, or {@link KeyRecord#NEVER}
 * @param making the commands that make the value of nothing
 */
record Base(Content content, long expiresAtMs, List<Effect> making) {
    private static final Bytes DEL = Bytes.of("DEL");
    private static final Bytes PEXPIREAT = Bytes.of("PEXPIREAT");

    /** As an entry of scope BASE says; all its effects are on one key. */
    static Base of(Journal.Entry entry) {
        long expiresAtMs = KeyRecord.NEVER;
        List<Effect> making = new ArrayList<>();
        for (Effect effect : entry.effects()) {
            Bytes name = effect.command().get(0);
            if (name.equals(PEXPIREAT)) {
                expiresAtMs = Long.parseLong(effect.command().get(2).latin1());
            } else if (!name.equals(DEL)) {
                making.add(effect);
            }
        }
        return new Base(Content.of(entry.effects()), expiresAtMs, making);
    }

    /**
     * What brings the key back that has ended upstream, for what was done to it here before it was to end here.
     *
     * @param endsMs when it ends there unless that is set anew, Unix milliseconds
     */
    List<Effect> back(Bytes key, long endsMs) {
        List<Effect> back = new ArrayList<>(making);
        back.add(Effect.of(making.get(0).db(), PEXPIREAT, key, Bytes.of(endsMs)));
        return back;
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
