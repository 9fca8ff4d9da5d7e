package io.holdfast.engine.failpoint;

import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Steps at which a crash matters: {@code -Dholdfast.failpoint=NAME:halt|throw|pause[:hit],…} has the thread that passes one
 * for the {@code hit}-th time (the first, if it does not say) end the process as SIGKILL does, throw a
 * {@link FailpointException}, or stand still. NAME is a constant in lower case, with dashes. Any thread.
 *
 * <p>A step that pauses makes a file of its name in the directory {@code -Dholdfast.failpoint.dir}, and goes on when that
 * file is deleted, or after {@link Failpoints#PAUSE_MS_MAX}.
 *
 * <p>Where the property is not set {@link #pass} tests a constant, which the compiler folds: a step costs nothing.
 */
public enum Failpoint {
    // ---- the start
    /** The lock is taken; the new epoch is not written. */
    EPOCH_BEFORE_WRITE,
    /** The file with the new epoch is whole, and has not its name. */
    EPOCH_BEFORE_RENAME,
    EPOCH_AFTER_WRITE,
    /** The newest segment's torn tail is cut; the cut is not synced. Passed only where there is one. */
    RECOVERY_TAIL_CUT,
    RECOVERY_TABLES_LOADED,
    /** Letters that were on their way back are in the journal or open again. */
    RECOVERY_LETTERS_SETTLED,
    /** Every entry behind the checkpoint is applied; nobody is served. */
    RECOVERY_APPLIED,

    // ---- the journal
    JOURNAL_BEFORE_WRITE,
    /** Written, and in {@code appendfsync always} not synced; nobody has a reply. */
    JOURNAL_AFTER_WRITE,
    JOURNAL_BEFORE_SYNC,
    JOURNAL_AFTER_SYNC,
    /** The full segment is synced, the new one not begun. */
    SEGMENT_BEFORE_ROLL,
    /** The new segment's header is on the disk, its name is not. */
    SEGMENT_BEFORE_RENAME,
    SEGMENT_AFTER_ROLL,
    TRIM_BEFORE_DELETE,
    TRIM_AFTER_DELETE,

    // ---- checkpoints
    CHECKPOINT_BEGIN,
    /** All rows are written, and the transaction is open. */
    CHECKPOINT_BEFORE_COMMIT,
    /** Committed; the file that counts checkpoints is one behind. */
    CHECKPOINT_AFTER_COMMIT,
    /** The journal has not heard of it: segments that it covers are still there. */
    CHECKPOINT_BEFORE_TRIM,

    // ---- connections to the upstream
    CONNECTION_BEFORE_RECORD,
    /** It is recorded, so that it can be fenced; nothing was written on it. */
    CONNECTION_AFTER_RECORD,

    // ---- replay
    REPLAY_BEFORE_FENCE,
    REPLAY_AFTER_FENCE,
    /** The EXEC that writes our name beside the cursor is sent, and not answered. */
    REPLAY_CLAIM_SENT,
    REPLAY_CLAIMED,
    /** What was decided about conflicts is on the disk; the batch is not announced. */
    REPLAY_DECIDED,
    REPLAY_BEFORE_SEND,
    /** The batch's EXEC is sent, and not answered. */
    REPLAY_SENT,
    /** The batch is applied; nothing here knows. */
    REPLAY_ANSWERED,
    REPLAY_ACKNOWLEDGED,
    LETTER_BEFORE_WRITE,
    LETTER_AFTER_WRITE,
    /** Writers are held, everything is upstream. */
    CUTOVER_BEFORE_ONLINE,
    CUTOVER_AFTER_ONLINE,

    // ---- letters that go back
    /** They say that they are on their way; the journal has none of them. */
    REQUEUE_MARKED,
    REQUEUE_APPENDED,
    REQUEUE_SYNCED,
    /** A replay beside clients' commands has recorded its connection. */
    REPLAY_BESIDE;

    /** The step is about to be taken, or was taken, as its name says. */
    public void pass() {
        if (Configured.ARMED != null) {
            Configured.ARMED.pass(this);
        }
    }

    /** As the property names it. */
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /**
     * To be called at a start.
     *
     * @throws IllegalArgumentException when the property cannot be understood: its message is for a person
     */
    public static void checkConfigured() {
        if (Configured.ERROR != null) {
            throw new IllegalArgumentException(Configured.ERROR);
        }
    }

    /** What this JVM was started with. */
    private static final class Configured {
        static final @Nullable Failpoints ARMED;
        static final @Nullable String ERROR;

        static {
            Failpoints armed = null;
            String error = null;
            String text = System.getProperty(Failpoints.PROPERTY);
            String directory = System.getProperty(Failpoints.DIRECTORY);
            if (text != null) {
                try {
                    armed = Failpoints.parse(text, directory == null ? null : Path.of(directory));
                } catch (IllegalArgumentException e) {
                    error = e.getMessage();
                }
            }
            ARMED = armed;
            ERROR = error;
        }

        private Configured() {}
    }
}
