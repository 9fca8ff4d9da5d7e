package io.holdfast.sync.conflict;

import io.holdfast.engine.command.Effect;
import io.holdfast.engine.exec.Journal;
import io.holdfast.engine.keyspace.Watches.Watched;
import io.holdfast.resp.Bytes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Brings back what has ended upstream and was changed here before it was to end here: it may have been given more time, and what
 * was added to it is nothing without the rest. When it ends is in the journal, behind what was changed. For one batch.
 *
 * <pre>
 *   upstream   counter 100, to end at 12:00 ────────────────── ended
 *   here       INCR 11:59 · EXPIRE to 12:30                          ──► SET 100 · INCR · PEXPIREAT 12:30
 *   here       INCR 11:59 ······················ ended at 12:00      ──► SET 100 · INCR · PEXPIREAT 12:00: ends
 * </pre>
 */
final class Revival {
    private final Map<Watched, Base> bases;
    private final long nowMs;
    private final long resentTo;
    private final Set<Watched> ended = new HashSet<>();

    /** @param resentTo entries up to this one may belong to an outage that is over: nothing is brought back for them */
    Revival(Map<Watched, Base> bases, long nowMs, long resentTo) {
        this.bases = bases;
        this.nowMs = nowMs;
        this.resentTo = resentTo;
    }

    /** These have ended upstream. */
    void of(Set<Watched> keys) {
        ended.addAll(keys);
    }

    boolean isEmpty() {
        return ended.isEmpty();
    }

    /** Those of which no entry has come yet. */
    Set<Watched> left() {
        return ended;
    }

    /**
     * What is sent of {@code entry}, behind what it needs.
     *
     * @param decided null: as it is
     * @return likewise
     */
    @Nullable Resolution before(Journal.Entry entry, @Nullable Resolution decided) {
        if (ended.isEmpty() || entry.sequence() <= resentTo) {
            return decided;
        }
        Resolution plain = decided == null ? Resolution.asItIs(entry) : decided;
        List<Resolution.Part> parts = new ArrayList<>();
        for (Resolution.Part part : plain.parts()) {
            bringBack(part, parts);
            parts.add(part);
        }
        return parts.size() == plain.parts().size() ? decided : new Resolution(parts);
    }

    private void bringBack(Resolution.Part part, List<Resolution.Part> into) {
        List<Bytes> command = part.effect().command();
        if (command.size() < 2) {
            return;
        }
        var key = new Watched(part.effect().db(), command.get(isOfGroup(command) ? 2 : 1));
        Base base = ended.remove(key) ? bases.get(key) : null;
        if (base == null || replacesAll(command)) {
            return;
        }
        long endsMs = base.expiresAtMs() >= nowMs ? base.expiresAtMs() : nowMs + ConflictCheck.GRACE_MS;
        for (Effect effect : base.back(key.key(), endsMs)) {
            into.add(new Resolution.Part(part.effectIndex(), effect));
        }
    }

    /** {@code XGROUP CREATE key …}. */
    private static boolean isOfGroup(List<Bytes> command) {
        return command.size() > 2 && command.get(0).equalsIgnoreCase("XGROUP");
    }

    /** Whether nothing is left of what was there, and of when it was to end. */
    private static boolean replacesAll(List<Bytes> command) {
        return switch (Merge.of(command)) {
            case KEYS, STRINGS -> true;
            case STRING -> command.get(0).equalsIgnoreCase("SET") && !Merge.keepsEnd(command);
            default -> false;
        };
    }
}
