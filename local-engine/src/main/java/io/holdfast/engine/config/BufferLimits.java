package io.holdfast.engine.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * How much may wait for a client that does not read (client-output-buffer-limit), by its class. Immutable.
 *
 * @param normal of clients that are answered
 * @param replica of replicas, which there are none of
 * @param pubSub of clients that have subscribed
 */
public record BufferLimits(Limit normal, Limit replica, Limit pubSub) {
    /**
     * The limit of one class; 0: none.
     *
     * @param hardBytes beyond them the client is cut off at once
     * @param softBytes beyond them for {@code softSeconds} it is cut off, too
     */
    public record Limit(long hardBytes, long softBytes, long softSeconds) {
        @Override
        public String toString() {
            return hardBytes + " " + softBytes + " " + softSeconds;
        }
    }

    /** The contract's numbers; Redis's own let a client that does not read take everything. */
    public static final BufferLimits DEFAULT = new BufferLimits(
            new Limit(64L << 20, 16L << 20, 10),
            new Limit(256L << 20, 64L << 20, 60),
            new Limit(32L << 20, 8L << 20, 60));

    /** @throws IllegalArgumentException in Redis's words */
    public static BufferLimits parse(String text) {
        return DEFAULT.with(text);
    }

    /** The limits of the classes that {@code text} names, the others as they are. @throws IllegalArgumentException in Redis's words */
    BufferLimits with(String text) {
        String[] words = text.trim().split("\\s+", -1);
        if (words.length % 4 != 0) {
            throw new IllegalArgumentException("Wrong number of arguments in buffer limit configuration.");
        }
        Limit[] limits = {normal, replica, pubSub};
        for (int i = 0; i < words.length; i += 4) {
            limits[classOf(words[i])] = limit(words[i + 1], words[i + 2], words[i + 3]);
        }
        return new BufferLimits(limits[0], limits[1], limits[2]);
    }

    private static int classOf(String word) {
        return switch (word.toLowerCase(Locale.ROOT)) {
            case "normal" -> 0;
            case "slave", "replica" -> 1;
            case "pubsub" -> 2;
            default ->
                throw new IllegalArgumentException("Invalid client class specified in buffer limit configuration.");
        };
    }

    private static Limit limit(String hard, String soft, String seconds) {
        try {
            return new Limit(Setting.parseBytes(hard), Setting.parseBytes(soft), Long.parseUnsignedLong(seconds));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "Error in hard, soft or soft_seconds setting in buffer limit configuration.", e);
        }
    }

    /** As redis.conf has it. */
    @Override
    public String toString() {
        List<String> words = new ArrayList<>(List.of("normal " + normal, "slave " + replica, "pubsub " + pubSub));
        return String.join(" ", words);
    }
}
