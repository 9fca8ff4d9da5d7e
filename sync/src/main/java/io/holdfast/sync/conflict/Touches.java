package io.holdfast.sync.conflict;

import io.holdfast.engine.keyspace.Watches.Watched;
import java.util.HashMap;
import java.util.Map;

/**
 * When others last touched keys upstream. To read a key is to touch it, so what was seen before the first look is kept, for the
 * next attempt of the replay and for the replay behind a dry run. Any thread.
 */
public final class Touches {
    /** Keys that are remembered; beyond it all are forgotten, and what asking has touched seems younger. */
    private static final int KEYS_MAX = 100_000;
    /** The clock behind OBJECT IDLETIME counts seconds, and a look takes its time. */
    private static final long SLACK_MS = 1000;

    /**
     * A key that was read.
     *
     * @param touchedMs the last touch before that, Unix milliseconds; 0 when it could not be known
     * @param askedMs when it was read
     */
    private record Seen(long touchedMs, long askedMs) {}

    private final Map<Watched, Seen> seen = new HashMap<>(); // guarded by this
    private long startedMs; // guarded by this: of an upstream that came back, Unix milliseconds
    private long loadedMs; // guarded by this: what it loaded at its start seems touched until then

    /**
     * Of {@code key}, about to be read, the last touch that was not ours.
     *
     * @param touchedMs the last touch of anybody, Unix milliseconds; 0 when it cannot be known
     */
    synchronized long notOurs(Watched key, long touchedMs, long nowMs) {
        Seen before = seen.get(key);
        long theirs = before != null && touchedMs <= before.askedMs + SLACK_MS ? before.touchedMs : touchedMs;
        if (seen.size() >= KEYS_MAX && before == null) {
            seen.clear();
        }
        seen.put(key, new Seen(theirs, nowMs));
        return theirs;
    }

    /**
     * The upstream was restarted since it was seen last. Redis keeps in no file when a key was used, or hardly ever: what it
     * loads it takes for used just then.
     *
     * @param atMs when its process began, Unix milliseconds
     * @param loadedAtMs when it had loaded its data, at the latest
     */
    public synchronized void upstreamBegan(long atMs, long loadedAtMs) {
        startedMs = atMs;
        loadedMs = loadedAtMs;
    }

    /** Whether a key that was last touched at {@code touchedMs} was touched behind a write at {@code writtenMs}, as far as is known. */
    synchronized boolean isBehind(long touchedMs, long writtenMs) {
        boolean mayBeLoading = writtenMs < startedMs && touchedMs <= loadedMs;
        return touchedMs > writtenMs && !mayBeLoading;
    }

    /** Nothing that was asked matters any more. */
    synchronized void clear() {
        seen.clear();
    }
}
