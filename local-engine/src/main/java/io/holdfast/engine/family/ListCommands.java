package io.holdfast.engine.family;

import static io.holdfast.engine.command.Arity.atLeast;
import static io.holdfast.engine.command.Arity.exactly;
import static io.holdfast.engine.command.KeyFlag.ACCESS;
import static io.holdfast.engine.command.KeyFlag.DELETE;
import static io.holdfast.engine.command.KeyFlag.INSERT;
import static io.holdfast.engine.command.KeyFlag.RO;
import static io.holdfast.engine.command.KeyFlag.RW;
import static io.holdfast.engine.command.KeyFlag.UPDATE;
import static io.holdfast.engine.command.KeySpec.key;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.CommandFamily;
import io.holdfast.engine.command.CommandGroup;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.KeyEvent;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.rule.IndexRange;
import io.holdfast.engine.value.ListValue;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Lists: pushing, popping and everything that concerns one list alone. */
public final class ListCommands implements CommandFamily {
    private static final Bytes LPUSHX = Bytes.of("LPUSHX");
    private static final Bytes RPUSHX = Bytes.of("RPUSHX");

    @Override
    public void declare(CommandTable.Builder commands) {
        commands.group(CommandGroup.LIST);
        declareEnds(commands);
        declareReads(commands);
        declareChanges(commands);
    }

    private static void declareEnds(CommandTable.Builder commands) {
        commands.write("LPUSH", atLeast(3), key(1, RW, INSERT))
                .denyOom()
                .fast()
                .costs("O(N) with the number of elements pushed")
                .says("Puts elements before a list.")
                .calls(c -> push(c, ListEnd.LEFT));
        commands.write("RPUSH", atLeast(3), key(1, RW, INSERT))
                .denyOom()
                .fast()
                .costs("O(N) with the number of elements pushed")
                .says("Puts elements behind a list.")
                .calls(c -> push(c, ListEnd.RIGHT));
        commands.write("LPUSHX", atLeast(3), key(1, RW, INSERT))
                .denyOom()
                .fast()
                .since("2.2.0")
                .costs("O(N) with the number of elements pushed")
                .says("Puts elements before a list that exists.")
                .calls(c -> pushx(c, ListEnd.LEFT, LPUSHX));
        commands.write("RPUSHX", atLeast(3), key(1, RW, INSERT))
                .denyOom()
                .fast()
                .since("2.2.0")
                .costs("O(N) with the number of elements pushed")
                .says("Puts elements behind a list that exists.")
                .calls(c -> pushx(c, ListEnd.RIGHT, RPUSHX));
        commands.write("LPOP", atLeast(2), key(1, RW, ACCESS, DELETE))
                .fast()
                .costs("O(N) with the number of elements popped")
                .says("Takes the first elements of a list.")
                .calls(c -> pop(c, ListEnd.LEFT));
        commands.write("RPOP", atLeast(2), key(1, RW, ACCESS, DELETE))
                .fast()
                .costs("O(N) with the number of elements popped")
                .says("Takes the last elements of a list.")
                .calls(c -> pop(c, ListEnd.RIGHT));
    }

    private static void declareReads(CommandTable.Builder commands) {
        commands.read("LLEN", exactly(2), key(1, RO))
                .fast()
                .costs("O(1)")
                .says("Counts the elements of a list.")
                .calls(ListCommands::llen);
        commands.read("LINDEX", exactly(3), key(1, RO, ACCESS))
                .costs("O(1)")
                .says("Gives the element at an index.")
                .calls(ListCommands::lindex);
        commands.read("LRANGE", exactly(4), key(1, RO, ACCESS))
                .costs("O(N) with the number of elements given")
                .says("Gives the elements between two indexes.")
                .calls(ListCommands::lrange);
        commands.read("LPOS", atLeast(3), key(1, RO, ACCESS))
                .since("6.0.6")
                .costs("O(N) with the length of the list")
                .says("Gives the indexes at which an element stands.")
                .calls(ListCommands::lpos);
    }

    private static void declareChanges(CommandTable.Builder commands) {
        commands.write("LSET", exactly(4), key(1, RW, UPDATE))
                .denyOom()
                .absorb()
                .costs("O(1)")
                .says("Replaces the element at an index.")
                .calls(ListCommands::lset);
        commands.write("LTRIM", exactly(4), key(1, RW, DELETE))
                .absorb()
                .costs("O(N) with the number of elements removed")
                .says("Keeps only the elements between two indexes.")
                .calls(ListCommands::ltrim);
        commands.write("LREM", exactly(4), key(1, RW, DELETE))
                .costs("O(N) with the length of the list")
                .says("Removes elements that equal a given one.")
                .calls(ListCommands::lrem);
        commands.write("LINSERT", exactly(5), key(1, RW, INSERT))
                .denyOom()
                .since("2.2.0")
                .costs("O(N) with the length of the list")
                .says("Puts an element before or behind another one.")
                .calls(ListCommands::linsert);
    }

    // ---- both ends

    private static Reply push(CommandContext c, ListEnd end) {
        ListValue list = ListEnd.changeOrCreate(c, c.arg(1));
        for (int i = 2; i < c.argc(); i++) {
            end.push(list, c.arg(i));
        }
        c.changed(c.arg(1), end.pushed());
        c.effect(end.pushName(), c.arg(1), elements(c));
        return Reply.of(list.size());
    }

    /** The condition stays in the effect: where the list has gone upstream, the elements are not to bring it back. */
    private static Reply pushx(CommandContext c, ListEnd end, Bytes name) {
        ListValue list = c.change(c.arg(1), ListValue.class);
        if (list == null) {
            return Reply.ZERO;
        }
        for (int i = 2; i < c.argc(); i++) {
            end.push(list, c.arg(i));
        }
        c.changed(c.arg(1), end.pushed());
        c.effect(name, c.arg(1), elements(c));
        return Reply.of(list.size());
    }

    private static List<Bytes> elements(CommandContext c) {
        return Arrays.asList(c.args()).subList(2, c.argc());
    }

    private static Reply pop(CommandContext c, ListEnd end) {
        if (c.argc() > 3) {
            throw c.wrongNumberOfArguments();
        }
        boolean counted = c.argc() == 3;
        long count = counted ? c.longArg(2, 0, "ERR value is out of range, must be positive") : 1;
        ListValue list = c.change(c.arg(1), ListValue.class);
        if (list == null) {
            return counted ? Reply.Null.ARRAY : Reply.Null.BULK;
        }
        List<Reply> popped = end.pop(c, c.arg(1), list, count);
        return counted ? new Reply.Array(popped) : popped.get(0);
    }

    // ---- reading

    private static @Nullable ListValue list(CommandContext c) {
        return c.read(c.arg(1), ListValue.class);
    }

    private static Reply llen(CommandContext c) {
        ListValue list = list(c);
        return Reply.of(list == null ? 0 : list.size());
    }

    private static Reply lindex(CommandContext c) {
        ListValue list = list(c);
        if (list == null) {
            return Reply.Null.BULK; // whatever the index looks like
        }
        int index = index(list, c.longArg(2));
        return index < 0 ? Reply.Null.BULK : Reply.bulk(list.get(index));
    }

    /** From 0 on, where {@code index} may count from the end; −1 when there is no such element. */
    private static int index(ListValue list, long index) {
        long fromHead = index < 0 ? index + list.size() : index;
        return fromHead < 0 || fromHead >= list.size() ? -1 : (int) fromHead;
    }

    private static Reply lrange(CommandContext c) {
        long start = c.longArg(2);
        long stop = c.longArg(3);
        ListValue list = list(c);
        if (list == null) {
            return Reply.EMPTY_ARRAY;
        }
        IndexRange range = IndexRange.ofElements(start, stop, (int) list.size());
        List<Reply> elements = new ArrayList<>(range.length());
        list.forEach(range.from(), range.to(), element -> elements.add(Reply.bulk(element)));
        return new Reply.Array(elements);
    }

    private static Reply lpos(CommandContext c) {
        Search search = Search.parse(c);
        ListValue list = list(c);
        List<Reply> found = list == null ? List.of() : search.in(list, c.arg(2));
        if (search.count != Search.FIRST_ONLY) {
            return new Reply.Array(found);
        }
        return found.isEmpty() ? Reply.Null.BULK : found.get(0);
    }

    /**
     * What LPOS looks for.
     *
     * @param rank of the first match to give, from 1 on; negative: looking from the tail
     * @param count of matches to give, 0 for all, {@link #FIRST_ONLY} for one without an array around it
     * @param lengthMax elements to look at, 0 for all
     */
    private record Search(long rank, long count, long lengthMax) {
        static final long FIRST_ONLY = -1;

        static Search parse(CommandContext c) {
            long rank = 1;
            long count = FIRST_ONLY;
            long lengthMax = 0;
            for (int i = 3; i < c.argc(); i += 2) {
                boolean hasValue = i + 1 < c.argc();
                if (hasValue && c.argIs(i, "RANK")) {
                    rank = rank(c, i + 1);
                } else if (hasValue && c.argIs(i, "COUNT")) {
                    count = c.longArg(i + 1, 0, "ERR COUNT can't be negative");
                } else if (hasValue && c.argIs(i, "MAXLEN")) {
                    lengthMax = c.longArg(i + 1, 0, "ERR MAXLEN can't be negative");
                } else {
                    throw RedisError.syntax();
                }
            }
            if (rank == Long.MIN_VALUE) {
                // Redis 7.0 negates it, which leaves it negative: any match will do, and no count is ever reached.
                return new Search(-1, count == FIRST_ONLY ? FIRST_ONLY : 0, lengthMax);
            }
            return new Search(rank, count, lengthMax);
        }

        private static long rank(CommandContext c, int i) {
            long min = c.config().version().atLeast(7, 2) ? -Long.MAX_VALUE : Long.MIN_VALUE;
            long rank = c.longArg(i, min, Long.MAX_VALUE);
            if (rank == 0) {
                throw RedisError.of("ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ..."
                        + " or use negative to start from the end of the list");
            }
            return rank;
        }

        List<Reply> in(ListValue list, Bytes element) {
            int size = (int) list.size();
            boolean fromTail = rank < 0;
            long matchesToSkip = (fromTail ? -(rank + 1) : rank - 1); // no overflow, whatever the rank
            long wanted = count == FIRST_ONLY ? 1 : count == 0 ? Long.MAX_VALUE : count;
            int looked = lengthMax == 0 ? size : (int) Math.min(lengthMax, size);
            List<Reply> found = new ArrayList<>();
            for (int i = 0; i < looked && found.size() < wanted; i++) {
                int at = fromTail ? size - 1 - i : i;
                if (element.equals(list.get(at)) && matchesToSkip-- <= 0) {
                    found.add(Reply.of(at));
                }
            }
            return found;
        }
    }

    // ---- changing

    private static Reply lset(CommandContext c) {
        ListValue list = c.change(c.arg(1), ListValue.class);
        if (list == null) {
            throw RedisError.noSuchKey();
        }
        int index = index(list, c.longArg(2));
        if (index < 0) {
            throw RedisError.indexOutOfRange();
        }
        list.set(index, c.arg(3));
        c.changed(c.arg(1), KeyEvent.LSET);
        c.effectAsSent();
        return Reply.OK;
    }

    private static Reply ltrim(CommandContext c) {
        long start = c.longArg(2);
        long stop = c.longArg(3);
        ListValue list = c.change(c.arg(1), ListValue.class);
        if (list == null) {
            return Reply.OK;
        }
        IndexRange kept = IndexRange.ofElements(start, stop, (int) list.size());
        if (kept.length() < list.size()) {
            list.trim(kept.from(), kept.to());
            c.effectAsSent();
        }
        c.changed(c.arg(1), KeyEvent.LTRIM); // even when all stay: whoever watches the key is told, as by Redis
        return Reply.OK;
    }

    private static Reply lrem(CommandContext c) {
        long count = c.longArg(2);
        ListValue list = c.change(c.arg(1), ListValue.class);
        int removed = list == null ? 0 : list.removeMatching(count, c.arg(3));
        if (removed > 0) {
            c.changed(c.arg(1), KeyEvent.LREM);
            c.effectAsSent();
        }
        return Reply.of(removed);
    }

    private static Reply linsert(CommandContext c) {
        boolean behind = c.argIs(2, "AFTER");
        if (!behind && !c.argIs(2, "BEFORE")) {
            throw RedisError.syntax();
        }
        ListValue list = c.change(c.arg(1), ListValue.class);
        if (list == null) {
            return Reply.ZERO;
        }
        int pivot = list.indexOf(c.arg(3), 0);
        if (pivot < 0) {
            return Reply.of(-1);
        }
        list.insert(behind ? pivot + 1 : pivot, c.arg(4));
        c.changed(c.arg(1), KeyEvent.LINSERT);
        c.effectAsSent();
        return Reply.of(list.size());
    }
}
