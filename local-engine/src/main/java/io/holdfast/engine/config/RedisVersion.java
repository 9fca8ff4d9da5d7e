package io.holdfast.engine.config;

import java.util.Comparator;

/**
 * The Redis version that the engine reports and follows where versions differ: the upstream's, or 7.2.4 alone.
 */
public record RedisVersion(int major, int minor, int patch) implements Comparable<RedisVersion> {
    public static final RedisVersion STANDALONE = new RedisVersion(7, 2, 4);

    /** Reads {@code 7.0.15}. @throws IllegalArgumentException when {@code text} is not like it */
    public static RedisVersion parse(String text) {
        String[] parts = text.trim().split("\\.", -1);
        try {
            return new RedisVersion(
                    Integer.parseInt(parts[0]),
                    parts.length > 1 ? Integer.parseInt(parts[1]) : 0,
                    parts.length > 2 ? Integer.parseInt(parts[2]) : 0);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("not a Redis version (like 7.2.4): " + text, e);
        }
    }

    public boolean atLeast(int wantedMajor, int wantedMinor) {
        return major > wantedMajor || (major == wantedMajor && minor >= wantedMinor);
    }

    /** Of the RDB format that it writes; it reads all earlier ones. */
    public int rdbVersion() {
        if (atLeast(7, 4)) {
            return 12;
        }
        if (atLeast(7, 2)) {
            return 11;
        }
        return atLeast(7, 0) ? 10 : 9;
    }

    @Override
    public int compareTo(RedisVersion other) {
        return Comparator.comparingInt(RedisVersion::major)
                .thenComparingInt(RedisVersion::minor)
                .thenComparingInt(RedisVersion::patch)
                .compare(this, other);
    }

    @Override
    public String toString() {
        return major + "." + minor + "." + patch;
    }
}
