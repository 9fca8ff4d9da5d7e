package io.holdfast.engine.family;

import static io.holdfast.engine.command.Arity.atLeast;
import static io.holdfast.engine.command.KeyFlag.ACCESS;
import static io.holdfast.engine.command.KeyFlag.OW;
import static io.holdfast.engine.command.KeyFlag.RO;
import static io.holdfast.engine.command.KeyFlag.UPDATE;
import static io.holdfast.engine.command.KeySpec.countedKeys;
import static io.holdfast.engine.command.KeySpec.key;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.CommandFamily;
import io.holdfast.engine.command.CommandGroup;
import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.Flag;
import io.holdfast.engine.command.KeyEvent;
import io.holdfast.engine.family.ZalgebraQuery.Purpose;
import io.holdfast.engine.family.ZalgebraQuery.Weighted;
import io.holdfast.engine.value.ScoredMember;
import io.holdfast.engine.value.SortedSetValue;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Sorted sets: union, intersection and difference of several, sets among them. */
public final class SortedSetAlgebra implements CommandFamily {
    @Override
    public void declare(CommandTable.Builder commands) {
        commands.group(CommandGroup.SORTED_SET);
        read(commands, "ZUNION")
                .since("6.2.0")
                .costs("O(N)+O(M*log(M)) with the members of all sorted sets and those of the result")
                .says("Gives the members that any of the sorted sets has.")
                .calls(c -> answer(c, Operation.UNION));
        read(commands, "ZINTER")
                .since("6.2.0")
                .costs("O(N*K)+O(M*log(M)) with the size of the smallest sorted set, their number and the result's"
                        + " size")
                .says("Gives the members that all sorted sets have.")
                .calls(c -> answer(c, Operation.INTERSECTION));
        read(commands, "ZDIFF")
                .since("6.2.0")
                .costs("O(N)+O(M*log(M)) with the members of all sorted sets and those of the result")
                .says("Gives the members that only the first of the sorted sets has.")
                .calls(c -> answer(c, Operation.DIFFERENCE));
        read(commands, "ZINTERCARD")
                .since("7.0.0")
                .costs("O(N*K) with the size of the smallest sorted set and their number")
                .says("Counts the members that all sorted sets have.")
                .calls(SortedSetAlgebra::zintercard);
        write(commands, "ZUNIONSTORE")
                .since("2.0.0")
                .costs("O(N)+O(M*log(M)) with the members of all sorted sets and those of the result")
                .says("Stores the members that any of the sorted sets has.")
                .calls(c -> store(c, Operation.UNION));
        write(commands, "ZINTERSTORE")
                .since("2.0.0")
                .costs("O(N*K)+O(M*log(M)) with the size of the smallest sorted set, their number and the result's"
                        + " size")
                .says("Stores the members that all sorted sets have.")
                .calls(c -> store(c, Operation.INTERSECTION));
        write(commands, "ZDIFFSTORE")
                .since("6.2.0")
                .costs("O(N)+O(M*log(M)) with the members of all sorted sets and those of the result")
                .says("Stores the members that only the first of the sorted sets has.")
                .calls(c -> store(c, Operation.DIFFERENCE));
    }

    private static CommandSpec read(CommandTable.Builder commands, String name) {
        return commands.read(name, atLeast(3), countedKeys(1, RO, ACCESS)).flag(Flag.MOVABLEKEYS);
    }

    private static CommandSpec write(CommandTable.Builder commands, String name) {
        return commands.write(name, atLeast(4), key(1, OW, UPDATE), countedKeys(2, RO, ACCESS))
                .flag(Flag.MOVABLEKEYS)
                .denyOom()
                .absorb();
    }

    private enum Operation {
        UNION(KeyEvent.ZUNIONSTORE),
        INTERSECTION(KeyEvent.ZINTERSTORE),
        DIFFERENCE(KeyEvent.ZDIFFSTORE);

        final KeyEvent stored;

        Operation(KeyEvent stored) {
            this.stored = stored;
        }

        ZalgebraQuery parse(CommandContext c, int numkeysAt, Purpose purpose) {
            return ZalgebraQuery.parse(c, numkeysAt, this != DIFFERENCE, purpose);
        }

        /** In no order; each member once. */
        List<ScoredMember> of(ZalgebraQuery query) {
            return switch (this) {
                case UNION -> union(query);
                case INTERSECTION -> intersection(query);
                case DIFFERENCE -> difference(query);
            };
        }
    }

    private static Reply answer(CommandContext c, Operation operation) {
        ZalgebraQuery query = operation.parse(c, 1, Purpose.READ);
        List<ScoredMember> result = operation.of(query);
        result.sort(SortedSetAlgebra::compare);
        var reply = ScoredReply.of(c, query.withScores());
        result.forEach(scored -> reply.visit(scored.member(), scored.score()));
        return reply.reply();
    }

    private static Reply store(CommandContext c, Operation operation) {
        ZalgebraQuery query = operation.parse(c, 2, Purpose.STORE);
        SortedSetValue result = SortedSetCommands.fresh(c, operation.of(query));
        StoredResult.put(c, c.arg(1), result, operation.stored);
        return Reply.of(result.size());
    }

    private static Reply zintercard(CommandContext c) {
        var query = ZalgebraQuery.parse(c, 1, false, Purpose.COUNT);
        List<Weighted> sources = smallestFirst(query);
        ScoredSource smallest = sources.get(0).source();
        long common = 0;
        for (int i = 0; i < smallest.size() && common < query.limit(); i++) {
            Bytes member = smallest.memberAt(i);
            if (sources.stream().noneMatch(other -> Double.isNaN(other.source().score(member)))) {
                common++;
            }
        }
        return Reply.of(common);
    }

    // ---- operations; the order of additions is Redis's, for sums of doubles depend on it

    private static List<ScoredMember> union(ZalgebraQuery query) {
        Map<Bytes, Double> scores = new HashMap<>();
        for (Weighted each : smallestFirst(query)) {
            for (int i = 0; i < each.source().size(); i++) {
                double score =
                        ZalgebraQuery.numberOrZero(each.weigh(each.source().scoreAt(i)));
                scores.merge(each.source().memberAt(i), score, query.aggregate()::of);
            }
        }
        List<ScoredMember> result = new ArrayList<>(scores.size());
        scores.forEach((member, score) -> result.add(new ScoredMember(member, score)));
        return result;
    }

    private static List<ScoredMember> intersection(ZalgebraQuery query) {
        List<Weighted> sources = smallestFirst(query);
        ScoredSource smallest = sources.get(0).source();
        List<ScoredMember> result = new ArrayList<>();
        for (int i = 0; i < smallest.size(); i++) {
            Bytes member = smallest.memberAt(i);
            double score = ZalgebraQuery.numberOrZero(sources.get(0).weigh(smallest.scoreAt(i)));
            boolean common = true;
            for (int other = 1; other < sources.size() && common; other++) {
                double next = sources.get(other).source().score(member);
                common = !Double.isNaN(next);
                score = query.aggregate().of(score, sources.get(other).weigh(next));
            }
            if (common) {
                result.add(new ScoredMember(member, score));
            }
        }
        return result;
    }

    private static List<ScoredMember> difference(ZalgebraQuery query) {
        ScoredSource first = query.sources().get(0).source();
        List<Weighted> others = query.sources().subList(1, query.sources().size());
        List<ScoredMember> result = new ArrayList<>();
        for (int i = 0; i < first.size(); i++) {
            Bytes member = first.memberAt(i);
            if (others.stream().allMatch(other -> Double.isNaN(other.source().score(member)))) {
                result.add(new ScoredMember(member, first.scoreAt(i)));
            }
        }
        return result;
    }

    private static List<Weighted> smallestFirst(ZalgebraQuery query) {
        return query.sources().stream()
                .sorted(Comparator.comparingLong(each -> each.source().size()))
                .toList();
    }

    /** As a sorted set does; unlike Double.compare, 0 and -0 are the same. */
    private static int compare(ScoredMember a, ScoredMember b) {
        if (a.score() == b.score()) {
            return a.member().compareTo(b.member());
        }
        return a.score() < b.score() ? -1 : 1;
    }
}
