package io.holdfast.proxy.config;

/**
 * Where a value comes from; of two, the one with the later source counts. Immutable.
 *
 * @param place {@code holdfast.json:3}, the name of an environment variable, a flag
 */
public record Origin(Source source, String place) implements Comparable<Origin> {
    /** From the weakest to the strongest. */
    public enum Source {
        DEFAULT,
        FILE,
        /** A name that other programs read too: what is meant for Holdfast alone goes before it. */
        SHARED_ENVIRONMENT,
        ENVIRONMENT,
        FLAG,
        /** Changed while it runs. */
        RUNNING
    }

    static final Origin DEFAULT = new Origin(Source.DEFAULT, "default");

    static Origin file(String file, int line) {
        return new Origin(Source.FILE, file + ":" + line);
    }

    /** How a message about {@code key} that was given here begins. */
    String of(String key) {
        return switch (source) {
            case DEFAULT -> key;
            case FILE -> place + ": " + key;
            case SHARED_ENVIRONMENT, ENVIRONMENT, FLAG, RUNNING -> place + " (" + key + ")";
        };
    }

    @Override
    public int compareTo(Origin other) {
        return source.compareTo(other.source);
    }

    @Override
    public String toString() {
        return place;
    }
}
