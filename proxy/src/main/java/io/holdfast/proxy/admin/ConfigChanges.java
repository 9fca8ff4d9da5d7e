package io.holdfast.proxy.admin;

import java.util.List;

/**
 * What became of a configuration that was read again, or of what somebody asked for. Has no secrets. Immutable.
 *
 * @param changed at once, such as {@code sync.batch_size: 500 -> 100 (holdfast.json:3)}
 * @param needRestart what would be otherwise after a restart, in the same form
 * @param unchanged how many settings are as they were
 * @param warnings what is odd about it
 */
public record ConfigChanges(List<String> changed, List<String> needRestart, int unchanged, List<String> warnings) {
    /** In one line. */
    @Override
    public String toString() {
        return "changed: " + orNothing(changed) + "; needs a restart: " + orNothing(needRestart) + "; unchanged: "
                + unchanged;
    }

    private static String orNothing(List<String> lines) {
        return lines.isEmpty() ? "nothing" : String.join(", ", lines);
    }
}
