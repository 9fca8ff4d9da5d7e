package io.holdfast.engine.family;

import static io.holdfast.engine.command.Arity.atLeast;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.CommandFamily;
import io.holdfast.engine.command.CommandGroup;
import io.holdfast.engine.command.CommandKind;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.Flag;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;

/** LOLWUT: says the version, which is all that Redis 7 shows of it; what versions 5 and 6 painted is left out. */
public final class LolwutCommands implements CommandFamily {
    @Override
    public void declare(CommandTable.Builder commands) {
        commands.group(CommandGroup.SERVER);
        commands.command("LOLWUT", atLeast(1), CommandKind.READ)
                .flag(Flag.FAST)
                .since("5.0.0")
                .costs("O(1)")
                .says("Says the version.")
                .calls(LolwutCommands::lolwut);
    }

    private static Reply lolwut(CommandContext c) {
        if (c.argc() > 2 && c.argIs(1, "VERSION")) {
            c.longArg(2);
        }
        return new Reply.Verbatim("txt", Bytes.of("Redis ver. " + c.config().version() + "\n"));
    }
}
