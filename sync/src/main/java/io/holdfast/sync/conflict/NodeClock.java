package io.holdfast.sync.conflict;

import io.holdfast.engine.exec.Journal;
import io.holdfast.sync.journal.Settings;
import java.util.Map;
import java.util.TreeMap;

/**
 * Stamps this node's entries so that they come behind every write of other nodes that it had seen before, also where their clocks
 * are ahead. Lives on the replay thread.
 */
public final class NodeClock {
    /** In {@code sync.db}: "sequence ms count node;…". */
    private static final String SETTING = "replay.stamps-seen";
    /** Beyond it the oldest is taken for the next: its entries come later than they were. */
    private static final int SEEN_MAX = 64;

    private final String node;
    private final Settings settings;
    /** The latest stamp that was known, by the last entry that was written before that. */
    private final TreeMap<Long, Stamp> seen = new TreeMap<>();

    /** @param node names this one */
    public NodeClock(String node, Settings settings) {
        this.node = node;
        this.settings = settings;
        settings.get(SETTING).ifPresent(this::read);
    }

    private void read(String all) {
        for (String each : all.split(";", -1)) {
            String[] words = each.split(" ", -1);
            long count = Long.parseLong(words[2]);
            seen.put(Long.parseLong(words[0]), new Stamp(Long.parseLong(words[1]), count, words[3]));
        }
    }

    Stamp of(Journal.Entry entry) {
        Map.Entry<Long, Stamp> before = seen.lowerEntry(entry.sequence());
        if (before == null || entry.timeMs() > before.getValue().ms()) {
            return new Stamp(entry.timeMs(), 0, node);
        }
        Stamp known = before.getValue();
        return new Stamp(known.ms(), known.count() + entry.sequence() - before.getKey(), node);
    }

    /**
     * A stamp is upstream, of another node or of this one before its clock was set back. Durable when it returns.
     *
     * @param behind the last entry that was written before that was known
     * @param confirmed entries up to here are never stamped again
     */
    public void saw(Stamp other, long behind, long confirmed) {
        Map.Entry<Long, Stamp> last = seen.lastEntry();
        if (last != null && last.getValue().compareTo(other) >= 0) {
            return;
        }
        seen.put(behind, other);
        while (seen.size() > 1 && (seen.size() > SEEN_MAX || seen.higherKey(seen.firstKey()) <= confirmed)) {
            seen.pollFirstEntry();
        }
        var all = new StringBuilder();
        seen.forEach((sequence, stamp) -> all.append(all.isEmpty() ? "" : ";")
                .append(sequence)
                .append(' ')
                .append(stamp));
        settings.put(SETTING, all.toString());
    }
}
