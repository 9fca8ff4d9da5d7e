package io.holdfast.engine.family;

import static io.holdfast.engine.command.Arity.atLeast;
import static io.holdfast.engine.command.Arity.exactly;
import static io.holdfast.engine.command.KeyFlag.ACCESS;
import static io.holdfast.engine.command.KeyFlag.DELETE;
import static io.holdfast.engine.command.KeyFlag.RO;
import static io.holdfast.engine.command.KeyFlag.RW;
import static io.holdfast.engine.command.KeyFlag.UPDATE;
import static io.holdfast.engine.command.KeySpec.countedKeys;
import static io.holdfast.engine.command.KeySpec.key;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.CommandFamily;
import io.holdfast.engine.command.CommandGroup;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.Flag;
import io.holdfast.engine.command.KeyEvent;
import io.holdfast.engine.command.MirrorRule;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.family.ZaddOptions.Option;
import io.holdfast.engine.rule.DoubleStyle;
import io.holdfast.engine.rule.RedisDouble;
import io.holdfast.engine.rule.ScanCursor;
import io.holdfast.engine.value.Encoding;
import io.holdfast.engine.value.ScoredMember;
import io.holdfast.engine.value.SortedSetValue;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Sorted sets: members, scores and ranks. {@link SortedSetRangeCommands} and {@link SortedSetAlgebra} have the rest. */
public final class SortedSetCommands implements CommandFamily {
    /** A listpack holds whole scores up to this, and from its negative on, as integers (double2ll): half of what 64 bits hold. */
    private static final double LISTPACK_INTEGERS_MAX = 0x1p62;

    private static final Bytes ZADD = Bytes.of("ZADD");
    private static final Bytes ZREM = Bytes.of("ZREM");
    private static final Bytes ZINCRBY = Bytes.of("ZINCRBY");

    /** The reply is the member's new score, or nothing where a condition left it as it was. */
    private static final MirrorRule NEW_SCORE = (args, reply) -> {
        if (reply instanceof Reply.Null) {
            return List.of();
        }
        Bytes score =
                reply instanceof Reply.Real real ? real.text() : reply instanceof Reply.Bulk bulk ? bulk.value() : null;
        return score == null ? null : List.of(new Bytes[][] {{ZADD, args[1], score, args[args.length - 1]}});
    };

    /** With INCR the reply tells; otherwise ZADD sets what it says, however often it runs. */
    private static final MirrorRule ZADD_RULE =
            (args, reply) -> reply instanceof Reply.Int ? List.<Bytes[]>of(args) : NEW_SCORE.effects(args, reply);

    @Override
    public void declare(CommandTable.Builder commands) {
        commands.group(CommandGroup.SORTED_SET);
        declareScores(commands);
        declareReads(commands);
        declarePops(commands);
    }

    private static void declareScores(CommandTable.Builder commands) {
        commands.write("ZADD", atLeast(4), key(1, RW, UPDATE))
                .denyOom()
                .fast()
                .absorbUnless(2, "INCR")
                .absoluteWhere(args -> !Double.isNaN(RedisDouble.parse(args[2])))
                .mirrors(ZADD_RULE)
                .since("1.2.0")
                .costs("O(log(N)) for each member, with the size of the sorted set")
                .says("Adds members with scores to a sorted set, or changes their scores.")
                .calls(c -> zadd(c, false));
        commands.write("ZINCRBY", exactly(4), key(1, RW, ACCESS, UPDATE))
                .denyOom()
                .fast()
                .mirrors(NEW_SCORE)
                .since("1.2.0")
                .costs("O(log(N)) with the size of the sorted set")
                .says("Adds to a member's score.")
                .calls(c -> zadd(c, true));
        commands.write("ZREM", atLeast(3), key(1, RW, DELETE))
                .fast()
                .absorb()
                .absolute()
                .since("1.2.0")
                .costs("O(log(N)) for each member, with the size of the sorted set")
                .says("Removes members from a sorted set.")
                .calls(SortedSetCommands::zrem);
    }

    private static void declareReads(CommandTable.Builder commands) {
        commands.read("ZSCORE", exactly(3), key(1, RO, ACCESS))
                .fast()
                .since("1.2.0")
                .costs("O(1)")
                .says("Gives a member's score.")
                .calls(SortedSetCommands::zscore);
        commands.read("ZMSCORE", atLeast(3), key(1, RO, ACCESS))
                .fast()
                .since("6.2.0")
                .costs("O(N) with the number of members given")
                .says("Gives the scores of several members.")
                .calls(SortedSetCommands::zmscore);
        commands.read("ZCARD", exactly(2), key(1, RO))
                .fast()
                .since("1.2.0")
                .costs("O(1)")
                .says("Gives the number of members of a sorted set.")
                .calls(SortedSetCommands::zcard);
        commands.read("ZRANK", atLeast(3), key(1, RO, ACCESS))
                .arityBefore72(exactly(3))
                .fast()
                .since("2.0.0")
                .costs("O(log(N)) with the size of the sorted set")
                .says("Says how many members have a lower score than a member.")
                .calls(c -> zrank(c, false));
        commands.read("ZREVRANK", atLeast(3), key(1, RO, ACCESS))
                .arityBefore72(exactly(3))
                .fast()
                .since("2.0.0")
                .costs("O(log(N)) with the size of the sorted set")
                .says("Says how many members have a higher score than a member.")
                .calls(c -> zrank(c, true));
        commands.read("ZRANDMEMBER", atLeast(2), key(1, RO, ACCESS))
                .since("6.2.0")
                .tip("nondeterministic_output")
                .costs("O(N) with the number of members given")
                .says("Gives random members of a sorted set, which keeps them.")
                .calls(SortedSetCommands::zrandmember);
        commands.read("ZSCAN", atLeast(3), key(1, RO, ACCESS))
                .since("2.8.0")
                .tip("nondeterministic_output")
                .costs("O(1) a call, O(N) for the whole sorted set")
                .says("Gives some members of a sorted set, and the cursor that gives the next ones.")
                .scans(2)
                .calls(SortedSetCommands::zscan);
    }

    private static void declarePops(CommandTable.Builder commands) {
        commands.write("ZPOPMIN", atLeast(2), key(1, RW, ACCESS, DELETE))
                .fast()
                .since("5.0.0")
                .costs("O(log(N)*M) with the size of the sorted set and the number of members taken")
                .says("Takes the members with the lowest scores out of a sorted set.")
                .calls(c -> zpop(c, End.MIN));
        commands.write("ZPOPMAX", atLeast(2), key(1, RW, ACCESS, DELETE))
                .fast()
                .since("5.0.0")
                .costs("O(log(N)*M) with the size of the sorted set and the number of members taken")
                .says("Takes the members with the highest scores out of a sorted set.")
                .calls(c -> zpop(c, End.MAX));
        commands.write("ZMPOP", atLeast(4), countedKeys(1, RW, ACCESS, DELETE))
                .flag(Flag.MOVABLEKEYS)
                .since("7.0.0")
                .costs("O(K) + O(log(N)*M) with the numbers of keys, of members and of members taken")
                .says("Takes members out of the first of several sorted sets that is there.")
                .calls(SortedSetCommands::zmpop);
    }

    // ---- scores

    private static Reply zadd(CommandContext c, boolean increment) {
        var options = ZaddOptions.parse(c, increment);
        double[] scores = new double[(c.argc() - options.pairsFrom()) / 2];
        for (int i = 0; i < scores.length; i++) {
            scores[i] = c.doubleArg(options.pairsFrom() + 2 * i);
        }
        Bytes key = c.arg(1);
        SortedSetValue sorted = options.has(Option.XX)
                ? c.change(key, SortedSetValue.class)
                : c.changeOrCreate(key, SortedSetValue.class, () -> fresh(c));
        if (sorted == null) {
            return options.has(Option.INCR) ? Reply.Null.BULK : Reply.ZERO;
        }
        return options.has(Option.INCR) ? increment(c, sorted, options, scores[0]) : addAll(c, sorted, options, scores);
    }

    private static Reply addAll(CommandContext c, SortedSetValue sorted, ZaddOptions options, double[] scores) {
        int added = 0;
        List<Bytes> changed = new ArrayList<>();
        for (int i = 0; i < scores.length; i++) {
            Bytes member = c.arg(options.pairsFrom() + 2 * i + 1);
            double before = sorted.score(member);
            if (before != scores[i] && options.allow(before, scores[i])) {
                added += sorted.put(member, scores[i]) ? 1 : 0;
                changed.add(exact(scores[i]));
                changed.add(member);
            }
        }
        if (!changed.isEmpty()) {
            c.changed(c.arg(1), KeyEvent.ZADD);
            c.effect(ZADD, c.arg(1), changed);
        }
        return Reply.of(options.has(Option.CH) ? changed.size() / 2 : added);
    }

    private static Reply increment(CommandContext c, SortedSetValue sorted, ZaddOptions options, double by) {
        Bytes member = c.arg(options.pairsFrom() + 1);
        double before = sorted.score(member);
        double after = Double.isNaN(before) ? by : before + by;
        if (Double.isNaN(after) && !options.has(Option.NX)) {
            throw RedisError.scoreNan(); // only a member that is there has an infinite score to meet the other one
        }
        if (!options.allow(before, after)) {
            return Reply.Null.BULK;
        }
        if (before != after) {
            sorted.put(member, after);
            c.changed(c.arg(1), KeyEvent.ZINCR);
            c.effect(ZINCRBY, c.arg(1), exact(by), member);
        }
        return c.real(after);
    }

    private static Reply zrem(CommandContext c) {
        Bytes key = c.arg(1);
        SortedSetValue sorted = c.change(key, SortedSetValue.class);
        List<Bytes> removed = new ArrayList<>(c.argc() - 2);
        for (int i = 2; i < c.argc() && sorted != null; i++) {
            if (sorted.remove(c.arg(i))) {
                removed.add(c.arg(i));
            }
        }
        return removed(c, key, removed, KeyEvent.ZREM);
    }

    /** Journals the members that were removed, if there are any, and answers how many. */
    static Reply removed(CommandContext c, Bytes key, List<Bytes> members, KeyEvent how) {
        if (!members.isEmpty()) {
            c.changed(key, how);
            c.effect(ZREM, key, members);
        }
        return Reply.of(members.size());
    }

    private static Bytes exact(double score) {
        return RedisDouble.format(score, DoubleStyle.G17);
    }

    static SortedSetValue fresh(CommandContext c) {
        return new SortedSetValue(c.config().encodingLimits());
    }

    static SortedSetValue fresh(CommandContext c, List<ScoredMember> members) {
        return SortedSetValue.of(c.config().encodingLimits(), members);
    }

    // ---- members

    private static Reply zscore(CommandContext c) {
        return score(c, c.read(c.arg(1), SortedSetValue.class), c.arg(2));
    }

    private static Reply zmscore(CommandContext c) {
        SortedSetValue sorted = c.read(c.arg(1), SortedSetValue.class);
        List<Reply> scores = new ArrayList<>(c.argc() - 2);
        for (int i = 2; i < c.argc(); i++) {
            scores.add(score(c, sorted, c.arg(i)));
        }
        return new Reply.Array(scores);
    }

    private static Reply score(CommandContext c, @Nullable SortedSetValue sorted, Bytes member) {
        double score = sorted == null ? Double.NaN : sorted.score(member);
        return Double.isNaN(score) ? Reply.Null.BULK : c.real(score);
    }

    private static Reply zcard(CommandContext c) {
        SortedSetValue sorted = c.read(c.arg(1), SortedSetValue.class);
        return Reply.of(sorted == null ? 0 : sorted.size());
    }

    private static Reply zrank(CommandContext c, boolean reverse) {
        if (c.argc() > 4) {
            throw c.wrongNumberOfArguments();
        }
        boolean withScore = c.argc() == 4;
        if (withScore && !c.argIs(3, "WITHSCORE")) {
            throw RedisError.syntax();
        }
        SortedSetValue sorted = c.read(c.arg(1), SortedSetValue.class);
        int rank = sorted == null ? -1 : sorted.rank(c.arg(2), reverse);
        if (sorted == null || rank < 0) {
            return withScore ? Reply.Null.ARRAY : Reply.Null.BULK;
        }
        return withScore ? Reply.array(Reply.of(rank), c.real(sorted.score(c.arg(2)))) : Reply.of(rank);
    }

    private static Reply zrandmember(CommandContext c) {
        boolean counted = c.argc() > 2;
        boolean withScores = c.argc() > 3;
        long count = counted ? c.longArg(2, -Long.MAX_VALUE, Long.MAX_VALUE) : 1;
        if (c.argc() > 4 || (withScores && !c.argIs(3, "WITHSCORES"))) {
            throw RedisError.syntax();
        }
        if (withScores && Math.abs(count) > Long.MAX_VALUE / 2) {
            throw RedisError.outOfRange();
        }
        SortedSetValue sorted = c.read(c.arg(1), SortedSetValue.class);
        if (sorted == null || count == 0) {
            return counted ? Reply.EMPTY_ARRAY : Reply.Null.BULK;
        }
        var picked = ScoredReply.of(c, withScores);
        for (int i : RandomPicks.of(c.server().keyspaces().random(), (int) sorted.size(), count)) {
            if (!counted) {
                return Reply.bulk(sorted.memberAt(i));
            }
            picked.visit(sorted.memberAt(i), sorted.scoreAt(i));
        }
        return picked.reply();
    }

    private static Reply zscan(CommandContext c) {
        long cursor = ScanCursor.position(c.arg(2));
        SortedSetValue sorted = c.read(c.arg(1), SortedSetValue.class);
        if (sorted == null) {
            return ElementScan.reply(0, List.of());
        }
        var scan = ElementScan.parse(c);
        // Here scores are bulks in both protocols. Redis prints those of a skip list with %.17Lg in every version, and
        // those of a listpack as they stand in it: whole numbers with all their digits.
        boolean listpack = sorted.encoding() == Encoding.LISTPACK;
        DoubleStyle style = listpack ? c.config().doubleStyle() : DoubleStyle.G17;
        List<Reply> found = new ArrayList<>();
        long next = sorted.scan(cursor, scan.count(), (member, score) -> {
            if (scan.shows(member)) {
                found.add(Reply.bulk(member));
                boolean whole = listpack && Math.abs(score) <= LISTPACK_INTEGERS_MAX && score == Math.rint(score);
                found.add(Reply.bulk(whole ? Bytes.of((long) score) : RedisDouble.format(score, style)));
            }
        });
        return ElementScan.reply(next, found);
    }

    // ---- the ends

    /** From which end members are taken. */
    enum End {
        MIN,
        MAX;

        /** @throws RedisError a syntax error when the argument is neither */
        static End parse(CommandContext c, int i) {
            for (End end : values()) {
                if (c.argIs(i, end.name())) {
                    return end;
                }
            }
            throw RedisError.syntax();
        }
    }

    /** ZPOPMIN and ZPOPMAX: a flat array, but pairs where RESP3 asks with a count. */
    private static Reply zpop(CommandContext c, End end) {
        if (c.argc() > 3) {
            throw RedisError.syntax();
        }
        boolean counted = c.argc() == 3;
        long count = counted ? c.longArg(2, 0, RedisError::mustBePositive) : 1;
        SortedSetValue sorted = c.change(c.arg(1), SortedSetValue.class);
        if (sorted == null || count == 0) {
            return Reply.EMPTY_ARRAY;
        }
        var popped = counted ? ScoredReply.of(c, true) : ScoredReply.flat(c);
        pop(c, c.arg(1), sorted, end, count, popped);
        return popped.reply();
    }

    private static Reply zmpop(CommandContext c) {
        Reply popped = ManyPop.parse(c, 1).tryPop(c);
        return popped == null ? Reply.Null.ARRAY : popped;
    }

    /**
     * What ZMPOP and BZMPOP ask for: up to {@code count} members of the first sorted set among the keys from argument
     * {@code from} to {@code to}, exclusive.
     */
    record ManyPop(int from, int to, End end, long count) {
        /** @param numkeysAt the argument that says how many keys follow it */
        static ManyPop parse(CommandContext c, int numkeysAt) {
            long numkeys = c.longArg(numkeysAt, 1, RedisError::numkeysNotPositive);
            if (numkeys > c.argc() - numkeysAt - 2) {
                throw RedisError.syntax();
            }
            int endAt = numkeysAt + 1 + (int) numkeys;
            End end = End.parse(c, endAt);
            long count = 1;
            if (c.argc() > endAt + 1) {
                if (!c.argIs(endAt + 1, "COUNT") || c.argc() == endAt + 2) {
                    throw RedisError.syntax();
                }
                count = c.longArg(endAt + 2, 1, RedisError::countNotPositive);
                if (c.argc() > endAt + 3) {
                    throw RedisError.syntax();
                }
            }
            return new ManyPop(numkeysAt + 1, endAt, end, count);
        }

        /**
         * Name, and pairs of member and score; null where none of the sorted sets is there.
         *
         * @throws RedisError WRONGTYPE
         */
        @Nullable Reply tryPop(CommandContext c) {
            for (int i = from; i < to; i++) {
                Reply popped = tryPop(c, c.arg(i));
                if (popped != null) {
                    return popped;
                }
            }
            return null;
        }

        /** As {@link #tryPop(CommandContext)}, of one sorted set. */
        @Nullable Reply tryPop(CommandContext c, Bytes key) {
            SortedSetValue sorted = c.change(key, SortedSetValue.class);
            if (sorted == null) {
                return null;
            }
            var popped = ScoredReply.pairs(c);
            pop(c, key, sorted, end, count, popped);
            return Reply.array(Reply.bulk(key), popped.reply());
        }
    }

    /** Takes at most {@code count} members out of the sorted set at {@code key}, and journals them. */
    static void pop(
            CommandContext c, Bytes key, SortedSetValue sorted, End end, long count, SortedSetValue.Visitor visitor) {
        List<Bytes> members = new ArrayList<>();
        while (members.size() < count && !sorted.isEmpty()) {
            ScoredMember popped = end == End.MIN ? sorted.popFirst() : sorted.popLast();
            if (popped != null) {
                visitor.visit(popped.member(), popped.score());
                members.add(popped.member());
            }
        }
        removed(c, key, members, end == End.MIN ? KeyEvent.ZPOPMIN : KeyEvent.ZPOPMAX);
    }
}
