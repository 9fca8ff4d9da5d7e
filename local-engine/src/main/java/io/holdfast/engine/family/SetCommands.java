package io.holdfast.engine.family;

import static io.holdfast.engine.command.Arity.atLeast;
import static io.holdfast.engine.command.Arity.exactly;
import static io.holdfast.engine.command.KeyFlag.ACCESS;
import static io.holdfast.engine.command.KeyFlag.DELETE;
import static io.holdfast.engine.command.KeyFlag.INSERT;
import static io.holdfast.engine.command.KeyFlag.OW;
import static io.holdfast.engine.command.KeyFlag.RO;
import static io.holdfast.engine.command.KeyFlag.RW;
import static io.holdfast.engine.command.KeyFlag.UPDATE;
import static io.holdfast.engine.command.KeySpec.countedKeys;
import static io.holdfast.engine.command.KeySpec.key;
import static io.holdfast.engine.command.KeySpec.keys;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.CommandFamily;
import io.holdfast.engine.command.CommandGroup;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.Flag;
import io.holdfast.engine.command.KeyEvent;
import io.holdfast.engine.command.MirrorRule;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.rule.ScanCursor;
import io.holdfast.engine.value.SetValue;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Sets: members, random ones, and what several sets have in common. */
public final class SetCommands implements CommandFamily {
    private static final Bytes SADD = Bytes.of("SADD");
    private static final Bytes SREM = Bytes.of("SREM");

    /** SPOP makes a new set of the members that stay where it takes at least so many times as many. */
    private static final int FEW_STAY = 5;

    /** Which members went stands in the reply alone. */
    private static final MirrorRule POPPED = (args, reply) -> {
        if (reply instanceof Reply.Null) {
            return List.of();
        }
        List<Reply> members = reply instanceof Reply.SetOf set
                ? set.items()
                : reply instanceof Reply.Array array ? array.items() : List.of(reply);
        var effect = new ArrayList<>(List.of(SREM, args[1]));
        for (Reply member : members) {
            if (!(member instanceof Reply.Bulk bulk)) {
                return null;
            }
            effect.add(bulk.value());
        }
        return members.isEmpty() ? List.of() : List.<Bytes[]>of(effect.toArray(Bytes[]::new));
    };

    @Override
    public void declare(CommandTable.Builder commands) {
        commands.group(CommandGroup.SET);
        declareMembers(commands);
        declareRandom(commands);
        declareAlgebra(commands);
    }

    private static void declareMembers(CommandTable.Builder commands) {
        commands.write("SADD", atLeast(3), key(1, RW, INSERT))
                .denyOom()
                .fast()
                .absorb()
                .absolute()
                .costs("O(N) with the number of members given")
                .says("Adds members to a set.")
                .calls(SetCommands::sadd);
        commands.write("SREM", atLeast(3), key(1, RW, DELETE))
                .fast()
                .absorb()
                .absolute()
                .costs("O(N) with the number of members given")
                .says("Removes members from a set.")
                .calls(SetCommands::srem);
        commands.write("SMOVE", exactly(4), key(1, RW, ACCESS, DELETE), key(2, RW, INSERT))
                .fast()
                .costs("O(1)")
                .says("Takes a member out of one set and adds it to another.")
                .calls(SetCommands::smove);
        commands.read("SMEMBERS", exactly(2), key(1, RO, ACCESS))
                .tip("nondeterministic_output_order")
                .costs("O(N) with the size of the set")
                .says("Gives all members of a set.")
                .calls(SetCommands::smembers);
        commands.read("SISMEMBER", exactly(3), key(1, RO))
                .fast()
                .costs("O(1)")
                .says("Says whether a set has a member.")
                .calls(SetCommands::sismember);
        commands.read("SMISMEMBER", atLeast(3), key(1, RO, ACCESS))
                .fast()
                .since("6.2.0")
                .costs("O(N) with the number of members given")
                .says("Says of several members whether a set has them.")
                .calls(SetCommands::smismember);
        commands.read("SCARD", exactly(2), key(1, RO))
                .fast()
                .costs("O(1)")
                .says("Gives the number of members of a set.")
                .calls(SetCommands::scard);
        commands.read("SSCAN", atLeast(3), key(1, RO, ACCESS))
                .since("2.8.0")
                .tip("nondeterministic_output")
                .costs("O(1) a call, O(N) for the whole set")
                .says("Gives some members of a set, and the cursor that gives the next ones.")
                .scans(2)
                .calls(SetCommands::sscan);
    }

    private static void declareRandom(CommandTable.Builder commands) {
        commands.write("SPOP", atLeast(2), key(1, RW, ACCESS, DELETE))
                .fast()
                .mirrors(POPPED)
                .tip("nondeterministic_output")
                .costs("O(N) with the number of members taken")
                .says("Takes random members out of a set.")
                .calls(SetCommands::spop);
        commands.read("SRANDMEMBER", atLeast(2), key(1, RO, ACCESS))
                .tip("nondeterministic_output")
                .costs("O(N) with the number of members given")
                .says("Gives random members of a set, which keeps them.")
                .calls(SetCommands::srandmember);
    }

    private static void declareAlgebra(CommandTable.Builder commands) {
        commands.read("SINTER", atLeast(2), keys(1, -1, 1, RO, ACCESS))
                .tip("nondeterministic_output_order")
                .costs("O(N*M) with the size of the smallest set and the number of sets")
                .says("Gives the members that all sets have.")
                .calls(c -> answer(c, SetCommands::intersection));
        commands.write("SINTERSTORE", atLeast(3), key(1, RW, UPDATE), keys(2, -1, 1, RO, ACCESS))
                .denyOom()
                .absorb()
                .costs("O(N*M) with the size of the smallest set and the number of sets")
                .says("Stores the members that all sets have.")
                .calls(c -> store(c, SetCommands::intersection, KeyEvent.SINTERSTORE));
        commands.read("SINTERCARD", atLeast(3), countedKeys(1, RO, ACCESS))
                .flag(Flag.MOVABLEKEYS)
                .since("7.0.0")
                .costs("O(N*M) with the size of the smallest set and the number of sets")
                .says("Counts the members that all sets have.")
                .calls(SetCommands::sintercard);
        commands.read("SUNION", atLeast(2), keys(1, -1, 1, RO, ACCESS))
                .tip("nondeterministic_output_order")
                .costs("O(N) with the members of all sets")
                .says("Gives the members that any of the sets has.")
                .calls(c -> answer(c, SetCommands::union));
        commands.write("SUNIONSTORE", atLeast(3), key(1, OW, UPDATE), keys(2, -1, 1, RO, ACCESS))
                .denyOom()
                .absorb()
                .costs("O(N) with the members of all sets")
                .says("Stores the members that any of the sets has.")
                .calls(c -> store(c, SetCommands::union, KeyEvent.SUNIONSTORE));
        commands.read("SDIFF", atLeast(2), keys(1, -1, 1, RO, ACCESS))
                .tip("nondeterministic_output_order")
                .costs("O(N) with the members of all sets")
                .says("Gives the members that only the first of the sets has.")
                .calls(c -> answer(c, SetCommands::difference));
        commands.write("SDIFFSTORE", atLeast(3), key(1, OW, UPDATE), keys(2, -1, 1, RO, ACCESS))
                .denyOom()
                .absorb()
                .costs("O(N) with the members of all sets")
                .says("Stores the members that only the first of the sets has.")
                .calls(c -> store(c, SetCommands::difference, KeyEvent.SDIFFSTORE));
    }

    // ---- members

    private static Reply sadd(CommandContext c) {
        Bytes key = c.arg(1);
        SetValue set = c.changeOrCreate(key, SetValue.class, () -> fresh(c));
        List<Bytes> added = new ArrayList<>(c.argc() - 2);
        for (int i = 2; i < c.argc(); i++) {
            if (set.add(c.arg(i))) {
                added.add(c.arg(i));
            }
        }
        return changed(c, key, SADD, added, KeyEvent.SADD);
    }

    private static Reply srem(CommandContext c) {
        Bytes key = c.arg(1);
        SetValue set = c.change(key, SetValue.class);
        List<Bytes> removed = new ArrayList<>(c.argc() - 2);
        for (int i = 2; i < c.argc() && set != null; i++) {
            if (set.remove(c.arg(i))) {
                removed.add(c.arg(i));
            }
        }
        return changed(c, key, SREM, removed, KeyEvent.SREM);
    }

    /** Journals the members that were added or removed, if there are any, and answers how many. */
    private static Reply changed(CommandContext c, Bytes key, Bytes command, List<Bytes> members, KeyEvent how) {
        if (!members.isEmpty()) {
            c.changed(key, how);
            c.effect(command, key, members);
        }
        return Reply.of(members.size());
    }

    private static Reply smove(CommandContext c) {
        Bytes from = c.arg(1);
        Bytes to = c.arg(2);
        Bytes member = c.arg(3);
        SetValue source = c.change(from, SetValue.class);
        if (source == null) {
            return Reply.ZERO;
        }
        SetValue destination = c.change(to, SetValue.class);
        if (source == destination) {
            return Reply.of(source.contains(member));
        }
        if (!source.remove(member)) {
            return Reply.ZERO;
        }
        changed(c, from, SREM, List.of(member), KeyEvent.SREM);
        boolean added = c.changeOrCreate(to, SetValue.class, () -> fresh(c)).add(member);
        changed(c, to, SADD, added ? List.of(member) : List.of(), KeyEvent.SADD);
        return Reply.ONE;
    }

    private static Reply smembers(CommandContext c) {
        return reply(c.read(c.arg(1), SetValue.class));
    }

    private static Reply sismember(CommandContext c) {
        SetValue set = c.read(c.arg(1), SetValue.class);
        return Reply.of(set != null && set.contains(c.arg(2)));
    }

    private static Reply smismember(CommandContext c) {
        SetValue set = c.read(c.arg(1), SetValue.class);
        List<Reply> answers = new ArrayList<>(c.argc() - 2);
        for (int i = 2; i < c.argc(); i++) {
            answers.add(Reply.of(set != null && set.contains(c.arg(i))));
        }
        return new Reply.Array(answers);
    }

    private static Reply scard(CommandContext c) {
        SetValue set = c.read(c.arg(1), SetValue.class);
        return Reply.of(set == null ? 0 : set.size());
    }

    private static Reply sscan(CommandContext c) {
        long cursor = ScanCursor.position(c.arg(2));
        SetValue set = c.read(c.arg(1), SetValue.class);
        if (set == null) {
            return ElementScan.reply(0, List.of());
        }
        var scan = ElementScan.parse(c);
        List<Reply> found = new ArrayList<>();
        long next = set.scan(cursor, scan.count(), member -> {
            if (scan.shows(member)) {
                found.add(Reply.bulk(member));
            }
        });
        return ElementScan.reply(next, found);
    }

    // ---- random members

    private static Reply spop(CommandContext c) {
        if (c.argc() > 3) {
            throw RedisError.syntax();
        }
        boolean counted = c.argc() == 3;
        long count = counted ? c.longArg(2, 0, RedisError::mustBePositive) : 1;
        Bytes key = c.arg(1);
        SetValue set = c.change(key, SetValue.class);
        if (set == null || count == 0) {
            return counted ? Reply.EMPTY_SET : Reply.Null.BULK;
        }
        List<Bytes> popped = pick(set, RandomPicks.distinct(random(c), (int) set.size(), count));
        popped.forEach(set::remove);
        if (set.size() * FEW_STAY <= popped.size()) {
            set.encodeAnew();
        }
        changed(c, key, SREM, popped, KeyEvent.SPOP);
        return counted ? new Reply.SetOf(bulks(popped)) : Reply.bulk(popped.get(0));
    }

    private static Reply srandmember(CommandContext c) {
        if (c.argc() > 3) {
            throw RedisError.syntax();
        }
        boolean counted = c.argc() == 3;
        long count = counted ? c.longArg(2, -Long.MAX_VALUE, Long.MAX_VALUE) : 1;
        SetValue set = c.read(c.arg(1), SetValue.class);
        if (set == null || count == 0) {
            return counted ? Reply.EMPTY_ARRAY : Reply.Null.BULK;
        }
        List<Bytes> picked = pick(set, RandomPicks.of(random(c), (int) set.size(), count));
        return counted ? new Reply.Array(bulks(picked)) : Reply.bulk(picked.get(0));
    }

    private static List<Bytes> pick(SetValue set, int[] indexes) {
        List<Bytes> members = new ArrayList<>(indexes.length);
        for (int index : indexes) {
            members.add(set.memberAt(index));
        }
        return members;
    }

    private static RandomGenerator random(CommandContext c) {
        return c.server().keyspaces().random();
    }

    // ---- several sets

    /** What several sets, at least one, make; a set that is not there is null. */
    private interface Algebra {
        SetValue of(CommandContext c, List<@Nullable SetValue> sets);
    }

    private static Reply answer(CommandContext c, Algebra algebra) {
        return reply(algebra.of(c, sets(c, 1, c.argc())));
    }

    private static Reply store(CommandContext c, Algebra algebra, KeyEvent stored) {
        SetValue result = algebra.of(c, sets(c, 2, c.argc()));
        StoredResult.put(c, c.arg(1), result, stored);
        return Reply.of(result.size());
    }

    private static Reply sintercard(CommandContext c) {
        long numkeys = c.longArg(1, 1, RedisError::numkeysNotPositive);
        if (numkeys > c.argc() - 2) {
            throw RedisError.moreKeysThanArguments();
        }
        int options = 2 + (int) numkeys;
        long limit = 0;
        for (int i = options; i < c.argc(); i += 2) {
            if (!c.argIs(i, "LIMIT") || i + 1 == c.argc()) {
                throw RedisError.syntax();
            }
            limit = c.longArg(i + 1, 0, RedisError::negativeLimit);
        }
        return Reply.of(forEachCommon(sets(c, 2, options), limit == 0 ? Long.MAX_VALUE : limit, member -> {}));
    }

    /** The sets at the keys from one argument to another (exclusive). @throws RedisError WRONGTYPE */
    private static List<@Nullable SetValue> sets(CommandContext c, int from, int to) {
        List<@Nullable SetValue> sets = new ArrayList<>(to - from);
        for (int i = from; i < to; i++) {
            sets.add(c.read(c.arg(i), SetValue.class));
        }
        return sets;
    }

    private static SetValue intersection(CommandContext c, List<@Nullable SetValue> sets) {
        SetValue common = fresh(c);
        forEachCommon(sets, Long.MAX_VALUE, common::add);
        return common;
    }

    private static SetValue union(CommandContext c, List<@Nullable SetValue> sets) {
        SetValue union = fresh(c);
        present(sets).forEach(set -> set.forEach(union::add));
        return union;
    }

    private static SetValue difference(CommandContext c, List<@Nullable SetValue> sets) {
        SetValue difference = fresh(c);
        SetValue first = sets.get(0);
        List<SetValue> others = present(sets.subList(1, sets.size()));
        if (first == null) {
            return difference;
        }
        if (isRemovalCheaper(first, others)) {
            first.forEach(difference::add);
            others.forEach(other -> other.forEach(difference::remove));
        } else {
            first.forEach(member -> {
                if (others.stream().noneMatch(other -> other.contains(member))) {
                    difference.add(member);
                }
            });
        }
        return difference;
    }

    /** Redis's choice between two ways; it shows, for a set keeps the encoding that its removed members called for. */
    private static boolean isRemovalCheaper(SetValue first, List<SetValue> others) {
        long lookUps = first.size() * (others.size() + 1) / 2;
        long changes = first.size() + others.stream().mapToLong(SetValue::size).sum();
        return lookUps > changes;
    }

    /** Visits at most {@code limit} members that all sets have, and says how many they were. */
    private static long forEachCommon(List<@Nullable SetValue> sets, long limit, Consumer<Bytes> visitor) {
        List<SetValue> smallestFirst = present(sets);
        if (smallestFirst.size() < sets.size()) {
            return 0;
        }
        smallestFirst.sort(Comparator.comparingLong(SetValue::size));
        SetValue smallest = smallestFirst.get(0);
        long found = 0;
        for (int i = 0; i < smallest.size() && found < limit; i++) {
            Bytes member = smallest.memberAt(i);
            if (smallestFirst.stream().allMatch(set -> set.contains(member))) {
                visitor.accept(member);
                found++;
            }
        }
        return found;
    }

    private static List<SetValue> present(List<@Nullable SetValue> sets) {
        List<SetValue> present = new ArrayList<>(sets.size());
        for (SetValue set : sets) {
            if (set != null) {
                present.add(set);
            }
        }
        return present;
    }

    // ---- values and replies

    private static SetValue fresh(CommandContext c) {
        return new SetValue(c.config().encodingLimits());
    }

    private static Reply reply(@Nullable SetValue set) {
        if (set == null || set.isEmpty()) {
            return Reply.EMPTY_SET;
        }
        List<Reply> members = new ArrayList<>((int) set.size());
        set.forEach(member -> members.add(Reply.bulk(member)));
        return new Reply.SetOf(members);
    }

    private static List<Reply> bulks(List<Bytes> members) {
        return members.stream().map(Reply::bulk).toList();
    }
}
