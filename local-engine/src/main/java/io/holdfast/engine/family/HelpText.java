package io.holdfast.engine.family;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.CommandSpec;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** What a container's HELP answers: the subcommands of its row in the command table, with what each says of itself. */
final class HelpText {
    private HelpText() {}

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
