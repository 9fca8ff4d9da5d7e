package io.holdfast.engine.family;

import static io.holdfast.engine.command.Arity.atLeast;
import static io.holdfast.engine.command.Arity.exactly;
import static io.holdfast.engine.command.KeyFlag.ACCESS;
import static io.holdfast.engine.command.KeyFlag.DELETE;
import static io.holdfast.engine.command.KeyFlag.INSERT;
import static io.holdfast.engine.command.KeyFlag.RW;
import static io.holdfast.engine.command.KeySpec.countedKeys;
import static io.holdfast.engine.command.KeySpec.key;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.CommandFamily;
import io.holdfast.engine.command.CommandGroup;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.Flag;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.value.ListValue;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import org.jspecify.annotations.Nullable;

/** Lists, more than one of them: moving an element over, popping from the first that has any. */
public final class ListMoveCommands implements CommandFamily {
    @Override
    public void declare(CommandTable.Builder commands) {
        commands.group(CommandGroup.LIST);
        commands.write("LMOVE", exactly(5), key(1, RW, ACCESS, DELETE), key(2, RW, INSERT))
                .denyOom()
                .since("6.2.0")
                .costs("O(1)")
                .says("Takes an element from an end of one list and puts it at an end of another.")
                .calls(c -> move(c, ListEnd.parse(c, 3), ListEnd.parse(c, 4)));
        commands.write("RPOPLPUSH", exactly(3), key(1, RW, ACCESS, DELETE), key(2, RW, INSERT))
                .denyOom()
                .since("1.2.0")
                .costs("O(1)")
                .says("Takes the last element of one list and puts it before another.")
                .calls(c -> move(c, ListEnd.RIGHT, ListEnd.LEFT));
        commands.write("LMPOP", atLeast(4), countedKeys(1, RW, ACCESS, DELETE))
                .flag(Flag.MOVABLEKEYS)
                .since("7.0.0")
                .costs("O(N+M) with the number of keys and of elements popped")
                .says("Takes elements from the first of several lists that is not empty.")
                .calls(ListMoveCommands::lmpop);
    }

    private static Reply move(CommandContext c, ListEnd from, ListEnd to) {
        Reply moved = tryMove(c, from, to);
        return moved == null ? Reply.Null.BULK : moved;
    }

    /**
     * Moves one element from {@code from} of the list at argument 1 to {@code to} of that at argument 2; null when there
     * is none to move.
     */
    static @Nullable Reply tryMove(CommandContext c, ListEnd from, ListEnd to) {
        Bytes source = c.arg(1);
        Bytes destination = c.arg(2);
        ListValue list = c.change(source, ListValue.class);
        if (list == null) {
            return null;
        }
        if (source.equals(destination)) {
            return rotate(c, source, list, from, to);
        }
        ListValue target = ListEnd.changeOrCreate(c, destination); // or refuses, so it comes before the take
        Bytes element = from.take(list);
        to.push(target, element);
        c.changed(destination, to.pushed());
        c.changed(source, from.popped());
        from.removed(c, source, element);
        c.effect(to.pushName(), destination, element);
        return Reply.bulk(element);
    }

    /** Nothing is journaled when the element comes back to its place: removing a last one would drop the key's expiry. */
    private static Reply rotate(CommandContext c, Bytes key, ListValue list, ListEnd from, ListEnd to) {
        boolean moves = from != to && list.size() > 1;
        Bytes element = from.take(list);
        to.push(list, element);
        c.changed(key, to.pushed());
        c.event(from.popped(), key);
        if (moves) {
            from.removed(c, key, element);
            c.effect(to.pushName(), key, element);
        }
        return Reply.bulk(element);
    }

    private static Reply lmpop(CommandContext c) {
        Reply popped = ManyPop.parse(c, 1).tryPop(c);
        return popped == null ? Reply.Null.ARRAY : popped;
    }

    /**
     * What LMPOP and BLMPOP ask for: up to {@code count} elements of the first list among the keys from argument
     * {@code from} to {@code to}, exclusive.
     */
    record ManyPop(int from, int to, ListEnd end, long count) {
        /** @param numkeysAt the argument that says how many keys follow it */
        static ManyPop parse(CommandContext c, int numkeysAt) {
            long keys = c.longArg(numkeysAt, 1, RedisError::numkeysNotPositive);
            if (keys > c.argc() - numkeysAt - 2) {
                throw RedisError.syntax();
            }
            int endAt = numkeysAt + 1 + (int) keys;
            return new ManyPop(numkeysAt + 1, endAt, ListEnd.parse(c, endAt), count(c, endAt + 1));
        }

        /** Name and elements; null when none of the lists is there. */
        @Nullable Reply tryPop(CommandContext c) {
            for (int i = from; i < to; i++) {
                Reply popped = tryPop(c, c.arg(i));
                if (popped != null) {
                    return popped;
                }
            }
            return null;
        }

        /** As {@link #tryPop(CommandContext)}, of one list. */
        @Nullable Reply tryPop(CommandContext c, Bytes key) {
            ListValue list = c.change(key, ListValue.class);
            return list == null ? null : Reply.array(Reply.bulk(key), new Reply.Array(end.pop(c, key, list, count)));
        }

        private static long count(CommandContext c, int from) {
            if (c.argc() == from) {
                return 1;
            }
            if (c.argc() < from + 2 || !c.argIs(from, "COUNT")) {
                throw RedisError.syntax();
            }
            long count = c.longArg(from + 1, 1, RedisError::countNotPositive);
            if (c.argc() > from + 2) {
                throw RedisError.syntax();
            }
            return count;
        }
    }
}
