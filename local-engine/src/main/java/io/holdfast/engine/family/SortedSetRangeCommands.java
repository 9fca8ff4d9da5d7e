package io.holdfast.engine.family;

import static io.holdfast.engine.command.Arity.atLeast;
import static io.holdfast.engine.command.Arity.exactly;
import static io.holdfast.engine.command.KeyFlag.ACCESS;
import static io.holdfast.engine.command.KeyFlag.DELETE;
import static io.holdfast.engine.command.KeyFlag.OW;
import static io.holdfast.engine.command.KeyFlag.RO;
import static io.holdfast.engine.command.KeyFlag.RW;
import static io.holdfast.engine.command.KeyFlag.UPDATE;
import static io.holdfast.engine.command.KeySpec.key;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.CommandFamily;
import io.holdfast.engine.command.CommandGroup;
import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.KeyEvent;
import io.holdfast.engine.family.ZrangeQuery.By;
import io.holdfast.engine.rule.IndexRange;
import io.holdfast.engine.rule.LexRange;
import io.holdfast.engine.rule.ScoreRange;
import io.holdfast.engine.value.SortedSetValue;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Sorted sets: ranges by rank, by score and by name, to be read, counted, stored or removed. */
public final class SortedSetRangeCommands implements CommandFamily {
    private static final String COSTS = "O(log(N)+M) with the size of the sorted set and the number of members given";

    @Override
    public void declare(CommandTable.Builder commands) {
        commands.group(CommandGroup.SORTED_SET);
        declareReads(commands);
        declareOldReads(commands);
        declareWrites(commands);
    }

    private static void declareReads(CommandTable.Builder commands) {
        commands.read("ZRANGE", atLeast(4), key(1, RO, ACCESS))
                .since("1.2.0")
                .costs(COSTS)
                .says("Gives the members of a range of ranks, scores or names, in either direction.")
                .calls(c -> zrange(c, null, null));
        commands.read("ZCOUNT", exactly(4), key(1, RO, ACCESS))
                .fast()
                .since("2.0.0")
                .costs("O(log(N)) with the size of the sorted set")
                .says("Counts the members in a range of scores.")
                .calls(SortedSetRangeCommands::zcount);
        commands.read("ZLEXCOUNT", exactly(4), key(1, RO, ACCESS))
                .fast()
                .since("2.8.9")
                .costs("O(log(N)) with the size of the sorted set")
                .says("Counts the members in a range of names, where all scores are the same.")
                .calls(SortedSetRangeCommands::zlexcount);
    }

    private static void declareOldReads(CommandTable.Builder commands) {
        oldRange(commands, "ZREVRANGE", By.RANK, true)
                .since("1.2.0")
                .says("Gives the members of a range of ranks, the highest score first.");
        oldRange(commands, "ZRANGEBYSCORE", By.SCORE, false)
                .since("1.0.5")
                .says("Gives the members in a range of scores.");
        oldRange(commands, "ZREVRANGEBYSCORE", By.SCORE, true)
                .since("2.2.0")
                .says("Gives the members in a range of scores, the highest first.");
        oldRange(commands, "ZRANGEBYLEX", By.LEX, false)
                .since("2.8.9")
                .says("Gives the members in a range of names, where all scores are the same.");
        oldRange(commands, "ZREVRANGEBYLEX", By.LEX, true)
                .since("2.8.9")
                .says("Gives the members in a range of names, the last first, where all scores are the same.");
    }

    /** What ZRANGE does with options, these do by their names. */
    private static CommandSpec oldRange(CommandTable.Builder commands, String name, By by, boolean reverse) {
        return commands.read(name, atLeast(4), key(1, RO, ACCESS)).costs(COSTS).calls(c -> zrange(c, by, reverse));
    }

    private static void declareWrites(CommandTable.Builder commands) {
        commands.write("ZRANGESTORE", atLeast(5), key(1, OW, UPDATE), key(2, RO, ACCESS))
                .denyOom()
                .absorb()
                .since("6.2.0")
                .costs("O(log(N)+M) with the size of the sorted set and the number of members stored")
                .says("Stores the members of a range of ranks, scores or names.")
                .calls(SortedSetRangeCommands::zrangestore);
        commands.write("ZREMRANGEBYRANK", exactly(4), key(1, RW, DELETE))
                .absorb()
                .since("2.0.0")
                .costs("O(log(N)+M) with the size of the sorted set and the number of members removed")
                .says("Removes the members of a range of ranks.")
                .calls(SortedSetRangeCommands::zremrangebyrank);
        commands.write("ZREMRANGEBYSCORE", exactly(4), key(1, RW, DELETE))
                .absorb()
                .since("1.2.0")
                .costs("O(log(N)+M) with the size of the sorted set and the number of members removed")
                .says("Removes the members in a range of scores.")
                .calls(SortedSetRangeCommands::zremrangebyscore);
        commands.write("ZREMRANGEBYLEX", exactly(4), key(1, RW, DELETE))
                .absorb()
                .since("2.8.9")
                .costs("O(log(N)+M) with the size of the sorted set and the number of members removed")
                .says("Removes the members in a range of names, where all scores are the same.")
                .calls(SortedSetRangeCommands::zremrangebylex);
    }

    private static Reply zrange(CommandContext c, @Nullable By by, @Nullable Boolean reverse) {
        var query = ZrangeQuery.parse(c, 2, by, reverse, false);
        SortedSetValue sorted = c.read(c.arg(1), SortedSetValue.class);
        if (sorted == null) {
            return Reply.EMPTY_ARRAY;
        }
        var reply = ScoredReply.of(c, query.withScores());
        query.forEach(sorted, reply);
        return reply.reply();
    }

    private static Reply zrangestore(CommandContext c) {
        var query = ZrangeQuery.parse(c, 3, null, null, true);
        SortedSetValue source = c.read(c.arg(2), SortedSetValue.class);
        SortedSetValue result =
                SortedSetValue.ofSize(c.config().encodingLimits(), source == null ? 0 : query.knownSize(source));
        if (source != null) {
            query.forEach(source, result::put);
        }
        StoredResult.put(c, c.arg(1), result, KeyEvent.ZRANGESTORE);
        return Reply.of(result.size());
    }

    private static Reply zcount(CommandContext c) {
        var range = ScoreRange.parse(c.arg(2), c.arg(3));
        SortedSetValue sorted = c.read(c.arg(1), SortedSetValue.class);
        return Reply.of(sorted == null ? 0 : sorted.count(range));
    }

    private static Reply zlexcount(CommandContext c) {
        var range = LexRange.parse(c.arg(2), c.arg(3));
        SortedSetValue sorted = c.read(c.arg(1), SortedSetValue.class);
        return Reply.of(sorted == null ? 0 : sorted.count(range));
    }

    private static Reply zremrangebyrank(CommandContext c) {
        long start = c.longArg(2);
        long stop = c.longArg(3);
        return remove(
                c,
                KeyEvent.ZREMRANGEBYRANK,
                sorted -> sorted.removeByRank(IndexRange.ofElements(start, stop, (int) sorted.size())));
    }

    private static Reply zremrangebyscore(CommandContext c) {
        var range = ScoreRange.parse(c.arg(2), c.arg(3));
        return remove(c, KeyEvent.ZREMRANGEBYSCORE, sorted -> sorted.removeByScore(range));
    }

    private static Reply zremrangebylex(CommandContext c) {
        var range = LexRange.parse(c.arg(2), c.arg(3));
        return remove(c, KeyEvent.ZREMRANGEBYLEX, sorted -> sorted.removeByLex(range));
    }

    private static Reply remove(CommandContext c, KeyEvent how, Function<SortedSetValue, List<Bytes>> removal) {
        SortedSetValue sorted = c.change(c.arg(1), SortedSetValue.class);
        return sorted == null ? Reply.ZERO : SortedSetCommands.removed(c, c.arg(1), removal.apply(sorted), how);
    }
}
