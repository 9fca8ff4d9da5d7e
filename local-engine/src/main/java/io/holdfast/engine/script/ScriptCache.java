package io.holdfast.engine.script;

import io.holdfast.resp.Bytes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The scripts that are known by their SHA-1, compiled when first run. Bounded: the one not used for the longest goes
 * first, and its callers get NOSCRIPT, for which every client library is prepared. Owned by the engine loop.
 */
final class ScriptCache {
    static final int SCRIPTS_MAX = 10_000;
    static final long BYTES_MAX = 64L * 1024 * 1024;

    /** A script and, once it was compiled, its function. */
    static final class Script {
        final Bytes body;
        final String sha;
        /** 0: not compiled. */
        int function;

        @Nullable ScriptHeader header;

        Script(Bytes body) {
            this.body = body;
            this.sha = Sha1.hex(body);
        }
    }

    /** Told of a script that is dropped. */
    interface Listener {
        void dropped(Script script);
    }

    private final Listener listener;
    private final Map<Bytes, Script> byBody = new LinkedHashMap<>(16, 0.75f, true);
    private final Map<String, Script> bySha = new HashMap<>();
    private long bytes;

    ScriptCache(Listener listener) {
        this.listener = listener;
    }

    /** The script with this body; kept from now on. */
    Script of(Bytes body) {
        Script known = byBody.get(body);
        if (known != null) {
            return known;
        }
        var script = new Script(body);
        byBody.put(body, script);
        bySha.put(script.sha, script);
        bytes += body.length();
        Iterator<Script> oldest = byBody.values().iterator();
        while (byBody.size() > 1 && (byBody.size() > SCRIPTS_MAX || bytes > BYTES_MAX)) {
            Script dropped = oldest.next();
            oldest.remove();
            bySha.remove(dropped.sha);
            bytes -= dropped.body.length();
            listener.dropped(dropped);
        }
        return script;
    }

    /** Case does not matter. */
    @Nullable Script find(Bytes sha) {
        Script found = bySha.get(sha.latin1().toLowerCase(java.util.Locale.ROOT));
        return found == null ? null : byBody.get(found.body); // which counts as used
    }

    /** One that has turned out not to compile. */
    void remove(Script script) {
        if (byBody.remove(script.body) != null) {
            bySha.remove(script.sha);
            bytes -= script.body.length();
        }
    }

    /** The bodies of the last used, the last first, up to the first for which there is no room. */
    List<Bytes> recent(int max, long bytesMax) {
        List<Bytes> bodies = new ArrayList<>(byBody.keySet());
        Collections.reverse(bodies);
        long sum = 0;
        int count = 0;
        while (count < Math.min(max, bodies.size()) && sum + bodies.get(count).length() <= bytesMax) {
            sum += bodies.get(count++).length();
        }
        return List.copyOf(bodies.subList(0, count));
    }

    int size() {
        return byBody.size();
    }

    void clear() {
        byBody.values().forEach(listener::dropped);
        byBody.clear();
        bySha.clear();
        bytes = 0;
    }
}
