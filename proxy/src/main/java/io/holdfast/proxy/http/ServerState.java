package io.holdfast.proxy.http;

import io.holdfast.proxy.upstream.HealthProbe;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** What a server tells of itself to those who ask by HTTP. Nothing of it waits for Redis or for the disk. */
public interface ServerState {
    /** How things stand now. On the engine loop. */
    Facts now();

    /**
     * Begins a look at the upstream; completed, on the engine loop, with what it finds. On the engine loop, and only where
     * there is an upstream.
     */
    CompletableFuture<HealthProbe.Look> look();

    /** What is stored, once that is counted, or was counted just now. Any thread. */
    CompletableFuture<Figures> figures();

    /** What was stored when it was last counted. Any thread. */
    Figures lastFigures();

    /** Journal entries that were ever replayed. Any thread. */
    long replayed();

    /** The configuration, in the shape of the file, without secrets. On the engine loop. */
    Map<String, Object> configuration();

    /**
     * A server at one moment.
     *
     * @param atMs Unix milliseconds
     * @param mode as INFO names the phase
     * @param condition what is not as it should be, as INFO names it; empty when all is well
     * @param canKeep whether writes can be journaled
     * @param upstream null: it runs standalone
     * @param pending journal entries that the upstream may lack
     * @param failed effects that it has refused and that nobody has decided on
     * @param replayed journal entries that were ever replayed
     * @param lastSyncMs when it last took some, Unix milliseconds; 0: never
     */
    record Facts(
            long atMs,
            String mode,
            String reason,
            String condition,
            boolean canKeep,
            @Nullable Upstream upstream,
            long pending,
            long failed,
            long replayed,
            long lastSyncMs) {}

    /**
     * The upstream, seen from here.
     *
     * @param url without a password
     * @param timeoutMs how long it may take for a reply before it counts as away
     * @param isPaused an operator wants nothing to be replayed
     * @param isReplaying entries are on their way into it
     * @param look what the newest probe found; null before the first
     */
    record Upstream(
            String url, int timeoutMs, boolean isPaused, boolean isReplaying, HealthProbe.@Nullable Look look) {}

    /**
     * What is stored.
     *
     * @param bytes of all files of the data directory
     * @param rows of each view of the profiles, or keys of each type where there is no profile
     */
    record Figures(long bytes, Map<String, Long> rows) {}
}
