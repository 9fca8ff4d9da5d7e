package io.holdfast.sync.journal;

import io.holdfast.resp.Bytes;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Something that was written here and changed upstream, and what was decided.
 *
 * @param sequence of the entry
 * @param effectIndex the place of the effect in the entry, from 0
 * @param decidedMs when it was decided, Unix milliseconds
 * @param writtenMs when it was written here, Unix milliseconds
 * @param touchedMs since when nobody has touched the key upstream, or when another node of Holdfast wrote it, Unix milliseconds;
 *     0 where neither could be known
 * @param key which key
 * @param part which of its fields or members; null for the whole key
 * @param policy what was to be followed
 * @param winner what the upstream holds now
 * @param base what it was when the outage began; null when it was not there, or more than one value
 * @param local the command that writes what was written here
 * @param upstream the command that writes what was upstream; empty when nothing was, or it stands there yet
 * @param upstreamNode the id of the other node of Holdfast that wrote what was upstream, by its stamp; null when somebody else
 *     did, or it cannot be known
 * @param localClient who wrote it here: the user, where from, and the client's name; null of entries that do not tell
 */
public record Conflict(
        long sequence,
        int effectIndex,
        long decidedMs,
        long writtenMs,
        long touchedMs,
        int db,
        Bytes key,
        @Nullable Bytes part,
        String policy,
        Winner winner,
        @Nullable Bytes base,
        List<Bytes> local,
        List<Bytes> upstream,
        @Nullable String upstreamNode,
        @Nullable String localClient) {
    /** What became of the two. */
    public enum Winner {
        /** What was written here; {@link Conflict#upstream} would bring the other back. */
        LOCAL("local"),
        /** What others wrote; {@link Conflict#local} would put ours in its place. */
        UPSTREAM("upstream"),
        /** Ours, and the other stands beside it under a key of its own. */
        LOCAL_AND_COPY("local, upstream's is kept beside it"),
        /** The other, and ours stands beside it. */
        UPSTREAM_AND_COPY("upstream, the local one is kept beside it"),
        /** What others wrote, until a person decides. */
        PARKED("nobody yet"),
        /** Others had taken the element already that was taken here as well. */
        BOTH_TOOK("both: it was delivered twice");

        private final String words;

        Winner(String words) {
            this.words = words;
        }

        /** Whether the upstream holds what was written here. */
        boolean isOurs() {
            return this == LOCAL || this == LOCAL_AND_COPY;
        }

        /** Whether what was written here was not sent under its own key. */
        boolean withholds() {
            return this == UPSTREAM || this == UPSTREAM_AND_COPY || this == PARKED;
        }

        /** For people. */
        public String words() {
            return words;
        }
    }
}
