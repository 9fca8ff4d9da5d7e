package io.holdfast.sync.replay;

import io.holdfast.sync.conflict.ConflictRules;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where entries are replayed to, and as whom. Prints without the password.
 *
 * @param endpoint where the upstream listens
 * @param user null: the default user
 * @param password null: none
 * @param timeoutMs longest wait for a connection, for the next bytes of a reply, and for room to send
 * @param nodeId 32 hexadecimal digits: names the cursor in the upstream
 * @param epoch which start of the data directory this is; rises with every start
 * @param bootId this process, for as long as it runs: two processes of one epoch are copies of one data directory
 * @param settings how hard it works
 * @param batchBytesMax most bytes in one transaction; an entry that is longer goes alone
 * @param quietMs how long to wait before the cursor is trusted where {@code CLIENT KILL} is refused
 * @param conflicts who wins where others have changed what was written here
 */
public record ReplayConfig(
        Endpoint endpoint,
        @Nullable String user,
        @Nullable String password,
        int timeoutMs,
        String nodeId,
        long epoch,
        String bootId,
        ReplaySettings settings,
        int batchBytesMax,
        long quietMs,
        ConflictRules conflicts) {
    public static final int BATCH_BYTES_MAX = 1024 * 1024;
    /** The contract's quiet period is twice the timeout, and at least this. */
    private static final long QUIET_MS_MIN = 10_000;

    private static final Pattern NODE_ID = Pattern.compile("[0-9a-f]{32}");

    public ReplayConfig {
        if (!NODE_ID.matcher(nodeId).matches()) {
            throw new IllegalArgumentException("a node id has 32 hexadecimal digits, not '" + nodeId + "'");
        }
        if (timeoutMs < 1 || batchBytesMax < 1 || quietMs < 0) {
            throw new IllegalArgumentException(
                    "timeout " + timeoutMs + " ms, batches of " + batchBytesMax + " bytes, quiet " + quietMs + " ms");
        }
    }

    /** With batches and quiet period as they usually are. */
    public ReplayConfig(
            Endpoint endpoint,
            @Nullable String user,
            @Nullable String password,
            int timeoutMs,
            String nodeId,
            long epoch,
            String bootId,
            ConflictRules conflicts) {
        this(
                endpoint,
                user,
                password,
                timeoutMs,
                nodeId,
                epoch,
                bootId,
                ReplaySettings.DEFAULT,
                BATCH_BYTES_MAX,
                Math.max(2L * timeoutMs, QUIET_MS_MIN),
                conflicts);
    }

    /**
     * The same place and node, with everything that can change while it runs.
     *
     * @param otherUser null: the default user
     * @param otherPassword null: none
     */
    public ReplayConfig with(
            @Nullable String otherUser,
            @Nullable String otherPassword,
            int otherTimeoutMs,
            ReplaySettings otherSettings,
            ConflictRules otherConflicts) {
        return new ReplayConfig(
                endpoint,
                otherUser,
                otherPassword,
                otherTimeoutMs,
                nodeId,
                epoch,
                bootId,
                otherSettings,
                batchBytesMax,
                Math.max(2L * otherTimeoutMs, QUIET_MS_MIN),
                otherConflicts);
    }

    int batchEntriesMax() {
        return settings.batchEntriesMax();
    }

    @Override
    public String toString() {
        return endpoint + " as node " + nodeId + ", epoch " + epoch;
    }
}
