package io.holdfast.engine.keyspace;

import io.holdfast.resp.Bytes;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who waits for which key, in the order in which they began to wait, and which of these keys have become ready, in the
 * order in which they did. Costs a key that nobody waits for one look at an empty map. Owned by the engine loop.
 */
public final class BlockedClients {
    /** A client that waits for keys. */
    public interface Waiter {
        /** Whether it is to be told when a key it waits for has gone, too. */
        boolean wakesWhenGone();
    }

    private final Map<Watches.Watched, LinkedHashSet<Waiter>> waiting = new HashMap<>();
    private final ArrayDeque<Watches.Watched> ready = new ArrayDeque<>();
    private final Set<Watches.Watched> isReady = new HashSet<>();

    /** {@code waiter} waits for these keys from now on, behind those who wait already. */
    public void add(Waiter waiter, int db, List<Bytes> keys) {
        for (Bytes key : keys) {
            waiting.computeIfAbsent(new Watches.Watched(db, key), k -> new LinkedHashSet<>())
                    .add(waiter);
        }
    }

    public void remove(Waiter waiter, int db, List<Bytes> keys) {
        for (Bytes key : keys) {
            var watched = new Watches.Watched(db, key);
            Set<Waiter> waiters = waiting.get(watched);
            if (waiters != null && waiters.remove(waiter) && waiters.isEmpty()) {
                waiting.remove(watched);
            }
        }
    }

    /** The key is there now, or holds more than before: who waits for it is to be served. */
    public void ready(int db, Bytes key) {
        if (!waiting.isEmpty()) {
            signal(new Watches.Watched(db, key), false);
        }
    }

    /** The key, or what stood there, has gone: who waits for that, too, is to be told. */
    void gone(int db, Bytes key) {
        if (!waiting.isEmpty()) {
            signal(new Watches.Watched(db, key), true);
        }
    }

    private void signal(Watches.Watched key, boolean gone) {
        Set<Waiter> waiters = waiting.get(key);
        if (waiters == null || (gone && waiters.stream().noneMatch(Waiter::wakesWhenGone))) {
            return;
        }
        if (isReady.add(key)) {
            ready.add(key);
        }
    }

    public boolean hasReady() {
        return !ready.isEmpty();
    }

    /** The key that has been ready for longest; it is no longer. Null when there is none. */
    public Watches.@Nullable Watched pollReady() {
        Watches.Watched key = ready.poll();
        isReady.remove(key);
        return key;
    }

    /** Who waits for the key now, the longest first. */
    public List<Waiter> waitingFor(Watches.Watched key) {
        Set<Waiter> waiters = waiting.get(key);
        return waiters == null ? List.of() : new ArrayList<>(waiters);
    }

    /** Keys that somebody waits for. */
    public int keys() {
        return waiting.size();
    }
}
