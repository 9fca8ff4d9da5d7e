package io.holdfast.engine.family;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.RedisError;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The options of ZADD and ZINCRBY, and the argument at which the pairs of score and member begin. */
record ZaddOptions(Set<Option> chosen, int pairsFrom) {
    enum Option {
        /** Only new members. */
        NX,
        /** Only members that are there. */
        XX,
        /** No score falls. */
        GT,
        /** No score rises. */
        LT,
        /** The reply counts changed scores as well as new members. */
        CH,
        /** The score is added to the one there is. */
        INCR;

        static @Nullable Option at(CommandContext c, int i) {
            for (Option option : values()) {
                if (c.argIs(i, option.name())) {
                    return option;
                }
            }
            return null;
        }
    }

    /**
     * Reads them as Redis does, for ZINCRBY too.
     *
     * @param increment INCR is chosen from the start
     * @throws RedisError a syntax error, or options that exclude one another
     */
    static ZaddOptions parse(CommandContext c, boolean increment) {
        Set<Option> chosen = EnumSet.noneOf(Option.class);
        if (increment) {
            chosen.add(Option.INCR);
        }
        int i = 2;
        while (i < c.argc()) {
            Option option = Option.at(c, i);
            if (option == null) {
                break;
            }
            chosen.add(option);
            i++;
        }
        var options = new ZaddOptions(chosen, i);
        options.check(c.argc() - i);
        return options;
    }

    private void check(int pairArguments) {
        if (pairArguments == 0 || pairArguments % 2 != 0) {
            throw RedisError.syntax();
        }
        if (has(Option.NX) && has(Option.XX)) {
            throw RedisError.xxWithNx();
        }
        boolean directed = has(Option.GT) || has(Option.LT);
        if ((has(Option.NX) && directed) || (has(Option.GT) && has(Option.LT))) {
            throw RedisError.gtLtWithNx();
        }
        if (has(Option.INCR) && pairArguments > 2) {
            throw RedisError.incrWithManyPairs();
        }
    }

    boolean has(Option option) {
        return chosen.contains(option);
    }

    /**
     * Whether a member may get the score {@code after}.
     *
     * @param before NaN where the member is new
     */
    boolean allow(double before, double after) {
        if (Double.isNaN(before)) {
            return !has(Option.XX);
        }
        return !has(Option.NX) && !(has(Option.GT) && after <= before) && !(has(Option.LT) && after >= before);
    }
}
