package io.holdfast.engine.family;

import static io.holdfast.engine.command.Arity.atLeast;
import static io.holdfast.engine.command.KeyFlag.ACCESS;
import static io.holdfast.engine.command.KeyFlag.DELETE;
import static io.holdfast.engine.command.KeyFlag.RW;
import static io.holdfast.engine.command.KeySpec.countedKeys;
import static io.holdfast.engine.command.KeySpec.keys;

import io.holdfast.engine.command.BlockingTimeout;
import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.CommandFamily;
import io.holdfast.engine.command.CommandGroup;
import io.holdfast.engine.command.CommandKind;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.Flag;
import io.holdfast.engine.value.SortedSetValue;
import io.holdfast.engine.value.ValueType;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Sorted sets that a client waits for: its member is taken when it comes. What is journaled is what was taken. */
public final class BlockingSortedSetCommands implements CommandFamily {
    @Override
    public void declare(CommandTable.Builder commands) {
        commands.group(CommandGroup.SORTED_SET);
        commands.command("BZPOPMIN", atLeast(3), CommandKind.BLOCKING)
                .keys(keys(1, -2, 1, RW, ACCESS, DELETE))
                .flag(Flag.WRITE, Flag.NOSCRIPT, Flag.BLOCKING)
                .fast()
                .since("5.0.0")
                .costs("O(log(N)) with the size of the sorted set")
                .says("Takes the member with the lowest score of the first of several sorted sets that has any, or"
                        + " waits.")
                .calls(c -> pop(c, SortedSetCommands.End.MIN));
        commands.command("BZPOPMAX", atLeast(3), CommandKind.BLOCKING)
                .keys(keys(1, -2, 1, RW, ACCESS, DELETE))
                .flag(Flag.WRITE, Flag.NOSCRIPT, Flag.BLOCKING)
                .fast()
                .since("5.0.0")
                .costs("O(log(N)) with the size of the sorted set")
                .says("Takes the member with the highest score of the first of several sorted sets that has any, or"
                        + " waits.")
                .calls(c -> pop(c, SortedSetCommands.End.MAX));
        commands.command("BZMPOP", atLeast(5), CommandKind.BLOCKING)
                .keys(countedKeys(2, RW, ACCESS, DELETE))
                .flag(Flag.WRITE, Flag.BLOCKING, Flag.MOVABLEKEYS)
                .since("7.0.0")
                .costs("O(K) + O(log(N)*M) with the numbers of keys, of members and of members taken")
                .says("Takes members out of the first of several sorted sets that is there, or waits for some.")
                .calls(BlockingSortedSetCommands::bzmpop);
    }

    private static Reply pop(CommandContext c, SortedSetCommands.End end) {
        int last = c.argc() - 1;
        BlockingTimeout timeout = BlockingTimeout.seconds(c, last);
        return BlockingPop.popOrWait(c, ValueType.ZSET, 1, last, timeout, (again, key) -> tryPop(again, key, end));
    }

    private static @Nullable Reply tryPop(CommandContext c, Bytes key, SortedSetCommands.End end) {
        SortedSetValue sorted = c.change(key, SortedSetValue.class);
        if (sorted == null) {
            return null;
        }
        List<Reply> popped = new ArrayList<>();
        popped.add(Reply.bulk(key));
        SortedSetCommands.pop(c, key, sorted, end, 1, (member, score) -> {
            popped.add(Reply.bulk(member));
            popped.add(c.real(score));
        });
        return new Reply.Array(popped);
    }

    private static Reply bzmpop(CommandContext c) {
        BlockingTimeout timeout = BlockingTimeout.seconds(c, 1);
        var wanted = SortedSetCommands.ManyPop.parse(c, 2);
        return BlockingPop.popOrWait(c, ValueType.ZSET, wanted.from(), wanted.to(), timeout, wanted::tryPop);
    }
}
