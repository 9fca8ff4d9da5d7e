package io.holdfast.proxy.admin.cli;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Works through what was decided where others had written too. */
@Command(
        name = "conflicts",
        description = "Works through writes that met those of others.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
public final class ConflictsCommand extends AskingCommand {
    private static final String[] COLUMNS = {
        "id", "sequence", "time", "db", "key", "part", "command", "policy", "winner", "upstream_by", "local_by", "state"
    };

    /** What the upstream is to hold. */
    enum Side {
        KEEP,
        LOCAL,
        UPSTREAM;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @Command(name = "list", description = "Lists them, the oldest first.", mixinStandardHelpOptions = true)
    int list(
            @Mixin Which which,
            @Option(names = "--state", paramLabel = "STATE", description = "open (default), settled or any") @Nullable String state) {
        List<String> command = holdfast("CONFLICTS", "LIST");
        which.addTo(command);
        Which.add(command, "STATE", state);
        return rows(command, COLUMNS);
    }

    @Command(name = "show", description = "Shows both sides.", mixinStandardHelpOptions = true)
    int show(@Parameters(paramLabel = "ID") long id) {
        return fields(holdfast("CONFLICTS", "SHOW", Long.toString(id)));
    }

    @Command(
            name = "resolve",
            description = "Agrees (keep), or has one side written upstream, exactly once.",
            mixinStandardHelpOptions = true)
    int resolve(
            @Mixin Which which,
            @Option(names = "--all", description = "all that are open, or those that the other options name")
                    boolean all,
            @Parameters(index = "0", paramLabel = "keep|local|upstream") Side side,
            @Parameters(index = "1..*", arity = "0..*", paramLabel = "ID") @Nullable List<Long> ids) {
        List<String> command = holdfast("CONFLICTS", "RESOLVE", side.name());
        if (!which.addTo(command, all, ids, spec)) {
            return 1;
        }
        return counted(command, "settled");
    }
}
