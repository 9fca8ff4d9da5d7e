package io.holdfast.engine.family;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.rule.IndexRange;
import io.holdfast.engine.rule.LexRange;
import io.holdfast.engine.rule.ScoreRange;
import io.holdfast.engine.value.SortedSetValue;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/** What ZRANGE and its kin ask for: which members, in which direction, with or without scores. */
final class ZrangeQuery {
    /** By what members are chosen. */
    enum By {
        RANK,
        SCORE,
        LEX
    }

    /** The members between two bounds. */
    private interface Members {
        void forEach(SortedSetValue sorted, SortedSetValue.Visitor visitor);
    }

    private static final long NO_LIMIT = -1;

    private @Nullable By by;
    private @Nullable Boolean reverse;
    private boolean withScores;
    private long offset;
    private long limit = NO_LIMIT;
    private ToIntFunction<SortedSetValue> knownSize = sorted -> 0;
    private Members members = (sorted, visitor) -> {};

    private ZrangeQuery() {}

    /**
     * Reads two bounds and the options behind them.
     *
     * @param boundsAt the argument of the first bound
     * @param by null where BYSCORE and BYLEX are options
     * @param reverse null where REV is an option
     * @param stores WITHSCORES is no option
     * @throws RedisError a syntax error or a bad bound, in Redis's order
     */
    static ZrangeQuery parse(
            CommandContext c, int boundsAt, @Nullable By by, @Nullable Boolean reverse, boolean stores) {
        var query = new ZrangeQuery();
        query.by = by;
        query.reverse = reverse;
        query.parseOptions(c, boundsAt + 2, stores);
        query.parseBounds(c, boundsAt);
        return query;
    }

    private void parseOptions(CommandContext c, int from, boolean stores) {
        for (int i = from; i < c.argc(); i++) {
            if (!stores && c.argIs(i, "WITHSCORES")) {
                withScores = true;
            } else if (c.argIs(i, "LIMIT") && i + 2 < c.argc()) {
                offset = c.longArg(++i);
                limit = c.longArg(++i);
            } else if (reverse == null && c.argIs(i, "REV")) {
                reverse = true;
            } else if (by == null && c.argIs(i, "BYLEX")) {
                by = By.LEX;
            } else if (by == null && c.argIs(i, "BYSCORE")) {
                by = By.SCORE;
            } else {
                throw RedisError.syntax();
            }
        }
    }

    private void parseBounds(CommandContext c, int at) {
        By chosenBy = by == null ? By.RANK : by;
        boolean backwards = reverse != null && reverse;
        if (chosenBy == By.RANK && limit != NO_LIMIT) {
            throw RedisError.limitByRank();
        }
        if (chosenBy == By.LEX && withScores) {
            throw RedisError.withScoresByLex();
        }
        int min = backwards ? at + 1 : at; // by score and by name, the greater bound comes first
        int max = backwards ? at : at + 1;
        members = switch (chosenBy) {
            case RANK -> {
                long start = c.longArg(at);
                long stop = c.longArg(at + 1);
                Function<SortedSetValue, IndexRange> range =
                        sorted -> IndexRange.ofElements(start, stop, (int) sorted.size());
                knownSize = sorted -> range.apply(sorted).length();
                yield (sorted, visitor) -> sorted.forEachByRank(range.apply(sorted), backwards, visitor);
            }
            case SCORE -> {
                var range = ScoreRange.parse(c.arg(min), c.arg(max));
                yield (sorted, visitor) -> sorted.forEachByScore(range, backwards, offset, limit, visitor);
            }
            case LEX -> {
                var range = LexRange.parse(c.arg(min), c.arg(max));
                yield (sorted, visitor) -> sorted.forEachByLex(range, backwards, offset, limit, visitor);
            }
        };
    }

    boolean withScores() {
        return withScores;
    }

    /** How many members of {@code sorted} are asked for, where that is known before they are met: by rank. Otherwise 0. */
    int knownSize(SortedSetValue sorted) {
        return knownSize.applyAsInt(sorted);
    }

    void forEach(SortedSetValue sorted, SortedSetValue.Visitor visitor) {
        members.forEach(sorted, visitor);
    }
}
