package io.holdfast.engine.family;

import static io.holdfast.engine.command.Arity.atLeast;
import static io.holdfast.engine.command.Arity.exactly;
import static io.holdfast.engine.command.KeyFlag.ACCESS;
import static io.holdfast.engine.command.KeyFlag.DELETE;
import static io.holdfast.engine.command.KeyFlag.INSERT;
import static io.holdfast.engine.command.KeyFlag.RW;
import static io.holdfast.engine.command.KeySpec.countedKeys;
import static io.holdfast.engine.command.KeySpec.key;
import static io.holdfast.engine.command.KeySpec.keys;

import io.holdfast.engine.command.BlockingTimeout;
import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.CommandFamily;
import io.holdfast.engine.command.CommandGroup;
import io.holdfast.engine.command.CommandKind;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.Flag;
import io.holdfast.engine.command.Wait;
import io.holdfast.engine.value.ListValue;
import io.holdfast.engine.value.ValueType;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Lists that a client waits for: its element is taken when it comes. What is journaled is what was taken. */
public final class BlockingListCommands implements CommandFamily {
    @Override
    public void declare(CommandTable.Builder commands) {
        commands.group(CommandGroup.LIST);
        commands.command("BLPOP", atLeast(3), CommandKind.BLOCKING)
                .keys(keys(1, -2, 1, RW, ACCESS, DELETE))
                .flag(Flag.WRITE, Flag.NOSCRIPT, Flag.BLOCKING)
                .since("2.0.0")
                .costs("O(N) with the number of keys")
                .says("Takes the first element of the first of several lists that has any, or waits for one.")
                .calls(c -> pop(c, ListEnd.LEFT));
        commands.command("BRPOP", atLeast(3), CommandKind.BLOCKING)
                .keys(keys(1, -2, 1, RW, ACCESS, DELETE))
                .flag(Flag.WRITE, Flag.NOSCRIPT, Flag.BLOCKING)
                .since("2.0.0")
                .costs("O(N) with the number of keys")
                .says("Takes the last element of the first of several lists that has any, or waits for one.")
                .calls(c -> pop(c, ListEnd.RIGHT));
        commands.command("BLMPOP", atLeast(5), CommandKind.BLOCKING)
                .keys(countedKeys(2, RW, ACCESS, DELETE))
                .flag(Flag.WRITE, Flag.BLOCKING, Flag.MOVABLEKEYS)
                .since("7.0.0")
                .costs("O(N+M) with the number of keys and of elements popped")
                .says("Takes elements from the first of several lists that has any, or waits for some.")
                .calls(BlockingListCommands::blmpop);
        commands.command("BLMOVE", exactly(6), CommandKind.BLOCKING)
                .keys(key(1, RW, ACCESS, DELETE), key(2, RW, INSERT))
                .flag(Flag.WRITE, Flag.NOSCRIPT, Flag.BLOCKING)
                .denyOom()
                .since("6.2.0")
                .costs("O(1)")
                .says("Takes an element from an end of one list, or waits for one, and puts it at an end of another.")
                .calls(c -> move(c, ListEnd.parse(c, 3), ListEnd.parse(c, 4), 5));
        commands.command("BRPOPLPUSH", exactly(4), CommandKind.BLOCKING)
                .keys(key(1, RW, ACCESS, DELETE), key(2, RW, INSERT))
                .flag(Flag.WRITE, Flag.NOSCRIPT, Flag.BLOCKING)
                .denyOom()
                .since("2.2.0")
                .costs("O(1)")
                .says("Takes the last element of one list, or waits for one, and puts it before another.")
                .calls(c -> move(c, ListEnd.RIGHT, ListEnd.LEFT, 3));
    }

    private static Reply pop(CommandContext c, ListEnd end) {
        int last = c.argc() - 1;
        BlockingTimeout timeout = BlockingTimeout.seconds(c, last);
        return BlockingPop.popOrWait(c, ValueType.LIST, 1, last, timeout, (again, key) -> tryPop(again, key, end));
    }

    private static @Nullable Reply tryPop(CommandContext c, Bytes key, ListEnd end) {
        ListValue list = c.change(key, ListValue.class);
        return list == null
                ? null
                : Reply.array(Reply.bulk(key), end.pop(c, key, list, 1).get(0));
    }

    private static Reply blmpop(CommandContext c) {
        BlockingTimeout timeout = BlockingTimeout.seconds(c, 1);
        var wanted = ListMoveCommands.ManyPop.parse(c, 2);
        return BlockingPop.popOrWait(c, ValueType.LIST, wanted.from(), wanted.to(), timeout, wanted::tryPop);
    }

    private static Reply move(CommandContext c, ListEnd from, ListEnd to, int timeoutAt) {
        BlockingTimeout timeout = BlockingTimeout.seconds(c, timeoutAt);
        Reply moved = ListMoveCommands.tryMove(c, from, to);
        return moved != null
                ? moved
                : c.block(new Wait(
                        ValueType.LIST,
                        List.of(c.arg(1)),
                        timeout,
                        Reply.Null.BULK,
                        (again, ready) -> ListMoveCommands.tryMove(again, from, to)));
    }
}
