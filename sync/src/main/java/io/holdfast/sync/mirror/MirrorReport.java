package io.holdfast.sync.mirror;

import java.util.List;

/**
 * The warm copy at one moment.
 *
 * @param hearing whether the upstream tells which pinned keys change
 * @param heardMs until when every such change has been heard of, Unix milliseconds; 0: never
 * @param hearingTouched whether the upstream tells which of the keys that clients touch change
 * @param deaf why it does not; empty where nobody said
 * @param keys in memory or storage, with what was written here
 * @param followed those of them whose changes by others the upstream would tell
 * @param inDoubt those of them that the upstream may have another value of
 * @param bytes that the values take, roughly; of those in storage what they would take
 * @param keysMax beyond which no new key of a database is copied
 * @param underWay keys that are being read
 * @param waiting pinned or changed keys that wait for it
 * @param lacking pinned keys that the upstream may have and whose copy is missing or in doubt
 */
public record MirrorReport(
        MirrorMode mode,
        boolean hearing,
        long heardMs,
        boolean hearingTouched,
        String deaf,
        long keys,
        long followed,
        long inDoubt,
        long bytes,
        int keysMax,
        int underWay,
        int waiting,
        int lacking,
        List<Pattern> pins) {
    /**
     * A pinned pattern.
     *
     * @param complete whether a key that matches and is not here is not upstream either
     * @param keys here that match
     * @param sinceMs since when it is complete, or is not, Unix milliseconds
     * @param why it is not complete; empty where it is
     */
    public record Pattern(String glob, boolean complete, long keys, long sinceMs, String why) {}
}
