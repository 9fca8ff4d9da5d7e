package io.holdfast.proxy.admin;

import static io.holdfast.engine.command.Arity.atLeast;
import static io.holdfast.engine.command.Arity.exactly;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.CommandFamily;
import io.holdfast.engine.command.CommandGroup;
import io.holdfast.engine.command.CommandKind;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.Flag;
import io.holdfast.engine.command.RedisError;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.List;

/** HOLDFAST STATUS, OFFLINE, ONLINE: the operator's hand. */
public final class HoldfastCommands implements CommandFamily {
    /** Who carries out what an operator wants. */
    public interface Control {
        /** Go offline, and stay so until {@link #online}, also over a restart. */
        void offline(String reason);

        /** Go back to the upstream as soon as it is fit. */
        void online();

        /** False in standalone mode, where there is nothing to switch. */
        boolean hasUpstream();
    }

    private static final List<String> HELP = List.of(
            "HOLDFAST <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
            "STATUS",
            "    What is answering now and what waits for the upstream.",
            "OFFLINE [<reason>]",
            "    Serve from the local engine until HOLDFAST ONLINE, also after a restart.",
            "ONLINE",
            "    Return to the upstream as soon as it is fit.",
            "HELP",
            "    Print this help.");

    private final HoldfastStatus status;
    private final Control control;

    public HoldfastCommands(HoldfastStatus status, Control control) {
        this.status = status;
        this.control = control;
    }

    @Override
    public void declare(CommandTable.Builder commands) {
        commands.group(CommandGroup.SERVER);
        var holdfast = commands.container("HOLDFAST", CommandKind.HOLDFAST)
                .since("7.0.0")
                .says("Asks and tells Holdfast itself.");
        commands.sub(holdfast, "STATUS", exactly(2))
                .flag(Flag.LOADING, Flag.STALE)
                .since("7.0.0")
                .says("Says what is answering now and what waits for the upstream.")
                .calls(this::status);
        commands.sub(holdfast, "OFFLINE", atLeast(2))
                .flag(Flag.ADMIN, Flag.NOSCRIPT)
                .since("7.0.0")
                .says("Serves from the local engine until told otherwise.")
                .calls(this::offline);
        commands.sub(holdfast, "ONLINE", exactly(2))
                .flag(Flag.ADMIN, Flag.NOSCRIPT)
                .since("7.0.0")
                .says("Returns to the upstream as soon as it is fit.")
                .calls(this::online);
        commands.sub(holdfast, "HELP", exactly(2))
                .flag(Flag.LOADING, Flag.STALE)
                .since("7.0.0")
                .says("Prints what HOLDFAST can do.")
                .calls(c -> Reply.array(HELP.stream().map(Reply::simple).toList()));
    }

    private Reply status(CommandContext c) {
        List<Reply> fields = new ArrayList<>();
        status.now().forEach((name, value) -> {
            fields.add(Reply.bulk(name));
            fields.add(value instanceof Number number ? Reply.of(number.longValue()) : Reply.bulk(value.toString()));
        });
        return new Reply.MapOf(fields);
    }

    private Reply offline(CommandContext c) {
        requireUpstream();
        var reason = new StringBuilder("an operator's HOLDFAST OFFLINE");
        for (int i = 2; i < c.argc(); i++) {
            reason.append(i == 2 ? ": " : " ").append(c.arg(i));
        }
        control.offline(reason.toString());
        return Reply.OK;
    }

    private Reply online(CommandContext c) {
        requireUpstream();
        control.online();
        return Reply.OK;
    }

    private void requireUpstream() {
        if (!control.hasUpstream()) {
            throw RedisError.of("ERR there is no upstream to switch to: Holdfast runs standalone");
        }
    }
}
