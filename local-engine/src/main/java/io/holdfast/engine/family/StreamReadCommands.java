package io.holdfast.engine.family;

import static io.holdfast.engine.command.Arity.atLeast;
import static io.holdfast.engine.command.KeyFlag.ACCESS;
import static io.holdfast.engine.command.KeyFlag.RO;
import static io.holdfast.engine.command.KeySpec.keysAfter;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.CommandFamily;
import io.holdfast.engine.command.CommandGroup;
import io.holdfast.engine.command.CommandKind;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.Flag;
import io.holdfast.engine.command.InDoubt;
import io.holdfast.resp.Reply;

/** XREAD and XREADGROUP: what is new in several streams, for anybody or for a consumer of a group. */
public final class StreamReadCommands implements CommandFamily {
    @Override
    public void declare(CommandTable.Builder commands) {
        commands.group(CommandGroup.STREAM);
        commands.command("XREAD", atLeast(4), CommandKind.BLOCKING)
                .keys(keysAfter("STREAMS", 1, RO, ACCESS).foundBy(StreamReading::forEachKey))
                .flag(Flag.READONLY, Flag.BLOCKING, Flag.MOVABLEKEYS)
                .waitsOnlyWith("BLOCK", InDoubt.RERUN)
                .since("5.0.0")
                .costs("O(N) with the number of entries given")
                .says("Gives entries of several streams behind given ids.")
                .calls(c -> read(c, false));
        commands.command("XREADGROUP", atLeast(7), CommandKind.BLOCKING)
                .keys(keysAfter("STREAMS", 4, RO, ACCESS).foundBy(StreamReading::forEachKey))
                .flag(Flag.WRITE, Flag.BLOCKING, Flag.MOVABLEKEYS)
                .waitsOnlyWith("BLOCK", InDoubt.UNCERTAIN)
                .changesWithoutResult()
                .since("5.0.0")
                .costs("O(M) with the number of entries given")
                .says("Gives new entries of several streams to a consumer of a group, or those it has not"
                        + " acknowledged.")
                .calls(c -> read(c, true));
    }

    private static Reply read(CommandContext c, boolean forGroup) {
        StreamReading reading = StreamReading.parse(c, forGroup);
        Reply entries = reading.tryRead(c);
        return entries == null ? reading.waitOrNothing(c) : entries;
    }
}
