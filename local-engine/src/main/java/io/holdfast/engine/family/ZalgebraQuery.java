package io.holdfast.engine.family;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.rule.RedisDouble;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What ZUNION and its kin ask for: of which sources, how weighted and aggregated, and how much of the result. */
final class ZalgebraQuery {
    /** Which options there are. */
    enum Purpose {
        /** WITHSCORES. */
        READ,
        STORE,
        /** LIMIT. */
        COUNT
    }

    /** How the scores of one member are made one. */
    enum Aggregate {
        /** What is no number (inf − inf) counts as 0. */
        SUM,
        MIN,
        MAX;

        /** Not by Math.min and max, which hand on a NaN: Redis passes over it. */
        double of(double before, double next) {
            return switch (this) {
                case SUM -> numberOrZero(before + next);
                case MIN -> next < before ? next : before;
                case MAX -> next > before ? next : before;
            };
        }
    }

    /** A source and the factor of its scores. */
    record Weighted(ScoredSource source, double weight) {
        /** NaN where an infinite score has the weight 0. */
        double weigh(double score) {
            return score * weight;
        }
    }

    private final List<Weighted> sources = new ArrayList<>();
    private Aggregate aggregate = Aggregate.SUM;
    private boolean withScores;
    private long limit = Long.MAX_VALUE;

    private ZalgebraQuery() {}

    /**
     * Reads the number of keys, the keys and the options behind them.
     *
     * @param numkeysAt the argument of the number
     * @param weighs WEIGHTS and AGGREGATE are options
     * @throws RedisError in Redis's order: the number, the types of the keys, the options
     */
    static ZalgebraQuery parse(CommandContext c, int numkeysAt, boolean weighs, Purpose purpose) {
        long numkeys = c.longArg(numkeysAt);
        if (numkeys < 1) {
            throw RedisError.noInputKey(c.spec().fullName());
        }
        int keysAt = numkeysAt + 1;
        if (numkeys > c.argc() - keysAt) {
            throw RedisError.syntax();
        }
        int optionsAt = keysAt + (int) numkeys;
        List<ScoredSource> read = new ArrayList<>();
        for (int i = keysAt; i < optionsAt; i++) {
            read.add(ScoredSource.read(c, c.arg(i)));
        }
        var query = new ZalgebraQuery();
        double[] weights = query.parseOptions(c, optionsAt, read.size(), weighs, purpose);
        for (int i = 0; i < weights.length; i++) {
            query.sources.add(new Weighted(read.get(i), weights[i]));
        }
        return query;
    }

    private double[] parseOptions(CommandContext c, int from, int numkeys, boolean weighs, Purpose purpose) {
        double[] weights = new double[numkeys];
        Arrays.fill(weights, 1);
        int i = from;
        while (i < c.argc()) {
            int left = c.argc() - i;
            if (weighs && left > numkeys && c.argIs(i, "WEIGHTS")) {
                parseWeights(c, i + 1, weights);
                i += 1 + numkeys;
            } else if (weighs && left > 1 && c.argIs(i, "AGGREGATE")) {
                aggregate = aggregate(c, i + 1);
                i += 2;
            } else if (purpose == Purpose.READ && c.argIs(i, "WITHSCORES")) {
                withScores = true;
                i++;
            } else if (purpose == Purpose.COUNT && left > 1 && c.argIs(i, "LIMIT")) {
                long most = c.longArg(i + 1, 0, RedisError::negativeLimit);
                limit = most == 0 ? Long.MAX_VALUE : most;
                i += 2;
            } else {
                throw RedisError.syntax();
            }
        }
        return weights;
    }

    private static void parseWeights(CommandContext c, int from, double[] weights) {
        for (int i = 0; i < weights.length; i++) {
            weights[i] = RedisDouble.parse(c.arg(from + i));
            if (Double.isNaN(weights[i])) {
                throw RedisError.weightNotAFloat();
            }
        }
    }

    private static Aggregate aggregate(CommandContext c, int i) {
        for (Aggregate aggregate : Aggregate.values()) {
            if (c.argIs(i, aggregate.name())) {
                return aggregate;
            }
        }
        throw RedisError.syntax();
    }

    static double numberOrZero(double score) {
        return Double.isNaN(score) ? 0 : score;
    }

    /** In the order of the keys. */
    List<Weighted> sources() {
        return sources;
    }

    Aggregate aggregate() {
        return aggregate;
    }

    boolean withScores() {
        return withScores;
    }

    /** How many members to count at most. */
    long limit() {
        return limit;
    }
}
