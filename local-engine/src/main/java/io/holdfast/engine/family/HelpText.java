package io.holdfast.engine.family;

import static io.holdfast.engine.command.Arity.exactly;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.Flag;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** What a container's HELP answers: the subcommands of its row in the command table, with what each says of itself. */
final class HelpText {
    private HelpText() {}

    /** Adds HELP to a container that answers nothing else while it loads. */
    static void declare(CommandTable.Builder commands, CommandSpec container, String since) {
        commands.sub(container, "HELP", exactly(2))
                .flag(Flag.LOADING, Flag.STALE)
                .since(since)
                .costs("O(1)")
                .says("Prints this help.")
                .calls(HelpText::reply);
    }

    /** The reply of {@code CONTAINER HELP}. */
    static Reply reply(CommandContext c) {
        CommandSpec container = Objects.requireNonNull(c.spec().parent(), "HELP is a subcommand");
        List<Reply> lines = new ArrayList<>();
        lines.add(Reply.simple(container.name() + " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"));
        for (CommandSpec subcommand : container.subcommands()) {
            lines.add(Reply.simple(subcommand.name()));
            lines.add(Reply.simple("    " + subcommand.summary()));
        }
        return Reply.array(lines);
    }
}
