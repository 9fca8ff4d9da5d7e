package io.holdfast.proxy.admin;

import io.holdfast.proxy.config.Configuration;
import io.holdfast.resp.Bytes;
import io.holdfast.sync.journal.Conflicts;
import io.holdfast.sync.journal.DeadLetters;
import io.holdfast.sync.journal.SegmentJournal;
import io.holdfast.sync.mirror.KeyKnowledge;
import io.holdfast.sync.mirror.MirrorReport;
import io.holdfast.sync.replay.DryRunFailedException;
import io.holdfast.sync.replay.DryRunReport;
import io.holdfast.sync.replay.DryRunScope;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What an operator can have done; each order is in the audit trail before it is carried out. Used on the desk's thread,
 * unless it says otherwise.
 */
public interface Operations {
    /** Where the work of this is done, and answered from. On the engine loop. */
    Desk desk();

    /** Where dry runs are done, one after the other: they wait for the upstream. On the engine loop. */
    Desk trials();

    /** False in standalone mode, where there is nothing to switch. Any thread. */
    boolean hasUpstream();

    /** Go offline, and stay so until {@link #online}, also over a restart. */
    void offline(Order order, String reason);

    /** Go back to the upstream as soon as it is fit. */
    void online(Order order);

    /** What the upstream refused. */
    DeadLetters deadLetters();

    /**
     * Puts those that are open back into the journal for the upstream, each exactly once.
     *
     * @return those that were, as they were
     */
    List<DeadLetters.Stored> requeue(Order order, List<Long> ids);

    /** Gives up those that are open; returns them as they were. */
    List<DeadLetters.Stored> discard(Order order, List<Long> ids);

    /** Puts another effect in the place of a refused one; false when that is not open any more. */
    boolean edit(Order order, DeadLetters.Stored letter, List<Bytes> command, Bytes key);

    /** What was decided where others had written too. */
    Conflicts conflicts();

    /** Settles those that are open, and has written upstream what was chosen; returns how many there were. */
    int resolve(Order order, List<Long> ids, Conflicts.Choice choice);

    // ---- the journal and its replay

    SegmentJournal journal();

    /** Everything up to this entry is upstream or was never for it. */
    long confirmedSequence();

    /** Replay nothing more, also after a restart. */
    void pause(Order order);

    /** What still keeps the replay back, of the configuration; null: nothing. */
    @Nullable String resume(Order order);

    /** Try the upstream at once; what keeps it from that, or null. */
    @Nullable String syncNow();

    /** Replay into an upstream that lost its data what it never confirmed; false when nothing was halted for that. */
    boolean acceptLoss(Order order);

    SyncStatus syncStatus();

    /**
     * What replay would do to keys if it began now; nothing is changed. On the thread of {@link #trials}.
     *
     * @throws DryRunFailedException when that cannot be said; the message is for a person
     */
    DryRunReport dryRun(DryRunScope scope) throws DryRunFailedException;

    // ---- the warm copy

    MirrorReport mirror();

    /** What is known of a key. On the engine loop. */
    KeyKnowledge knowledge(int db, Bytes key);

    // ---- the configuration

    /**
     * Reads flags, environment, file and the files of passwords again, and changes what can change while it runs.
     *
     * @throws io.holdfast.engine.command.RedisError when something is wrong there; then nothing has changed
     */
    ConfigChanges reload(Order order);

    /**
     * Changes settings until a restart, or until they are changed where they were read from.
     *
     * @param values by path ({@code sync.batch_size}), as a file would have them; of a list, its items
     * @throws io.holdfast.engine.command.RedisError when a name or a value is refused, or needs a restart; then nothing has
     *     changed
     */
    ConfigChanges configure(Order order, Map<String, List<String>> values);

    /** What holds now, with where it comes from; no secrets. */
    List<Configuration.Shown> configuration();

    // ---- room

    /** Deletes what is kept no longer; what the upstream has not confirmed stays. */
    Cleaned cleanUp(Order order);

    /**
     * What was deleted.
     *
     * @param journalBytes of confirmed entries
     * @param conflicts that were settled
     * @param deadLetters that were requeued or discarded
     * @param copies of keys that the upstream has
     * @param storageBytes that storage.db gave back
     */
    record Cleaned(long journalBytes, int conflicts, int deadLetters, long copies, long storageBytes) {}

    /**
     * Operations that the upstream lacks, the oldest first.
     *
     * @param refused those that it has refused and nobody has decided on; otherwise those that wait
     * @param from where the page begins; 0: with the oldest
     */
    QueuePage queue(boolean refused, long from, int count);

    /**
     * The replay at one moment.
     *
     * @param mode as INFO names the phase
     * @param reason why it is that
     * @param isPaused an operator wants nothing to be replayed
     * @param replay what the replay thread does; empty where there is no upstream
     * @param pending journal entries that the upstream may still lack
     */
    record SyncStatus(String mode, String reason, boolean isPaused, String replay, long pending) {}
}
