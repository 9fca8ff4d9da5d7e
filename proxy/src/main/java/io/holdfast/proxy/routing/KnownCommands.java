package io.holdfast.proxy.routing;

import io.holdfast.engine.LocalEngine;
import io.holdfast.engine.command.CommandKind;
import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.RequestFrame;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds what a request asks for among the engine's commands and those that only the upstream has. For the engine loop. */
final class KnownCommands {
    private static final int NAME_MAX = 32;

    private final LocalEngine engine;
    private final CommandTable upstreamOnly = CommandTable.of(List.of(new UpstreamOnly()));
    private final byte[] name = new byte[NAME_MAX];

    KnownCommands(LocalEngine engine) {
        this.engine = engine;
    }

    /** The row of the command table, of a subcommand where it is named; null when the command is not known. */
    @Nullable CommandSpec find(RequestFrame frame) {
        int length = frame.length(0);
        if (length > NAME_MAX) {
            return null;
        }
        frame.copyArgument(0, name, 0);
        CommandSpec spec = engine.commands().find(name, length);
        if (spec == null) {
            return upstreamOnly.find(name, length);
        }
        if (spec.hasSubcommands() && frame.size() > 1) {
            CommandSpec sub = spec.subcommand(frame.argument(1));
            return sub == null ? spec : sub;
        }
        return spec;
    }

    /** Whether the engine has the command, or the one that it is a subcommand of. */
    static boolean isHere(LocalEngine engine, CommandSpec spec) {
        return engine.commands().find(Bytes.of(top(spec).name())) != null;
    }

    /** Where a request goes is a matter of this, which may be the word that asks Holdfast about itself. */
    static CommandKind kind(@Nullable CommandSpec spec, RequestFrame frame) {
        if (spec == null) {
            return CommandKind.UNKNOWN;
        }
        String ours = spec.wordAskingHoldfast();
        boolean asksHoldfast = ours != null && frame.size() == 2 && frame.is(1, ours);
        return asksHoldfast ? CommandKind.HOLDFAST : spec.kind();
    }

    /** Whether it changes what a connection is subscribed to: upstream a matter of each client's own link for that. */
    static boolean isSubscription(@Nullable CommandSpec spec) {
        return spec != null && spec.kind() == CommandKind.PUBSUB && spec.isAllowedWhileSubscribed();
    }

    /** Null where {@code spec} is a container, or none: the engine finds the right words. */
    static @Nullable CommandSpec exact(@Nullable CommandSpec spec) {
        return spec == null || spec.hasSubcommands() ? null : spec;
    }

    static CommandSpec top(CommandSpec spec) {
        return spec.parent() == null ? spec : spec.parent();
    }

    /** The engine's row of a command that it is known to have. */
    static CommandSpec row(LocalEngine engine, String command) {
        CommandSpec spec = engine.commands().find(Bytes.of(command));
        if (spec == null) {
            throw new IllegalStateException("the command table has no " + command);
        }
        return spec;
    }

    /** The same, of a subcommand. */
    static CommandSpec row(LocalEngine engine, String command, String subcommand) {
        CommandSpec spec = row(engine, command).subcommand(Bytes.of(subcommand));
        if (spec == null) {
            throw new IllegalStateException("the command table has no " + command + " " + subcommand);
        }
        return spec;
    }
}
