package io.holdfast.sync.conflict;

import java.util.Locale;

/** Who wins where a key was overwritten here and changed upstream. What commutes is merged under every policy. */
public enum ConflictPolicy {
    /** Removing a collection removes what was seen of it and leaves what others added; the rest as last-write-wins. */
    MERGE,
    /** The later write; where it cannot be known which that was, the one made here. */
    LAST_WRITE_WINS,
    LOCAL_WINS,
    UPSTREAM_WINS,
    /** As last-write-wins, and the loser stays under a key of its own. */
    KEEP_BOTH,
    /** Neither: what is upstream stays, and what was written here waits for a person. */
    PARK;

    /** @throws IllegalArgumentException naming the policies there are */
    public static ConflictPolicy parse(String name) {
        for (ConflictPolicy policy : values()) {
            if (policy.toString().equals(name.toLowerCase(Locale.ROOT))) {
                return policy;
            }
        }
        throw new IllegalArgumentException("a conflict policy is merge, last-write-wins, local-wins, upstream-wins,"
                + " keep-both or park, not '" + name + "'");
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
