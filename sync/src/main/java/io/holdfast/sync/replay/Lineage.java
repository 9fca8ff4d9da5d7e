package io.holdfast.sync.replay;

import io.holdfast.resp.Reply;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which history of writes an upstream's data belongs to, as INFO replication says. A replica that is promoted begins a history of
 * its own and says of which one it has the beginning. Immutable.
 *
 * <pre>
 *   known      ──────────●──────────────────►     ● our cursor was first written
 *   promoted   ──────────●────┬ ─ ─ ─ ─ ─ ─ ►     the same history
 *   promoted   ───────┬ ─ ─ ─ ─ ─ ─ ─ ─ ─ ─ ►     it was behind: it never had the cursor
 * </pre>
 *
 * @param id of the history; empty where that is not said
 * @param offset how far it has got
 * @param formerId of the history whose beginning it has; empty where there is none
 * @param formerEnd the first offset that it does not have of that
 */
record Lineage(String id, long offset, String formerId, long formerEnd) {
    static final Lineage UNKNOWN = new Lineage("", 0, "", 0);

    private static final Pattern ID = Pattern.compile("(?m)^master_replid:([0-9a-f]{40})");
    private static final Pattern OFFSET = Pattern.compile("(?m)^master_repl_offset:(\\d{1,18})");
    private static final Pattern FORMER_ID = Pattern.compile("(?m)^master_replid2:([0-9a-f]{40})");
    private static final Pattern FORMER_END = Pattern.compile("(?m)^second_repl_offset:(\\d{1,18})");
    /** What a master that was never a replica says. */
    private static final String NO_HISTORY = "0".repeat(40);
    /** An offset before every other: our cursor was there when the history began. */
    private static final long ALWAYS = -1;

    /** How an upstream's data is akin to what this node claimed its cursor in. */
    enum Kinship {
        /** It is the process that was seen last. */
        SAME_PROCESS,
        /** It has what that had when our cursor was first written, and may lack what came later. */
        SAME_HISTORY,
        /** It is the same history, from before our cursor was first written. */
        BEFORE_CLAIM,
        /** Nothing says so. */
        STRANGER
    }

    /** What INFO replication says; where it is refused or says nothing, {@link #UNKNOWN}. */
    static Lineage of(Reply info) {
        String text = info instanceof Reply.Bulk bulk ? bulk.value().latin1() : "";
        Optional<String> id = find(ID, text);
        return id.isEmpty()
                ? UNKNOWN
                : new Lineage(
                        id.get(),
                        find(OFFSET, text).map(Long::valueOf).orElse(0L),
                        find(FORMER_ID, text)
                                .filter(former -> !former.equals(NO_HISTORY))
                                .orElse(""),
                        find(FORMER_END, text).map(Long::valueOf).orElse(0L));
    }

    private static Optional<String> find(Pattern pattern, String text) {
        Matcher found = pattern.matcher(text);
        return found.find() ? Optional.of(found.group(1)) : Optional.empty();
    }

    /** @param remembered what {@link #claimed} gave; nothing where it never did */
    Kinship to(Optional<String> remembered) {
        if (remembered.isEmpty() || id.isEmpty()) {
            return Kinship.STRANGER;
        }
        String[] words = remembered.get().split(" ", -1);
        if (id.equals(words[0])) {
            return Kinship.SAME_HISTORY;
        }
        if (!formerId.equals(words[0])) {
            return Kinship.STRANGER;
        }
        // The cursor was written behind the offset that was noted for it.
        return formerEnd - 1 <= Long.parseLong(words[1]) ? Kinship.BEFORE_CLAIM : Kinship.SAME_HISTORY;
    }

    /**
     * What to remember once the cursor is claimed here.
     *
     * @param hadCursor whether it was here before
     */
    Optional<String> claimed(Optional<String> remembered, boolean hadCursor) {
        if (id.isEmpty()
                || remembered.filter(known -> known.startsWith(id + " ")).isPresent()) {
            return remembered;
        }
        return Optional.of(id + " " + (hadCursor ? ALWAYS : offset));
    }
}
