package io.holdfast.sync.replay;

import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.Effect;
import io.holdfast.resp.Bytes;
import io.holdfast.sync.journal.Damage;
import io.holdfast.sync.journal.JournalReader;
import org.jspecify.annotations.Nullable;

/** The journal as replay sees it. Called on the replay thread. */
public interface ReplaySource {
    /**
     * A reader of every entry after {@code sequence}, those to come included; the caller closes it.
     *
     * @throws io.holdfast.sync.journal.JournalGapException when the entry after {@code sequence} has been trimmed
     */
    JournalReader reader(long sequence);

    /** The newest committed entry; 0 when there is none. */
    long committedSequence();

    /** Everything up to {@code sequence} is upstream or was never for it; smaller than before after a stale failover. */
    void confirmed(long sequence);

    /** These entries cannot be read and are passed over; called before that. Again for the same ones after a crash. */
    void damaged(Damage damage);

    /** The keys as they are here. */
    default LocalCopy localCopy() {
        return LocalCopy.EMPTY;
    }

    /** Tells keys and types of effects. */
    CommandTable commands();

    /** The key that a dead letter of {@code effect} is listed under; null when it has none. */
    default @Nullable Bytes firstKey(Effect effect) {
        return effect.command().size() > 1 ? effect.command().get(1) : null;
    }
}
