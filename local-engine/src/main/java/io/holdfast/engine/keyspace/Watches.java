package io.holdfast.engine.keyspace;

import io.holdfast.resp.Bytes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Who watches which key (WATCH), and tells them when it changes. Owned by the engine loop. */
public final class Watches {
    /** A client that watches keys. */
    public interface Watcher {
        /** One of its keys has changed: its next EXEC must answer nil. */
        void watchedKeyChanged();
    }

    /** A key of a database. */
    public record Watched(int db, Bytes key) {}

    /** Hears of every change of every key, but for those that go or come with a whole database. */
    public interface Listener {
        void changed(int db, Bytes key);

        /** It was not there before; said besides {@link #changed}. */
        void created(int db, Bytes key);

        /** Its time was over; said besides {@link #changed}. */
        void expired(int db, Bytes key);
    }

    private final Map<Watched, List<Watcher>> watchers = new HashMap<>();
    private @Nullable Listener listener;

    /** Who hears of all changes; given once. */
    public void listener(Listener to) {
        listener = to;
    }

    public void watch(Watched key, Watcher watcher) {
        List<Watcher> list = watchers.computeIfAbsent(key, k -> new ArrayList<>(1));
        if (!list.contains(watcher)) {
            list.add(watcher);
        }
    }

    public void unwatch(Watched key, Watcher watcher) {
        List<Watcher> list = watchers.get(key);
        if (list != null && list.remove(watcher) && list.isEmpty()) {
            watchers.remove(key);
        }
    }

    /** The keys of a database that somebody watches. */
    List<Bytes> keysOf(int db) {
        return watchers.keySet().stream()
                .filter(watched -> watched.db() == db)
                .map(Watched::key)
                .toList();
    }

    void touched(int db, Bytes key) {
        if (listener != null) {
            listener.changed(db, key);
        }
        touchedWithAll(db, key);
    }

    void created(int db, Bytes key) {
        if (listener != null) {
            listener.created(db, key);
        }
    }

    void expired(int db, Bytes key) {
        if (listener != null) {
            listener.expired(db, key);
        }
    }

    /** As {@link #touched}, with all keys of its database: the listener is not told of each. */
    void touchedWithAll(int db, Bytes key) {
        if (watchers.isEmpty()) {
            return;
        }
        List<Watcher> list = watchers.get(new Watched(db, key));
        if (list != null) {
            list.forEach(Watcher::watchedKeyChanged);
        }
    }
}
