package io.holdfast.proxy.admin;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.RedisError;
import io.holdfast.resp.Reply;
import java.util.List;

/** HOLDFAST CONFIG: reads the configuration again. */
final class ConfigCommands {
    private final Operations operations;

    ConfigCommands(Operations operations) {
        this.operations = operations;
    }

    static List<String> help() {
        return List.of(
                "CONFIG RELOAD",
                "    Read the configuration file and the files of passwords again, change what can change while it runs,",
                "    and say what did, and what needs a restart.");
    }

    Reply handle(CommandContext c) {
        if (c.argc() != 3 || !c.argIs(2, "RELOAD")) {
            throw RedisError.unknownSubcommandOrArguments(c.spec(), c.arg(2));
        }
        Order order = Order.of(c);
        return operations.desk().later(c, () -> {
            ConfigChanges changes = operations.reload(order);
            return new Fields()
                    .add("changed", lines(changes.changed()))
                    .add("needs_restart", lines(changes.needRestart()))
                    .add("unchanged", changes.unchanged())
                    .add("warnings", lines(changes.warnings()))
                    .reply();
        });
    }

    private static Reply lines(List<String> lines) {
        return Reply.array(lines.stream().map(Reply::bulk).toArray(Reply[]::new));
    }
}
