package io.holdfast.proxy.admin;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.rule.GlobPattern;
import io.holdfast.resp.Bytes;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which of many are meant: {@code FROM}, {@code COUNT}, {@code MATCH}, {@code TYPE} and {@code STATE} of a request. Immutable.
 *
 * @param from the smallest number
 * @param count most of them; as many as there are where it is not said
 * @param match what the key is like; null: any, or none
 * @param type the command's name; null: any
 * @param state a word; null where it is not said
 */
record Selection(
        long from,
        long count,
        @Nullable GlobPattern match,
        @Nullable Bytes type,
        @Nullable Bytes state) {
    /** Listed where COUNT says nothing. */
    private static final int LISTED_MAX = 100;
    /** Everything. */
    static final Selection ALL = new Selection(0, Long.MAX_VALUE, null, null, null);

    /**
     * Reads the options from argument {@code at} on, each a word and a value.
     *
     * @param allowed the words that this command takes
     */
    static Selection of(CommandContext c, int at, Set<String> allowed) {
        Selection chosen = ALL;
        for (int i = at; i < c.argc(); i += 2) {
            if (i + 1 == c.argc()) {
                throw RedisError.syntax();
            }
            chosen = chosen.with(c, i, allowed);
        }
        return chosen;
    }

    /** How many to list at most. */
    long listed() {
        return count == Long.MAX_VALUE ? LISTED_MAX : count;
    }

    private Selection with(CommandContext c, int i, Set<String> allowed) {
        Bytes value = c.arg(i + 1);
        if (is(c, i, "FROM", allowed)) {
            return new Selection(c.longArg(i + 1, 0, Long.MAX_VALUE), count, match, type, state);
        } else if (is(c, i, "COUNT", allowed)) {
            return new Selection(from, c.longArg(i + 1, 1, Long.MAX_VALUE), match, type, state);
        } else if (is(c, i, "MATCH", allowed)) {
            return new Selection(from, count, GlobPattern.of(value), type, state);
        } else if (is(c, i, "TYPE", allowed)) {
            return new Selection(from, count, match, value, state);
        } else if (is(c, i, "STATE", allowed)) {
            return new Selection(from, count, match, type, value);
        }
        throw RedisError.syntax();
    }

    private static boolean is(CommandContext c, int i, String word, Set<String> allowed) {
        return c.argIs(i, word) && allowed.contains(word);
    }

    /** Whether it is one of those that are meant, by its key and its command. */
    boolean takes(@Nullable Bytes key, Bytes command) {
        return (match == null || (key != null && match.matches(key)))
                && (type == null || type.equalsIgnoreCase(command.latin1()));
    }
}
