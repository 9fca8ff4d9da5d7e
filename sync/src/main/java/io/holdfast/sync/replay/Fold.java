package io.holdfast.sync.replay;

import io.holdfast.resp.Bytes;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How effects of one command on one key fold into one that leaves the upstream as all of them would, whatever it holds.
 * What is not in the table is sent as it is. docs/decisions/0013 has the proof of each row.
 */
enum Fold {
    /** What was done to the key before makes no difference. */
    OVERWRITES,
    /** The last counts. */
    EXPIRES,
    /** The sum, of amounts of one sign. */
    SUMS,
    /** Likewise, for each field. */
    SUMS_OF_FIELD,
    /** One behind the other. */
    APPENDS,
    /** Each once. */
    ELEMENTS,
    /** The last value of each field. */
    FIELDS,
    /** The last score of each member. */
    SCORES;

    private static final Map<String, Fold> TABLE = Map.ofEntries(
            Map.entry("SET", OVERWRITES),
            Map.entry("DEL", OVERWRITES),
            Map.entry("PEXPIREAT", EXPIRES),
            Map.entry("PERSIST", EXPIRES),
            Map.entry("INCRBY", SUMS),
            Map.entry("HINCRBY", SUMS_OF_FIELD),
            Map.entry("RPUSH", APPENDS),
            Map.entry("LPUSH", APPENDS),
            Map.entry("SADD", ELEMENTS),
            Map.entry("SREM", ELEMENTS),
            Map.entry("HDEL", ELEMENTS),
            Map.entry("ZREM", ELEMENTS),
            Map.entry("HSET", FIELDS),
            Map.entry("ZADD", SCORES));

    /** What takes out again what another has put in: that need not be put in. Never the other way round. */
    private static final Map<String, String> UNDOES = Map.of("SREM", "SADD", "HDEL", "HSET", "ZREM", "ZADD");

    private static final int DIGITS_MAX = 18;
    private static final Set<String> SCORE_OPTIONS = Set.of("NX", "XX", "GT", "LT", "CH", "INCR");

    /** Null when {@code command} is not in the table in this form, such as SET with KEEPTTL. */
    static @Nullable Fold of(String name, List<Bytes> command) {
        Fold fold = TABLE.get(name);
        return fold != null && fold.takes(name, command) ? fold : null;
    }

    /** The command whose elements {@code name} takes out again; null when there is none. */
    static @Nullable String undoneBy(String name) {
        return UNDOES.get(name);
    }

    private boolean takes(String name, List<Bytes> command) {
        int size = command.size();
        return switch (this) {
            case OVERWRITES ->
                name.equals("DEL")
                        ? size == 2
                        : size == 3 || (size == 5 && command.get(3).equalsIgnoreCase("PXAT"));
            case EXPIRES -> name.equals("PERSIST") ? size == 2 : size == 3 && isInteger(command.get(2));
            case SUMS -> size == 3 && isInteger(command.get(2));
            case SUMS_OF_FIELD -> size == 4 && isInteger(command.get(3));
            case APPENDS, ELEMENTS -> size >= 3;
            case FIELDS -> size >= 4 && size % 2 == 0;
            case SCORES ->
                size >= 4
                        && size % 2 == 0
                        && !SCORE_OPTIONS.contains(command.get(2).latin1().toUpperCase(Locale.ROOT));
        };
    }

    /** Of so many digits that it fits. */
    private static boolean isInteger(Bytes text) {
        int from = !text.isEmpty() && text.at(0) == '-' ? 1 : 0;
        boolean digits = text.length() > from && text.length() - from <= DIGITS_MAX;
        for (int i = from; digits && i < text.length(); i++) {
            digits = text.at(i) >= '0' && text.at(i) <= '9';
        }
        return digits;
    }
}
