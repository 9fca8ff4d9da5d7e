package io.holdfast.proxy.admin;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.RedisError;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** HOLDFAST CONFIG: reads the configuration again, or changes it until a restart. */
final class ConfigCommands {
    private final Operations operations;

    ConfigCommands(Operations operations) {
        this.operations = operations;
    }

    static List<String> help() {
        return List.of(
                "CONFIG RELOAD",
                "    Read the configuration file and the files of passwords again, change what can change while it runs,",
                "    and say what did, and what needs a restart.",
                "CONFIG SET <key> <value> [<key> <value> ...]",
                "    Change keys of the configuration until a restart; a list is given as one text with",
                "    commas, or its key once for each item.");
    }

    Reply handle(CommandContext c) {
        Order order = Order.of(c);
        if (c.argIs(2, "RELOAD") && c.argc() == 3) {
            return operations.desk().later(c, () -> reply(operations.reload(order)));
        } else if (c.argIs(2, "SET") && c.argc() > 4 && c.argc() % 2 == 1) {
            Map<String, List<String>> values = new LinkedHashMap<>();
            for (int i = 3; i < c.argc(); i += 2) {
                values.computeIfAbsent(c.arg(i).utf8(), key -> new ArrayList<>())
                        .add(c.arg(i + 1).utf8());
            }
            return operations.desk().later(c, () -> reply(operations.configure(order, values)));
        }
        throw RedisError.unknownSubcommandOrArguments(c.spec(), c.arg(2));
    }

    private static Reply reply(ConfigChanges changes) {
        return new Fields()
                .add("changed", lines(changes.changed()))
                .add("needs_restart", lines(changes.needRestart()))
                .add("unchanged", changes.unchanged())
                .add("warnings", lines(changes.warnings()))
                .reply();
    }

    private static Reply lines(List<String> lines) {
        return Reply.array(lines.stream().map(Reply::bulk).toArray(Reply[]::new));
    }
}
