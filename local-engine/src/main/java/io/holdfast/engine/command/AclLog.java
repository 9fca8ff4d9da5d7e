package io.holdfast.engine.command;

import io.holdfast.resp.Bytes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What was refused lately, newest first; what happens again within a minute is counted. Owned by the engine loop. */
public final class AclLog {
    private static final long SAME_WITHIN_MS = 60_000;
    private static final int COMPARED_MAX = 10;

    /** Where the refused command stood. */
    public enum Context {
        TOPLEVEL,
        MULTI,
        LUA;

        /** As ACL LOG prints it. */
        public String redisName() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** One refusal, or several of the same. Times are Unix milliseconds. */
    public record Entry(
            long id,
            long count,
            AclDenial.Reason reason,
            Context context,
            Bytes object,
            Bytes user,
            String client,
            long firstMs,
            long lastMs) {
        private boolean isSame(AclDenial.Reason why, Context where, Bytes what, Bytes who, long nowMs) {
            return reason == why
                    && context == where
                    && object.equals(what)
                    && user.equals(who)
                    && Math.abs(nowMs - lastMs) <= SAME_WITHIN_MS;
        }
    }

    private final List<Entry> entries = new ArrayList<>();
    private final Map<AclDenial.Reason, Long> counts = new EnumMap<>(AclDenial.Reason.class);
    private int max = 128;
    private long nextId;

    /** @param client one line that describes it, as CLIENT INFO does */
    void add(AclDenial.Reason reason, Context context, Bytes object, Bytes user, String client, long nowMs) {
        counts.merge(reason, 1L, Long::sum);
        for (int i = 0; i < Math.min(COMPARED_MAX, entries.size()); i++) {
            Entry known = entries.get(i);
            if (known.isSame(reason, context, object, user, nowMs)) {
                entries.remove(i);
                entries.add(
                        0,
                        new Entry(
                                known.id,
                                known.count + 1,
                                reason,
                                context,
                                object,
                                user,
                                client,
                                known.firstMs,
                                nowMs));
                return;
            }
        }
        entries.add(0, new Entry(nextId++, 1, reason, context, object, user, client, nowMs, nowMs));
        trim();
    }

    public List<Entry> entries() {
        return Collections.unmodifiableList(entries);
    }

    public void clear() {
        entries.clear();
    }

    /** How often something was refused for this reason, since the start. */
    public long count(AclDenial.Reason reason) {
        return counts.getOrDefault(reason, 0L);
    }

    public int max() {
        return max;
    }

    /** How many entries are kept (acllog-max-len). */
    public void max(int entriesMax) {
        max = entriesMax;
        trim();
    }

    private void trim() {
        if (entries.size() > max) {
            entries.subList(max, entries.size()).clear();
        }
    }
}
