package io.holdfast.engine.keyspace;

import io.holdfast.resp.Bytes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Who watches which key (WATCH), and tells them when it changes. Owned by the engine loop. */
public final class Watches {
    /** A client that watches keys. */
    public interface Watcher {
        /** One of its keys has changed: its next EXEC must answer nil. */
        void watchedKeyChanged();
    }

    /** A key of a database. */
    public record Watched(int db, Bytes key) {}

    private final Map<Watched, List<Watcher>> watchers = new HashMap<>();

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

    void touched(int db, Bytes key) {
        if (watchers.isEmpty()) {
            return;
        }
        List<Watcher> list = watchers.get(new Watched(db, key));
        if (list != null) {
            list.forEach(Watcher::watchedKeyChanged);
        }
    }
}
